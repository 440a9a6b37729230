/** A path as every server reads it, or why servers read it differently. */
export interface RequestPath {
  /** Decoded; a trailing slash leaves an empty one at the end. */
  readonly segments: readonly string[];
  readonly oddities: readonly string[];
}

const ODD: readonly (readonly [RegExp, string])[] = [
  [/[^\x21-\x7e]/, 'characters that no path has'],
  [/\\/, 'a backslash'],
  [/%(?:2f|5c|2e|3b|00|0a|0d)/i, 'a slash or dots in percent codes'],
  [/%25[\da-f]{2}|%u/i, 'percent codes of percent codes'],
  [/%(?![\da-f]{2})/i, 'broken percent codes'],
  [/\/\//, 'an empty segment'],
  [/\/\.{1,2}(?:\/|$)/, 'dots that lead to another path'],
  [/;/, 'a parameter behind a semicolon'],
];

/** Reads the path of a request, without query; it begins with a slash. */
export function readRequestPath(path: string): RequestPath {
  const oddities = ODD.filter(([pattern]) => pattern.test(path)).map(([, why]) => why);
  try {
    return { segments: path.slice(1).split('/').map(decodeURIComponent), oddities };
  } catch {
    return { segments: path.slice(1).split('/'), oddities: [...oddities, 'percent codes of no text'] };
  }
}

/**
 * How a path fits a template as OpenAPI writes it: undefined, or one digit for each segment, smaller for a more
 * concrete one, so that the smallest of several is the template that counts.
 */
export function fitOf(template: string, segments: readonly string[]): string | undefined {
  const wanted = template.slice(1).split('/');
  if (!template.startsWith('/') || wanted.length !== segments.length) return undefined;
  const digits = wanted.map((pattern, index) => fitSegment(pattern, segments[index] ?? ''));
  return digits.every((digit) => digit !== undefined) ? digits.join('') : undefined;
}

/** `{id}` and `{name}.json`; a parameter is never empty. */
function fitSegment(pattern: string, segment: string): '0' | '1' | '2' | undefined {
  if (!pattern.includes('{')) return pattern === segment ? '0' : undefined;
  const pieces = pattern.split(/\{[^{}]*\}/);
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (!segment.startsWith(first)) return undefined;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = segment.indexOf(piece, at + 1);
    if (found < 0) return undefined;
    at = found + piece.length;
  }
  if (!segment.endsWith(last) || segment.length - last.length < at + 1) return undefined;
  return pieces.every((piece) => piece === '') ? '2' : '1';
}
