import { parseJson, type Effect, type JsonValue } from '@countersign/core';
import { isArray, isObject, itemsOf, member, textOf } from '../json-members.ts';

/** Something in the values of a resource that a person should know, said without any value: it may be sensitive. */
export interface Remark {
  readonly effect: Effect;
  readonly why: string;
  readonly outward: boolean;
}

/** Attributes and values that open a resource to everyone. */
const PUBLIC: Readonly<Record<string, readonly JsonValue[]>> = {
  acl: ['public-read', 'public-read-write', 'authenticated-read', 'website'],
  predefined_acl: ['publicRead', 'publicReadWrite', 'authenticatedRead'],
  publicly_accessible: [true],
  public_network_access_enabled: [true],
  public_access_enabled: [true],
  public_network_access: ['Enabled'],
  allow_blob_public_access: [true],
  allow_nested_items_to_be_public: [true],
  container_access_type: ['blob', 'container'],
  associate_public_ip_address: [true],
  map_public_ip_on_launch: [true],
  endpoint_public_access: [true],
  ipv4_enabled: [true],
  internal: [false],
  scheme: ['internet-facing'],
  load_balancing_scheme: ['EXTERNAL', 'EXTERNAL_MANAGED'],
  authorization_type: ['NONE'],
  authorization: ['NONE'],
  visibility: ['public'],
  block_public_acls: [false],
  block_public_policy: [false],
  ignore_public_acls: [false],
  restrict_public_buckets: [false],
  invoker_iam_disabled: [true],
};

/** Attributes that give a container the rights of its host, if they are set at all. */
const HOST_RIGHTS: ReadonlySet<string> = new Set([
  'privileged',
  'privileged_mode',
  'host_network',
  'host_pid',
  'host_ipc',
  'host_path',
]);

/** Attributes that are run by the resource. */
const PROGRAMS =
  /^(?:user_data(?:_base64)?|custom_data|startup_script|metadata_startup_script|command|commands|script|inline_code|buildspec|entrypoint|local_exec_interpreter)$/;

/** Attributes that say who may come in: not knowing them is not knowing what the change does. */
const DECISIVE =
  /^(?:(?:assume_role_|resource_|access_|bucket_|inline_)?policy|policy_data|ingress|(?:ipv6_)?cidr_blocks|cidr_ipv[46]|source_ranges|source_address_prefix(?:es)?|source_cidr_blocks|acl|principals?|members?|manifest|yaml_body|command|user_data(?:_base64)?)$/;

const EVERYONE = /^(?:\*|Any|Internet|allUsers|allAuthenticatedUsers|public)$/i;
const EVERYONE_GROUP = /acs\.amazonaws\.com\/groups\/global\//;
const SOURCE = /source|ingress|allow|authorized|whitelist|cidr|ip_range|start_ip/;
const LEADS_OUT = /egress|outbound|destination|^routes?$/;

/** What the values of a changed resource say, from anywhere within them. */
export function remarksOn(type: string, after: JsonValue): Iterable<Remark> {
  const remarks = new Remarks();
  const isWayOut = /egress|_route(?:_|$)|route_table/.test(type);
  look(after, '', isWayOut, remarks);
  return remarks.all.values();
}

/** Each remark once: a plan may say the same ten thousand times. */
class Remarks {
  readonly all = new Map<string, Remark>();

  push(remark: Remark): void {
    this.all.set(`${remark.effect} ${remark.outward} ${remark.why}`, remark);
  }
}

/** Attributes of weight that are known only after the change; `unknown` is Terraform's `after_unknown`. */
export function undecided(unknown: JsonValue | undefined): string[] {
  if (unknown === true) return ['all of it'];
  if (isArray(unknown)) return unknown.flatMap(undecided);
  if (!isObject(unknown)) return [];
  return Object.entries(unknown).flatMap(([name, value]) =>
    DECISIVE.test(name) && hasTrue(value) ? [name] : undecided(value === true ? undefined : value),
  );
}

function hasTrue(value: JsonValue): boolean {
  if (isArray(value)) return value.some(hasTrue);
  return isObject(value) ? Object.values(value).some(hasTrue) : value === true;
}

