/** Longer than any system opens. */
const MAX_PATH = 4096;

type Oddity = readonly [RegExp, string];

/** Ways of writing a path that one reader takes for another path than the next. */
const ANYWHERE: readonly Oddity[] = [
  [/\p{Cc}/u, 'a control character in it'],
  [/[\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u, 'a character that nobody sees in it'],
  [/[\u2044\u2215\u2216\u29f5\u29f8\u29f9\u2571\u2572\ufe68]/, 'a character that passes for a slash in it'],
  [/%(?:25)*(?:2e|2f|5c|00|7e)/i, 'dots or slashes written as percent codes'],
  [/%u[\da-f]{4}|%c[01]|%e0%[89]/i, 'percent codes that no reader should accept'],
  [/\$[A-Za-z_{(]|`/, 'a variable or command to be put in'],
  // A drive is none: this asks for two letters.
  [/^[A-Za-z][A-Za-z\d+.-]+:/, 'an address of another kind, or a remote host'],
  [/^\s|\s$/, 'white space at an end, which some readers leave out'],
  [/^["']/, 'quotes, which some readers leave out'],
  [/^-/, 'what a program may take for an option'],
  [/[*?]|[@+!]\(/, 'a pattern that stands for other files'],
  [/^\.{1,2};|\/\.{1,2};/, 'dots that some readers see before a semicolon'],
  [/\{[^{},/]*,|\{[^{}./]*\.\./, 'a pattern that stands for other files'],
];

const POSIX: readonly Oddity[] = [
  [/\\/, 'a backslash in it'],
  [/^[A-Za-z]:/, 'a drive of Windows'],
  [/^\/\//, 'two slashes at its start, which may mean another machine'],
];

const WINDOWS: readonly Oddity[] = [
  [/^[\\/]{2}[.?][\\/]/, 'a device path'],
  [/^[\\/]{2}/, 'a share of another machine'],
  [/^[\\/]/, 'no drive named'],
  [/^[A-Za-z]:(?![\\/])/, 'a path relative to a drive'],
  [/(?<!^[A-Za-z]):/, 'a stream of a file'],
  [/%[^%\\/]+%|![^!\\/]+!/, 'a variable to be put in'],
  [/[<>"|]/, 'a character that no file name has'],
  [/[\u00a5\u20a9]/, 'a character that passes for a slash in it'],
];

const WINDOWS_NAME: readonly Oddity[] = [
  [/[. ]$/, 'a name that loses its end'],
  [/~\d/, 'a short name that stands for a longer one'],
  [
    /^(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[\d\u00b9\u00b2\u00b3])\s*(?:\.|$)/i,
    'the name of a device',
  ],
];

/** As Next.js and its like name files; every other bracket may be a pattern. */
const BRACKETED_NAME = /^\(?[\w.-]*\)?\[{1,2}(?:\.{3})?[\w-]{2,}\]{1,2}[\w.-]*$/;

/** What in the spelling of a path keeps it from being understood. */
export function odditiesOf(path: string, segments: readonly string[], isWindows: boolean): string[] {
  if (path === '') return ['an empty path'];
  if (path.length > MAX_PATH) return [`longer than ${MAX_PATH} characters`];
  const found = new Set<string>();
  const look = (text: string, oddities: readonly Oddity[]): void => {
    for (const [pattern, why] of oddities) if (pattern.test(text)) found.add(why);
  };
  look(path, ANYWHERE);
  look(path, isWindows ? WINDOWS : POSIX);
  for (const segment of segments) {
    if (isWindows && segment !== '.' && segment !== '..') look(segment, WINDOWS_NAME);
    const why = oddName(segment);
    if (why !== undefined) found.add(why);
  }
  return [...found];
}

function oddName(name: string): string | undefined {
  if (/[[\]]/.test(name) && !BRACKETED_NAME.test(name)) return 'a pattern that stands for other files';
  const loose = name.normalize('NFKC');
  if (loose === name) return undefined;
  if (/[/\\\0]|^[a-z]:/i.test(loose)) return 'a character that passes for a slash in it';
  if (/^\.+$/.test(loose)) return 'dots written as other characters';
  // Kelvin's K and its like become another letter in every form: some file systems compare so, others do not.
  return name === name.normalize('NFC') || name === name.normalize('NFD')
    ? undefined
    : 'letters that some systems take for others';
}
