/** A path as every server reads it, or why servers read it differently. */
export interface RequestPath {
  /** Decoded; a trailing slash leaves an empty one at the end. */
  readonly segments: readonly string[];
  readonly oddities: readonly string[];
}

const ODD: readonly (readonly [RegExp, string])[] = [
  [/[^\x21-\x7e]/, 'characters that no path has'],
  [/\\/, 'a backslash'],
  [/%(?:2f|5c|2e|3b|[01][\da-f]|7f)/i, 'a slash, dots or control characters in percent codes'],
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
    const segments = path.slice(1).split('/').map(decodeURIComponent);
    if (segments.some(passesForAnother)) oddities.push('letters that pass for a slash or dots');
    return { segments, oddities };
  } catch {
    return { segments: path.slice(1).split('/'), oddities: [...oddities, 'percent codes of no text'] };
  }
}

function passesForAnother(segment: string): boolean {
  const plain = segment.normalize('NFKC');
  return plain !== segment && (/^\.{1,2}$/.test(plain) || /[/\\;]/.test(plain));
}

/** How a lenient server reads a path: whatever its case, and whether or not it ends in a slash or a format. */
export function leniently(segments: readonly string[]): readonly string[] {
  const names = segments.map((segment) => segment.toLowerCase());
  if (names.length > 1 && names.at(-1) === '') names.pop();
  const last = names.pop() ?? '';
  return [...names, last.replace(/(?<=[^. ])(?:\.(?:json|xml|html?|csv|do|action))?[. ]*$/, '')];
}

/**
 * How a path fits a template as OpenAPI writes it: undefined, or one digit for each segment, smaller for a more
 * concrete one.
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
