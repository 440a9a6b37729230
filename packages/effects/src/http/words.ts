import type { Effect } from '@countersign/core';

/** Ends of a segment that names something secret, in lower case and without `-` and `_`. */
const SECRET =
  /(?:tokens?|secrets?|secretvalues?|credentials?|passwords?|passwd|passphrases?|(?:api|private|access|ssh|signing|deploy|gpg|encryption|service|host|account|function)keys?|keys|kubeconfig|\.env|\.pem|id_rsa)$/;

/** Segments that name who may do what. */
const GRANT: ReadonlySet<string> = new Set(
  (
    'role roles permission permissions member members membership memberships acl acls policy policies grant grants ' +
    'owner owners admin admins collaborators iam roleassignments rolebindings share shares sharing setiampolicy ' +
    'invitation invitations invites scopes entitlements delegates sudo trust trusts federation'
  ).split(' '),
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
      'run execute exec invoke trigger eval deploy dispatch restart reboot start stop shell command commands console script scripts',
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
  const last = parts.at(-1) ?? '';
  const verb = firstWord(last);
  for (const [effect, verbs] of ACTIONS) {
    if (verbs.has(verb) || verbs.has(last.toLowerCase())) found.push([effect, last]);
  }
  return found;
}

export function isBatch(segments: readonly string[]): boolean {
  return segments.some((segment) => BATCH.has(segment.toLowerCase()));
}

/** `deleteUser`, `bulk-delete` and `DeleteUser` all say delete. */
function firstWord(segment: string): string {
  const [first = '', second = ''] = segment
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_.]/);
  return /^(?:batch|bulk|mass|force)$/.test(first) ? second : first;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
