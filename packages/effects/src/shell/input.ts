import type { Assignment, Redirection } from 'unbash';
import { excerpt } from '../classification.ts';
import type { Stdin } from './tool.ts';
import { resolve, type Arg } from './words.ts';

export const INHERITED: Stdin = { kind: 'inherited' };
export const OPAQUE: Stdin = { kind: 'opaque' };

/** An assignment or redirection as written, for a reason. */
export function textOf(node: Assignment | Redirection): string {
  if (node.type === 'Assignment') return node.text;
  return node.type === 'HereDoc' ? node.operator : `${node.operator} ${node.target?.text ?? ''}`;
}

export function lineOf(words: readonly Arg[]): string {
  let line = '';
  for (const { text } of words) {
    line += line === '' ? text : ` ${text}`;
    // No more than a reason quotes, and enough to show that there is more.
    if (line.length > 400) break;
  }
  return excerpt(line.slice(0, 1000));
}

/** What the command reads on its standard input after these redirections. */
export function inputOf(redirects: readonly Redirection[], stdin: Stdin): Stdin {
  let input = stdin;
  for (const redirect of redirects) {
    const { descriptor } = redirect;
    if (descriptor?.type === 'FileDescriptor' && descriptor.value !== 0) continue;
    // `0>&3` is what `0<&3` is.
    if (redirect.type === 'Redirect' && !redirect.operator.startsWith('<') && descriptor === undefined)
      continue;
    input = textOfInput(redirect);
  }
  return input;
}

function textOfInput(redirect: Redirection): Stdin {
  if (redirect.type === 'HereString') {
    const { target } = redirect;
    const arg = target && resolve(target, { texts: () => undefined, isNumber: () => false });
    return arg?.value === undefined ? OPAQUE : { kind: 'text', text: `${arg.value}\n` };
  }
  if (redirect.type !== 'HereDoc') return OPAQUE;
  const { delimiter, body, operator } = redirect;
  // Without quotes the shell expands the body and removes backslashes.
  if (delimiter?.quoted !== true && /[$`\\]/.test(body.text)) return OPAQUE;
  return { kind: 'text', text: operator === '<<-' ? body.text.replaceAll(/^\t+/gm, '') : body.text };
}

/** Characters that make what a person reads differ from what a shell runs. */
export function textProblem(text: string): string | undefined {
  if (/[^\P{Cc}\n\t]/u.test(text)) return 'control characters';
  const plain = text.replaceAll(/\p{Extended_Pictographic}\uFE0F/gu, '');
  if (/[\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}\u2800]|[^\P{Zs} ]/u.test(plain)) return 'invisible characters';
  // The parser does not join all that bash joins: `$\` and a line with `x` on it are `$x`.
  if (/(?<![ \t\n]|[|&](?=\\\n[ \t]))\\\n/.test(text)) return 'a line that goes on in the middle of a word';
  if ((text.match(/<</g)?.length ?? 0) > 64) return 'more here-documents than can be followed';
  if (nesting(text) > 30) return 'expansions nested too deep';
  return undefined;
}

/** About how deep expansions are nested: each level is read again when it is looked into, so this bounds the work. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [mark] of text.matchAll(/[$<>][({]|[)}]/g)) {
    if (mark.length === 2) deepest = Math.max(deepest, ++depth);
    else if (depth > 0) depth--;
  }
  return deepest;
}
