import type { Effect, JsonValue } from '@countersign/core';
import { excerpt, type Findings } from '../classification.ts';
import { isArray, isObject, textOf } from '../json-members.ts';

/** Members, in lower case, that do something wherever in an object they stand, unless they are off. */
const SETTINGS: Readonly<Record<string, readonly [Effect, string]>> = {
  privileged: ['grant', 'runs with all rights of its node'],
  hostnetwork: ['grant', 'uses the network of its node'],
  hostpid: ['grant', 'sees the programs of its node'],
  hostipc: ['grant', 'shares memory with its node'],
  hostprocess: ['grant', 'runs as a program of its node'],
  hostpath: ['grant', 'mounts files of its node'],
  hostport: ['network', 'opens a port of its node'],
  secretname: ['secret', 'uses a secret'],
  secretref: ['secret', 'uses a secret'],
  secretkeyref: ['secret', 'uses a secret'],
  serviceaccounttoken: ['secret', 'uses a token of its account'],
  secretproviderclass: ['secret', 'uses a secret'],
  flexvolume: ['grant', 'runs a program of its node'],
  gitrepo: ['execute', 'runs git on its node'],
};

/** Members that hold somebody back: without them more is allowed than before. */
const GUARDS =
  /^(?:securitycontext|runasnonroot|runasuser|seccompprofile|apparmorprofile|readonlyrootfilesystem|pod-security\.kubernetes\.io\/.*)$/;

const EXPOSED: ReadonlySet<string> = new Set(['loadbalancer', 'nodeport', 'externalname']);
const SOCKET = /(?:docker|containerd|crio|cri-dockerd)\.sock/;
const SNIPPET = /snippet|auth-url|server-alias|lua|mirror/i;

/** Of a JSON Patch. */
const MAX_OPERATIONS = 2000;
const MAX_PATH = 1000;
const MAX_NAMES = 20_000;

/** What the members of an object or patch say, from anywhere within it. Members count whatever their case. */
export function readSettings(value: JsonValue | undefined, what: string, findings: Findings): void {
  readAll(value, what, findings, new Set());
}

/** `said` holds settings that are reported already: a manifest may have the same ten thousand times. */
function readAll(value: JsonValue | undefined, what: string, findings: Findings, said: Set<string>): void {
  if (isArray(value)) for (const item of value) readAll(item, what, findings, said);
  if (!isObject(value)) return;
  for (const [name, item] of Object.entries(value)) {
    const setting = typeof item === 'object' ? undefined : `${name} ${String(item)}`;
    if (setting === undefined || !said.has(setting)) readMember(name, item, what, findings);
    if (setting !== undefined) said.add(setting);
    else readAll(item, what, findings, said);
  }
}

/** What a JSON Patch says: each operation sets the last member of its path. */
export function readJsonPatch(operations: JsonValue, what: string, findings: Findings): void {
  const listed = isArray(operations) ? operations : [operations];
  if (listed.length > MAX_OPERATIONS) findings.unknown(`a patch of ${what} that is too long to read`);
  let names = 0;
  for (const operation of listed.slice(0, MAX_OPERATIONS)) {
    const path = textOf(operation, 'path');
    if (path === undefined || path.length > MAX_PATH) {
      findings.unknown(`a patch of ${what} that says not where`);
      continue;
    }
    const value = isObject(operation) ? (operation['value'] ?? null) : null;
    const parts = path.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
    names += parts.length;
    if (names > MAX_NAMES) {
      findings.unknown(`a patch of ${what} that is too long to read`);
      return;
    }
    // What lies below a dangerous member is a part of it.
    for (const name of parts) readMember(name, value ?? true, what, findings);
    if (value === null && parts.some((name) => GUARDS.test(name.toLowerCase()))) {
      findings.effect('grant', `${what} takes away what held it back`);
    }
    readSettings(value, what, findings);
    if (/^(?:move|copy)$/.test(textOf(operation, 'op') ?? '')) {
      findings.unknown(`a patch of ${what} that moves what is not in it`);
    }
  }
}

