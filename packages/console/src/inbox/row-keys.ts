import { useShortcuts } from '../shell/shortcuts.tsx';

/** Moves the real focus along the rows, so that Enter, screen readers and the focus ring need nothing of ours. */
export function useRowKeys(): void {
  useShortcuts({ j: next, ArrowDown: next, k: previous, ArrowUp: previous });
}

function next(): void {
  move(1);
}

function previous(): void {
  move(-1);
}

function move(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('a[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const to = at === -1 ? (step === 1 ? 0 : rows.length - 1) : at + step;
  rows[Math.min(Math.max(to, 0), rows.length - 1)]?.focus();
}
