import { useEffect, useRef, type ReactNode } from 'react';
import { Dialog } from './dialog.tsx';

type Keys = Readonly<Record<string, () => void>>;

/** Single keys while nothing else wants them: not in fields, not with modifiers, not under a dialog. */
export function useShortcuts(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('dialog[open]') !== null || isTyping(event.target)) return;
      const action = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (action === undefined) return;
      event.preventDefault();
      action();
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('input, textarea, select, [contenteditable], pre[tabindex]')
  );
}

const HELP: readonly (readonly [string, string])[] = [
  ['j or ↓', 'Next request in the inbox'],
  ['k or ↑', 'Previous request'],
  ['Enter', 'Open the request'],
  ['a', 'Approve the request that is open'],
  ['d', 'Deny it'],
  ['i', 'Back to the inbox'],
  ['?', 'This list'],
];

export function ShortcutHelp({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="keys">
        {HELP.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div className="dialog-actions">
        <button type="button" className="plain-button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