function readMember(name: string, value: JsonValue, what: string, findings: Findings): void {
  const lower = name.toLowerCase();
  const isOff = value === null || value === false || value === '' || (isArray(value) && value.length === 0);
  if (isOff) {
    if (lower === 'runasnonroot' && value === false) findings.effect('grant', `${what} may run as root`);
    if (value === null && GUARDS.test(lower)) {
      findings.effect('grant', `${what} takes away what held it back`);
    }
    return;
  }
  if (lower === '$patch' && value !== 'merge') {
    findings.effect('delete', `${what} takes away what is there`);
    findings.effect('grant', `${what} may take away what held it back`);
  }
  const setting = Object.hasOwn(SETTINGS, lower) ? SETTINGS[lower] : undefined;
  if (setting !== undefined) findings.effect(setting[0], `${what} ${setting[1]}`);
  else if (/secret(?:key)?(?:ref|name)$/.test(lower)) findings.effect('secret', `${what} uses a secret`);
  switch (lower) {
    case 'capabilities':
      if (addsCapabilities(value))
        findings.effect('grant', `${what} has more rights on its node than others`);
      break;
    case 'runasuser':
    case 'runasgroup':
      if (Number(value) === 0) findings.effect('grant', `${what} runs as root`);
      break;
    case 'procmount':
      if (value !== 'Default') findings.effect('grant', `${what} sees what others do not of its node`);
      break;
    case 'serviceaccountname':
    case 'serviceaccount':
      if (typeof value === 'string' && value !== 'default') {
        findings.effect('execute', `${what} acts as ${excerpt(value)}`);
      }
      break;
    case 'secret':
      // Of a volume: a text of this name is only a text.
      if (blocksIn(value).length > 0) findings.effect('secret', `${what} uses a secret`);
      break;
    case 'local':
      if (blocksIn(value).some((each) => textOf(each, 'path') !== undefined))
        findings.effect('grant', `${what} mounts files of its node`);
      break;
    case 'selinuxoptions':
      if (blocksIn(value).length > 0) findings.effect('grant', `${what} chooses how it is confined`);
      break;
    case 'externalips':
      findings.effect('network', `${what} takes addresses`).outward(`${what} takes addresses from outside`);
      break;
    case 'image':
      if (typeof value === 'string') findings.touch('image', value);
      break;
    default:
      readText(lower, value, what, findings);
  }
}

function readText(name: string, value: JsonValue, what: string, findings: Findings): void {
  if (typeof value !== 'string') return;
  if (name === 'type') {
    if (/^unconfined$/i.test(value)) findings.effect('grant', `${what} is not confined`);
    if (EXPOSED.has(value.toLowerCase())) {
      findings.effect('network', `${what} is a ${excerpt(value)}`).outward(`${what} is reached from outside`);
    }
  }
  if (name === 'path' && SOCKET.test(value))
    findings.effect('grant', `${what} commands the containers of its node`);
  if (name.startsWith('pod-security.kubernetes.io/') && value === 'privileged') {
    findings.effect('grant', `${what} lets pods have all rights`);
  }
  if (/apparmor|seccomp/.test(name) && /unconfined/i.test(value)) {
    findings.effect('grant', `${what} is not confined`);
  }
  if (SNIPPET.test(name) && /ingress|nginx|traefik|haproxy/.test(name)) {
    findings.effect('execute', `${what} puts commands into its proxy`);
  }
  if (name === 'name' && /^system:(?:anonymous|unauthenticated|authenticated|serviceaccounts)$/.test(value)) {
    findings.effect('grant', `${what} is for everybody`).outward(`${what} is for everybody`);
  }
  if (name === 'name' && /^(?:cluster-admin|system:masters)$/.test(value)) {
    findings.effect('grant', `${what} is for ${value}, which may do everything`);
  }
}

/** The objects that a member holds: Terraform writes one as a list of one. */
function blocksIn(value: JsonValue): readonly JsonValue[] {
  return (isArray(value) ? value : [value]).filter(isObject);
}

/** Of capabilities, only those that are added matter; in a patch of a single one, any. */
function addsCapabilities(value: JsonValue): boolean {
  if (isArray(value)) return value.some(addsCapabilities);
  if (!isObject(value)) return true;
  return Object.entries(value).some(
    ([name, added]) =>
      name.toLowerCase() === 'add' && added !== null && !(isArray(added) && added.length === 0),
  );
}