function look(value: JsonValue, name: string, isWayOut: boolean, remarks: Remarks): void {
  if (typeof value === 'string') lookAtText(value, name, isWayOut, remarks);
  else if (isArray(value)) for (const item of value) look(item, name, isWayOut, remarks);
  else if (isObject(value)) {
    const direction = `${textOf(value, 'direction') ?? ''} ${textOf(value, 'type') ?? ''}`;
    const leadsOut = isWayOut || /\b(?:egress|outbound)\b/i.test(direction);
    for (const [key, item] of Object.entries(value)) {
      lookAtMember(key, item, remarks);
      look(item, key, leadsOut || LEADS_OUT.test(key), remarks);
    }
  }
}

function lookAtMember(name: string, value: JsonValue, remarks: Remarks): void {
  if (Object.hasOwn(PUBLIC, name) && PUBLIC[name]?.includes(value)) {
    remarks.push({ effect: 'grant', why: `${name} opens it to everyone`, outward: true });
  }
  const isSet = value !== null && value !== false && !(isArray(value) && value.length === 0);
  if (isSet && HOST_RIGHTS.has(name)) {
    remarks.push({ effect: 'grant', why: `${name} gives it rights over its host`, outward: false });
  }
  if (isSet && value !== '' && PROGRAMS.test(name)) {
    remarks.push({ effect: 'execute', why: `${name} is run`, outward: false });
  }
}

function lookAtText(text: string, name: string, isWayOut: boolean, remarks: Remarks): void {
  if (
    !isWayOut &&
    (isOpenRange(text) || (SOURCE.test(name) && /^(?:\*|Any|Internet|0\.0\.0\.0)$/i.test(text)))
  ) {
    remarks.push({ effect: 'network', why: 'open to the internet', outward: true });
  }
  if (/^all(?:Authenticated)?Users$/i.test(text) || EVERYONE_GROUP.test(text)) {
    remarks.push({ effect: 'grant', why: 'open to everyone', outward: true });
  }
  if (/^\s*[{[]/.test(text)) lookAtDocument(text, remarks);
}

/** `0.0.0.0/0`, `::/0`, and halves of it that together are the same. */
function isOpenRange(text: string): boolean {
  const [, address = '', bits = ''] = /^\s*([\da-f.:]+)\/(\d{1,3})\s*$/i.exec(text) ?? [];
  if (bits === '') return false;
  return address.includes(':') ? Number(bits) < 16 : Number(bits) < 8 && !address.startsWith('10.');
}

function lookAtDocument(text: string, remarks: Remarks): void {
  let document: JsonValue;
  try {
    document = parseJson(text);
  } catch {
    if (!/"?(?:Principal|Statement)\b/i.test(text)) return;
    remarks.push({ effect: 'grant', why: 'a policy that cannot be read', outward: true });
    return;
  }
  const statements = member(document, 'Statement');
  const listed = isArray(statements) ? statements : statements === undefined ? [] : [statements];
  for (const statement of listed) lookAtStatement(statement, remarks);
  for (const binding of itemsOf(document, 'bindings')) {
    const isOpen = itemsOf(binding, 'members').some(
      (each) => typeof each === 'string' && EVERYONE.test(each),
    );
    if (isOpen) remarks.push({ effect: 'grant', why: 'a policy open to everyone', outward: true });
  }
}

function lookAtStatement(statement: JsonValue, remarks: Remarks): void {
  const grants = textOf(statement, 'Effect')?.toLowerCase() !== 'deny';
  if (!grants) return;
  remarks.push({ effect: 'grant', why: 'a policy that allows', outward: false });
  if (isEveryone(member(statement, 'Principal')) || member(statement, 'NotPrincipal') !== undefined) {
    remarks.push({ effect: 'grant', why: 'a policy open to everyone', outward: true });
  }
  const actions = member(statement, 'Action');
  const listed = isArray(actions) ? actions : [actions];
  if (member(statement, 'NotAction') !== undefined || listed.some((each) => each === '*' || each === '*:*')) {
    remarks.push({ effect: 'grant', why: 'a policy that allows everything', outward: false });
  }
}

function isEveryone(principal: JsonValue | undefined): boolean {
  if (typeof principal === 'string') return /^\*$|:\*$/.test(principal);
  if (isArray(principal)) return principal.some(isEveryone);
  return isObject(principal) && Object.values(principal).some(isEveryone);
}
