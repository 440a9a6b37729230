import { parseJson, type Effect, type JsonValue } from '@countersign/core';
import { isArray, isObject, itemsOf, textOf } from '../json-members.ts';
import { effectsOfChanging } from '../path/places.ts';
import { isOpen, spansTheInternet } from './ranges.ts';

/** Something in the values of a resource that a person should know, said without any value: it may be sensitive. */
export interface Remark {
  readonly effect: Effect;
  readonly why: string;
  readonly outward: boolean;
}

/** Attributes and values that open a resource to everyone. */
export const PUBLIC: Readonly<Record<string, readonly JsonValue[]>> = {
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
  assign_public_ip: [true],
  enable_public_ip: [true],
  external_enabled: [true],
  anonymous_pull_enabled: [true],
  is_public: [true],
  public: [true],
  private: [false],
  prohibit_public_ip_on_vnic: [false],
  ip_address_type: ['Public'],
  address_type: ['EXTERNAL', 'internet'],
  access_type: ['ObjectRead', 'ObjectReadWithoutList'],
  default_action: ['Allow'],
  ingress: ['INGRESS_TRAFFIC_ALL'],
  ingress_settings: ['ALLOW_ALL'],
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

const EVERYONE = /^(?:\*|Any|Internet|allUsers|allAuthenticatedUsers|public)$/i;
const RECEIVERS =
  /^(?:principals?|identifiers|members?|groups?|shared_accounts|user_ids|account_ids|aws_account_ids)$/;
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

function look(value: JsonValue, name: string, isWayOut: boolean, remarks: Remarks): void {
  if (typeof value === 'string') lookAtText(value, name, isWayOut, remarks);
  else if (isArray(value)) for (const item of value) look(item, name, isWayOut, remarks);
  else if (isObject(value)) {
    const direction = `${textOf(value, 'direction') ?? ''} ${textOf(value, 'type') ?? ''}`;
    const leadsOut = isWayOut || /\b(?:egress|outbound)\b/i.test(direction);
    if (!leadsOut && spansTheInternet(value)) {
      remarks.push({ effect: 'network', why: 'open to the internet', outward: true });
    }
    for (const [written, item] of Object.entries(value)) {
      // Documents within a plan have their members in other spellings.
      const key = written.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase();
      lookAtMember(key, item, remarks);
      look(item, key, leadsOut || LEADS_OUT.test(key), remarks);
    }
  }
}

function lookAtMember(name: string, value: JsonValue, remarks: Remarks): void {
  if (Object.hasOwn(PUBLIC, name) && PUBLIC[name]?.includes(value)) {
    remarks.push({ effect: 'grant', why: `${name} opens it to everyone`, outward: true });
  }
  if (/^(?:ipv6_)?access_config$/.test(name) && isArray(value) && value.length > 0) {
    remarks.push({ effect: 'network', why: `${name} gives it a public address`, outward: true });
  }
  if (name === 'filename' && typeof value === 'string') {
    for (const effect of effectsOfChanging(value.split('/'))) {
      remarks.push({ effect, why: `${name} is a place that does more than hold a file`, outward: false });
    }
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
  if (!isWayOut && (isOpen(text) || (SOURCE.test(name) && /^(?:\*|Any|Internet|0\.0\.0\.0)$/i.test(text)))) {
    remarks.push({ effect: 'network', why: 'open to the internet', outward: true });
  }
  const isForAll = RECEIVERS.test(name) && /^(?:\*|all)$/i.test(text);
  if (isForAll || /^all(?:Authenticated)?Users$/i.test(text) || EVERYONE_GROUP.test(text)) {
    remarks.push({ effect: 'grant', why: 'open to everyone', outward: true });
  }
  if (/^\s*[{[]/.test(text)) lookAtDocument(text, remarks);
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
  const statements = namesakes(document, 'statement');
  for (const statement of statements.flatMap((each) => (isArray(each) ? each : [each]))) {
    lookAtStatement(statement, remarks);
  }
  // Whom a statement names depends on whether it allows or denies.
  if (statements.length === 0) look(document, '', false, remarks);
  for (const binding of itemsOf(document, 'bindings')) {
    const isForAll = itemsOf(binding, 'members').some(
      (each) => typeof each === 'string' && EVERYONE.test(each),
    );
    if (isForAll) remarks.push({ effect: 'grant', why: 'a policy open to everyone', outward: true });
  }
}

function lookAtStatement(statement: JsonValue, remarks: Remarks): void {
  const effects = namesakes(statement, 'effect');
  const denies =
    effects.length > 0 && effects.every((each) => typeof each === 'string' && /^deny$/i.test(each));
  if (denies) return;
  remarks.push({ effect: 'grant', why: 'a policy that allows', outward: false });
  const isForAll = namesakes(statement, 'principal').some(isEveryone);
  if (isForAll || namesakes(statement, 'notprincipal').length > 0) {
    remarks.push({ effect: 'grant', why: 'a policy open to everyone', outward: true });
  }
  const actions = namesakes(statement, 'action').flatMap((each) => (isArray(each) ? each : [each]));
  const isAll = actions.some((each) => each === '*' || each === '*:*');
  if (isAll || namesakes(statement, 'notaction').length > 0) {
    remarks.push({ effect: 'grant', why: 'a policy that allows everything', outward: false });
  }
}

/** All members of one name, whatever their case: of two, a reader takes the one or the other. */
function namesakes(value: JsonValue, name: string): readonly JsonValue[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([each, item]) => (each.toLowerCase() === name ? [item] : []));
}

function isEveryone(principal: JsonValue | undefined): boolean {
  if (typeof principal === 'string') return /^\*$|:\*$/.test(principal);
  if (isArray(principal)) return principal.some(isEveryone);
  return isObject(principal) && Object.values(principal).some(isEveryone);
}
