/** Lines that are equal on both sides of a change are shown so far around it. */
const AROUND = 2;
const MAX_LINES = 60;

/**
 * The lines that went (`- `) and came (`+ `) between two short texts, with some around them: what both begin and end with
 * is left out, and the rest is one change. Not the least difference, but one that a person reads in order.
 */
export function lineDifference(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const lines = [
    ...old.slice(Math.max(0, head - AROUND), head).map((line) => `  ${line}`),
    ...old.slice(head, old.length - tail).map((line) => `- ${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+ ${line}`),
    ...now.slice(now.length - tail, now.length - tail + AROUND).map((line) => `  ${line}`),
  ];
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `... ${lines.length - MAX_LINES} more lines`];
}
