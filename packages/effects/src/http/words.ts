import type { Effect } from '@countersign/core';
import { isSecretPlace } from '../path/places.ts';

/** Ends of a segment that names something secret, in lower case and without `-` and `_`. */
const SECRET =
  /(?:tokens?|secrets?|secretvalues?|credentials?|passwords?|passwd|passphrases?|(?:api|private|access|ssh|signing|deploy|gpg|encryption|service|host|account|function)keys?|keys|kubeconfig|heapdump|\.env|\.pem|id_rsa)$/;

/** Segments that name who may do what. */
const GRANT: ReadonlySet<string> = words(
  'role roles permission permissions member members membership memberships acl acls policy policies grant grants ' +
    'owner owners admin admins collaborators iam roleassignments rolebindings share shares sharing setiampolicy ' +
    'invitation invitations invites scopes entitlements delegates sudo trust trusts federation',
);

/** The first word of a last segment that says what is done, whatever the method. */
const ACTIONS: readonly (readonly [Effect, ReadonlySet<string>])[] = [
  [
    'delete',
    words('delete remove destroy purge erase drop truncate wipe terminate revoke clear flush uninstall'),
  ],
  [
    'execute',
    words(
      'run execute exec invoke trigger eval deploy redeploy dispatch dispatches restart reboot start stop kill shutdown rerun shell command commands console script scripts',
    ),
  ],
  ['export', words('export exports download dump backup backups extract')],
  ['grant', words('grant impersonate approve invite share promote assume setiampolicy')],
];

/** Segments that name what costs money when written to. */
const SPEND: ReadonlySet<string> = words(
  'pay payment payments charge charges refund refunds purchase purchases checkout buy transfer transfers payout payouts order orders subscription subscriptions topup credits',
);

const BATCH: ReadonlySet<string> = words('$batch batch _batch batches bulk _bulk _msearch multicall');

/** First words of operations that only look, and of those that make or change. */
const LOOKS = words(
  'get list describe query scan search find fetch read view show head check count lookup select ping status stats info version help preview discover batchget',
);
const MAKES = words(
  'create add new insert register put send post publish upload import copy clone submit generate allocate request subscribe',
);
const CHANGES = words(
  'update set modify edit change patch save replace rename move merge attach detach associate disassociate enable disable reset lock unlock tag untag upsert mark archive restore assign cancel close open login logout put',
);

/** What the words of a path say besides its method. They only ever add. */
export function effectsOfWords(
  segments: readonly string[],
  writes: boolean,
): readonly (readonly [Effect, string])[] {
  const found: (readonly [Effect, string])[] = [];
  // Google writes its own methods behind a colon: `/projects/x:setIamPolicy`.
  const parts = segments.flatMap((segment) => segment.split(':')).filter((part) => part !== '');
  for (const part of parts) {
    const plain = part.toLowerCase().replaceAll(/[-_]/g, '');
    if (SECRET.test(plain)) found.push(['secret', part]);
    if (writes && GRANT.has(plain)) found.push(['grant', part]);
    if (writes && SPEND.has(plain)) found.push(['spend', part]);
  }
  if (isFile(parts) && isSecretPlace(parts)) found.push(['secret', parts.at(-1) ?? '']);
  // `/users/delete/7` is about 7, and it deletes.
  for (const last of new Set([parts.at(-1) ?? '', parts.findLast((part) => !isIdentifier(part)) ?? ''])) {
    const said = [last.toLowerCase(), firstWord(last), firstWord(last.slice(last.lastIndexOf('.') + 1))];
    for (const [effect, verbs] of ACTIONS) {
      if (said.some((word) => verbs.has(word))) found.push([effect, last]);
    }
  }
  return found;
}

/**
 * What an operation does that is named apart from path and method: `deleteUser`, `DynamoDB_20120810.DeleteTable`,
 * `user.delete`. Undefined when its name says nothing.
 */
export function effectsOfOperation(name: string): readonly Effect[] | undefined {
  const last = /[^.#:/]*$/.exec(name.replaceAll(/["'\s]/g, ''))?.[0] ?? '';
  const said = wordsOf(last);
  const verb = said.find((word) =>
    [LOOKS, MAKES, CHANGES, ...ACTIONS.map(([, verbs]) => verbs)].some((each) => each.has(word)),
  );
  if (verb === undefined) return undefined;
  const effects = new Set<Effect>();
  const looks = LOOKS.has(verb);
  for (const [effect, verbs] of ACTIONS) {
    if (said.some((word) => verbs.has(word) && (!looks || effect === 'delete'))) effects.add(effect);
  }
  if (looks) effects.add('read');
  if (MAKES.has(verb)) effects.add('create');
  if (CHANGES.has(verb)) effects.add('update');
  if (said.some((word, at) => SECRET.test(word) || SECRET.test(said.slice(at, at + 2).join(''))))
    effects.add('secret');
  if (!looks && said.some((word) => GRANT.has(word))) effects.add('grant');
  if (!looks && said.some((word) => SPEND.has(word))) effects.add('spend');
  return [...effects];
}

export function isBatch(segments: readonly string[]): boolean {
  return segments.some((segment) => BATCH.has(segment.toLowerCase()));
}

/** A hidden file, or a name with an ending. A page about cookies is none. */
function isFile(parts: readonly string[]): boolean {
  return parts.some((part) => /^(?:\.|id_)/.test(part)) || (parts.at(-1) ?? '').includes('.');
}

function isIdentifier(part: string): boolean {
  return /^(?:\d+|[\da-f]{8,}|(?=[\w-]*\d)[\w-]{8,})$/i.test(part);
}

/** `deleteUser`, `bulk-delete` and `DeleteUser` all say delete. */
function firstWord(segment: string): string {
  const [first = '', second = ''] = wordsOf(segment);
  return /^(?:batch|bulk|mass|force|hard|soft|permanent|permanently|confirm|do)$/.test(first)
    ? second
    : first;
}

function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_.]/)
    .filter((word) => word !== '');
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
