import { MARKS } from './characters.ts';

/** The width of a terminal that nobody widened. */
const COLUMNS = 80;

/** Begins what continues the line above. INVARIANT: no line of the renderer begins so otherwise. */
const CONTINUED = '    | ';

/** Never broken: an escape, and a character with its marks. */
const UNIT = new RegExp(`\\\\u\\{[0-9a-f]+\\}|\\\\.|.[${MARKS}]*`, 'gsu');

/**
 * A line as lines that no display has to wrap: one that wraps by itself starts the rest at the left edge,
 * where spaces of the caller's choosing would make it look like a line of ours.
 */
export function wrapped(line: string): string[] {
  if (line.length * 2 <= COLUMNS || (line.length <= COLUMNS && !/[^\0-\x7f]/.test(line))) return [line];
  const lines: string[] = [];
  let current = '';
  let width = 0;
  for (const [unit] of line.matchAll(UNIT)) {
    const columns = columnsOf(unit);
    if (width + columns > COLUMNS) {
      const at = breakOf(current);
      lines.push(current.slice(0, at));
      current = CONTINUED + current.slice(at);
      width = columnsOf(current);
    }
    current += unit;
    width += columns;
  }
  return [...lines, current];
}

/** After the last space, where that leaves a line of some length: a cut word is a hard word. */
function breakOf(line: string): number {
  const space = line.lastIndexOf(' ') + 1;
  return space > COLUMNS / 2 ? space : line.length;
}

/** At most: from Hangul on, characters may be two columns wide. */
function columnsOf(unit: string): number {
  let columns = 0;
  for (const char of unit) columns += (char.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2;
  return columns;
}
