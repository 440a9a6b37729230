import type { Variables } from './client.ts';

/** A value as `countersign.yaml` takes it, or why it cannot be written there. */
export type Ours =
  | { readonly kind: 'text'; readonly text: string; readonly variables: readonly string[] }
  | { readonly kind: 'cannot'; readonly why: string };

/** Everything that a client may replace; the name of a variable is in the first group that has one. */
const PLACES: Record<Exclude<Variables, 'none'>, RegExp> = {
  '${NAME}': /\$\{([A-Za-z_]\w*)\}|\$\{[A-Za-z_]\w*:-[^}]*\}/g,
  $NAME: /\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g,
  '${env:NAME}': /\$\{env:([A-Za-z_]\w*)\}|\$\{[A-Za-z]\w*(?::[^}]*)?\}/g,
};

/** A client's value, with its variables as ours; what is none of them stays as it is written. */
export function toOurs(value: string, variables: Variables): Ours {
  if (variables === 'none') return { kind: 'text', text: literally(value), variables: [] };
  const names: string[] = [];
  let text = '';
  let from = 0;
  for (const place of value.matchAll(PLACES[variables])) {
    const name = place[1] ?? place[2];
    if (name === undefined) return { kind: 'cannot', why: `only the client itself fills in \`${place[0]}\`` };
    names.push(name);
    text += `${literally(value.slice(from, place.index))}\${${name}}`;
    from = place.index + place[0].length;
  }
  return { kind: 'text', text: text + literally(value.slice(from)), variables: names };
}

/** `$${` is `${` in our config. */
function literally(text: string): string {
  return text.replaceAll('${', () => '$${');
}
