import { writtenHost } from './idna.ts';

/** Letters that pass for an ASCII letter, by the letter. A pair of one row is one letter for a hurried reader. */
const CONFUSABLE: Readonly<Record<string, string>> = {
  a: '\u0430\u03b1\u0251\u237a\ua64d',
  b: '\u0184\u042c\u044c\u0432\u13cf\u15af\u0253',
  c: '\u0441\u03f2\u1d04\u217d\ua493\u0188',
  d: '\u0501\u0256\u0257\u13e7\u217e\ua4d2',
  e: '\u0435\u04bd\u0454\u03b5\u212e\uab32\u0259',
  f: '\u0192\u03dd\ua799\u017f\u0493',
  g: '\u0261\u0581\u018d\u0260\u1d83',
  h: '\u04bb\u0570\u13c2\u043d\u03b7',
  j: '\u0458\u03f3\u0575\u0249',
  k: '\u043a\u03ba\u0138\u049b\u0199',
  l: 'i1|\u0456\u0406\u04cf\u0131\u0269\u03b9\u05d5\u05df\u01c0\u2110\u0142\u026a\u217c\u0627\u0661',
  m: '\u043c\u028d\u1d0d\u217f',
  n: '\u0578\u057c\u043f\u0273\u014b',
  o: '0\u043e\u03bf\u0585\u0ed0\u0966\u0665\u06f5\u0b20\u1d0f\u03c3\u00f8\u101d\u3007',
  p: '\u0440\u03c1\u03f1\u01bf\u2374\u00fe',
  q: '\u051b\u0563\u0566',
  r: '\u0433\u1d26\u027c\uab47\u0280',
  s: '\u0455\u01bd\ua731\u0282\u10bd',
  t: '\u0442\u03c4\u1d1b\u0167\u01ad',
  u: '\u057d\u03c5\u028b\u1d1c\ua79f\u0446',
  v: '\u0475\u03bd\u2228\u1d20\u0474',
  w: '\u0461\u051d\u0561\u026f\u1d21\u0448\u03c9',
  x: '\u0445\u03c7\u00d7\u04b3\u166e\u2179',
  y: '\u0443\u03b3\u04af\u028f\u10e7\u0263',
  z: '\u1d22\u01b6\u0290\u0225',
};

const LETTER: ReadonlyMap<string, string> = new Map(
  Object.entries(CONFUSABLE).flatMap(([letter, others]) =>
    Array.from(others, (other): [string, string] => [other, letter]),
  ),
);

const ALPHABETS: readonly RegExp[] = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Georgian}/u,
];

/** The own domain that a foreign host would pass for, if any. */
export function lookAlike(host: string, domains: readonly string[]): string | undefined {
  const shape = skeleton(writtenHost(host));
  const labels = shape.split('.');
  return domains.find((domain) => {
    const wanted = skeleton(writtenHost(domain));
    const parts = wanted.split('.');
    // The same letters, the own name in front of another, or the own name under another ending.
    if (labels.slice(-parts.length).join('.') === wanted || shape.includes(wanted)) return true;
    const name = parts.at(-2) ?? '';
    return name.length > 3 && labels.slice(-3, -1).includes(name);
  });
}

/** Whether a label of the host has letters of more than one alphabet. */
export function mixesAlphabets(host: string): boolean {
  return writtenHost(host)
    .split('.')
    .some((label) => ALPHABETS.filter((alphabet) => alphabet.test(label)).length > 1);
}

/** What is left of a name at a glance: no accents, no hyphens, one letter for all that look like it. */
function skeleton(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[\p{M}-]/gu, '')
    .toLowerCase();
  return Array.from(plain, (letter) => LETTER.get(letter) ?? letter)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}
