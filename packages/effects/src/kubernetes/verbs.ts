import type { Effect } from '@countersign/core';

/** How a verb treats the object that it names. */
export type Access = 'read' | 'write' | 'delete';

export interface Verb {
  readonly access: Access;
  readonly effects: readonly Effect[];
}

/** Verbs of the API and of `kubectl`. Any other is not understood. */
const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ...verbs('read', ['read'], 'get list watch describe logs top explain diff wait events'),
  ...verbs('write', ['create'], 'create'),
  ...verbs('write', ['create', 'execute'], 'run'),
  ...verbs('write', ['create', 'network'], 'expose'),
  ...verbs('write', ['create', 'update'], 'apply'),
  ...verbs(
    'write',
    ['update'],
    'update patch edit label annotate set scale rollout autoscale taint cordon uncordon',
  ),
  ...verbs('write', ['update', 'delete'], 'replace'),
  ...verbs('write', ['update', 'delete'], 'drain'),
  ...verbs('delete', ['delete'], 'delete deletecollection'),
  ...verbs('write', ['execute'], 'exec attach debug cp'),
  ...verbs('read', ['execute', 'network'], 'portforward port-forward proxy'),
  // What they name, `users` and the like, need be no objects.
  ...verbs('read', ['grant'], 'impersonate bind escalate approve sign attest use certificate'),
]);

/** What a subresource does, whatever the verb, and whether the verb's own effects still hold. */
const SUBRESOURCES: ReadonlyMap<string, readonly Effect[]> = new Map<string, readonly Effect[]>([
  ['exec', ['execute']],
  ['attach', ['execute']],
  ['portforward', ['execute', 'network']],
  ['proxy', ['execute', 'network', 'grant']],
  ['ephemeralcontainers', ['execute']],
  ['binding', ['execute']],
  ['eviction', ['delete']],
  ['token', ['secret', 'grant']],
  ['approval', ['grant']],
  ['scale', []],
  ['status', []],
  ['log', []],
  ['finalize', ['delete']],
  ['resize', ['spend']],
]);

export function verbOf(verb: string): Verb | undefined {
  return VERBS.get(verb.toLowerCase());
}

/** Undefined for a subresource that is not understood. */
export function effectsOfSubresource(subresource: string): readonly Effect[] | undefined {
  return SUBRESOURCES.get(subresource.toLowerCase());
}

function verbs(access: Access, effects: readonly Effect[], names: string): [string, Verb][] {
  return names.split(' ').map((name): [string, Verb] => [name, { access, effects }]);
}
