import type { Effect } from '@countersign/core';

/** How a verb treats the object that it names. */
export type Access = 'read' | 'write' | 'delete';

export interface Verb {
  readonly access: Access;
  readonly effects: readonly Effect[];
  /** Whether it may open a way in from outside by what the call does not show. */
  readonly exposes?: boolean;
}

/** Verbs of the API and of `kubectl`. Any other is not understood. */
const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ...verbs('read', ['read'], 'get list watch describe logs top explain diff wait events'),
  ...verbs('write', ['create'], 'create'),
  ...verbs('write', ['create', 'execute'], 'run'),
  ['expose', { access: 'write', effects: ['create', 'network'], exposes: true }],
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

/** What a subresource does, whatever the verb, and which kinds have it; of no kind, every kind has it. */
interface Subresource {
  readonly effects: readonly Effect[];
  readonly of: readonly string[];
}

const SUBRESOURCES: ReadonlyMap<string, Subresource> = new Map<string, Subresource>([
  ['exec', { effects: ['execute'], of: ['Pod'] }],
  ['attach', { effects: ['execute'], of: ['Pod'] }],
  ['portforward', { effects: ['execute', 'network'], of: ['Pod'] }],
  ['proxy', { effects: ['execute', 'network', 'grant'], of: ['Pod', 'Service', 'Node'] }],
  ['ephemeralcontainers', { effects: ['execute'], of: ['Pod'] }],
  ['binding', { effects: ['execute'], of: ['Pod'] }],
  ['eviction', { effects: ['delete'], of: ['Pod'] }],
  ['token', { effects: ['secret', 'grant'], of: ['ServiceAccount'] }],
  ['approval', { effects: ['grant'], of: ['CertificateSigningRequest'] }],
  ['scale', { effects: [], of: ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'] }],
  ['status', { effects: [], of: [] }],
  ['log', { effects: [], of: ['Pod'] }],
  ['finalize', { effects: ['delete'], of: ['Namespace'] }],
  ['resize', { effects: ['spend'], of: ['Pod'] }],
]);

/** Kinds that hold only what somebody put there, so that they have no status. */
const PLAIN_KINDS =
  /^(?:Secret|ConfigMap|ServiceAccount|(?:Cluster)?Role(?:Binding)?|Endpoints|EndpointSlice|Event|LimitRange|PodTemplate|ControllerRevision|Lease|(?:Storage|Runtime|Priority|Ingress)Class|\w+WebhookConfiguration)$/;

export function verbOf(verb: string): Verb | undefined {
  return VERBS.get(verb.toLowerCase());
}

/** Undefined for a subresource that is not understood. */
export function effectsOfSubresource(subresource: string): readonly Effect[] | undefined {
  return SUBRESOURCES.get(subresource.toLowerCase())?.effects;
}

/** Whether objects of a kind have such a subresource: of others it can only be a name, as in `secret/log`. */
export function hasSubresource(kind: string, subresource: string): boolean {
  const of = SUBRESOURCES.get(subresource.toLowerCase())?.of;
  if (of === undefined) return false;
  return of.length === 0 ? !PLAIN_KINDS.test(kind) : of.includes(kind);
}

function verbs(access: Access, effects: readonly Effect[], names: string): [string, Verb][] {
  return names.split(' ').map((name): [string, Verb] => [name, { access, effects }]);
}
