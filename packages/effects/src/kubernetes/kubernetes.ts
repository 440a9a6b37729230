import { parseJson, type JsonObject, type JsonValue } from '@countersign/core';
import { excerpt, Findings, notUnderstood, understand, type Classification } from '../classification.ts';
import { isArray, isObject, itemsOf, member, textOf } from '../json-members.ts';
import { includeRiskiestFirst } from '../riskiest-first.ts';
import { kindOf, kindsOfResource, type Kind } from './kinds.ts';
import { readJsonPatch, readSettings } from './pods.ts';
import { effectsOfSubresource, hasSubresource, verbOf, type Verb } from './verbs.ts';

export interface KubernetesCall {
  /** A verb of the API or of `kubectl`. */
  readonly verb: string;
  /** An object, a list of objects, or for `patch` what is changed of one; as JSON, not YAML. */
  readonly manifest?: JsonValue;
  /** `pods`, `deployments.apps`, `pods/exec`; several with commas. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly subresource?: string;
}

/** How many objects of one call are read. */
const MAX_OBJECTS = 2000;

/** Whatever runs here can reach the rest of the cluster. */
const SYSTEM_NAMESPACE =
  /^(?:kube-(?:system|public|node-lease|flannel)|openshift(?:-.*)?|cattle-.*|(?:istio|gatekeeper|calico|metallb|longhorn|flux|gmp|capi)-system|tigera-operator|cert-manager|kyverno|argocd|vault|external-secrets|ingress-nginx|linkerd)$/;

/**
 * What one call of the Kubernetes API does: by its verb, by the kind of what it names, and by what is in the manifest.
 * Kinds that are not Kubernetes' own are not understood when they are written: a program of somebody else acts on them.
 *
 * @example classifyKubernetes({ verb: 'get', resource: 'secrets' }).effects // ['read', 'secret']
 */
export function classifyKubernetes(call: KubernetesCall): Classification {
  return understand(`${call.resource ?? ''}${call.subresource ?? ''}`, 'Kubernetes call', (findings) => {
    const verb = verbOf(call.verb);
    if (verb === undefined) {
      findings.unknown(`verb ${excerpt(call.verb)}`);
      return;
    }
    const what = excerpt(`${call.verb} ${call.resource ?? ''}`);
    for (const effect of verb.effects) findings.effect(effect, what);
    if (call.resource !== undefined) readResources(call, call.resource, verb, findings);
    else if (call.subresource !== undefined) readSubresource(call.subresource, what, findings);
    if (call.manifest !== undefined) readManifest(call, call.manifest, verb, findings);
    else if (call.resource === undefined) findings.unknown(`${what}of what is not said`);
  });
}

function readResources(call: KubernetesCall, resources: string, verb: Verb, findings: Findings): void {
  for (const resource of resources.split(',').slice(0, MAX_OBJECTS)) {
    // `pods/exec` in rules and paths, `secret/name` in kubectl: whichever it is, both count.
    const [named = '', below, ...more] = resource.split('/');
    const shown = excerpt(`${call.verb} ${resource}`);
    if (more.length > 0 || !/^[\w.-]+$/.test(named)) {
      findings.unknown(`a resource that is none: ${shown}`);
      continue;
    }
    const subresources = [call.subresource, below].filter((each) => each !== undefined);
    const known = subresources.filter((each) => effectsOfSubresource(each) !== undefined);
    for (const each of known) readSubresource(each, shown, findings);
    if (call.subresource !== undefined && !known.includes(call.subresource)) {
      findings.unknown(`subresource ${excerpt(call.subresource)}: ${shown}`);
    }
    const kinds = kindsOfResource(named);
    const name = below !== undefined && known.length === 0 ? `/${below}` : '';
    findings.touch('object', `${kinds[0]?.kind ?? named}/${call.namespace ?? '-'}${name}`);
    const isSubresource = known.length > 0 && kinds.length > 0 && !mayBeName(call, named, below, kinds);
    if (!isSubresource) readKinds(kinds, named, shown, verb, findings);
    else if (known.some((each) => each.toLowerCase() === 'status')) readStatus(kinds, shown, verb, findings);
    if (isSystem(call.namespace) && verb.access !== 'read') {
      findings.effect('grant', `${excerpt(call.namespace ?? '')} is a namespace of the cluster itself`);
    }
  }
  if (resources.split(',').length > MAX_OBJECTS) findings.unknown('more resources than are read');
}

/**
 * Whether what stands below a resource may be the name of an object after all. Only calls of the API as such make and
 * update subresources by their path; `kubectl patch deploy/scale` changes a deployment of that name.
 */
function mayBeName(
  call: KubernetesCall,
  named: string,
  below: string | undefined,
  kinds: readonly Kind[],
): boolean {
  const subresource = below ?? call.subresource ?? '';
  if (!kinds.every((kind) => hasSubresource(kind.kind, subresource))) return true;
  if (below === undefined) return false;
  const isPlural = kinds.some((kind) => kind.plural === named.toLowerCase().split('.')[0]);
  return !isPlural || !/^(?:create|update)$/i.test(call.verb);
}

/** Others act on what a status says: traffic goes to its addresses, a certificate in it is trusted. */
function readStatus(kinds: readonly Kind[], shown: string, verb: Verb, findings: Findings): void {
  if (verb.access !== 'write') return;
  for (const effect of kinds.flatMap((kind) => kind.written)) {
    if (effect !== 'execute' && effect !== 'spend') findings.effect(effect, `${shown}, which others act on`);
  }
}

function readKinds(
  kinds: readonly Kind[],
  named: string,
  shown: string,
  verb: Verb,
  findings: Findings,
): void {
  if (kinds.length === 0) {
    if (verb.access !== 'read') findings.unknown(`a resource that is not Kubernetes' own: ${shown}`);
    else if (/secret|token|credential|key|cert|vault/i.test(named)) findings.effect('secret', shown);
    return;
  }
  for (const kind of kinds) readKind(kind, shown, verb, findings);
  if (verb.exposes) findings.outward(`${shown}: perhaps reached from outside`);
}

function readKind(kind: Kind, shown: string, verb: Verb, findings: Findings): void {
  const effects = { read: kind.read, write: kind.written, delete: kind.deleted }[verb.access];
  for (const effect of effects) findings.effect(effect, shown);
  if (verb.access === 'delete' && kind.kind === 'Namespace') {
    findings
      .effect('delete', `${shown}: with everything in it`)
      .effect('secret', `${shown}: its secrets too`);
  }
  const isRoute = kind.kind === 'Ingress' || kind.group === 'gateway.networking.k8s.io';
  if (verb.access === 'write' && isRoute) findings.outward(`${shown} is reached from outside`);
}

function readSubresource(subresource: string, shown: string, findings: Findings): void {
  const effects = effectsOfSubresource(subresource);
  if (effects === undefined) findings.unknown(`subresource ${excerpt(subresource)}`);
  for (const effect of effects ?? []) findings.effect(effect, `${shown}, ${excerpt(subresource)}`);
}

function readManifest(call: KubernetesCall, given: JsonValue, verb: Verb, findings: Findings): void {
  const manifest = typeof given === 'string' ? parseJson(given) : given;
  const isPatch = call.verb.toLowerCase() === 'patch';
  const hasKind = isObject(manifest) && member(manifest, 'kind') !== undefined;
  if (isPatch && !hasKind) {
    const what = excerpt(`patch of ${call.resource ?? 'something'}`);
    if (call.resource === undefined) findings.unknown(`${what} that is not named`);
    if (isArray(manifest)) readJsonPatch(manifest, what, findings);
    else readSettings(manifest, what, findings);
    return;
  }
  const objects = objectsIn(manifest);
  if (objects === undefined) {
    findings.unknown('more objects than are read');
    return;
  }
  includeRiskiestFirst(
    findings,
    objects.map((object) => classifyObject(object, call, verb)),
  );
}

/** The objects of a manifest and of the lists in it; undefined when there are too many. */
function objectsIn(manifest: JsonValue): JsonValue[] | undefined {
  const objects: JsonValue[] = [];
  const waiting: JsonValue[] = [manifest];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    const kind = textOf(value, 'kind');
    if (isArray(value)) waiting.push(...value.slice(0, MAX_OBJECTS + 1));
    else if (kind?.endsWith('List') === true && isObject(value)) {
      objects.push(...listItself(value));
      waiting.push(
        ...itemsOf(value, 'items')
          .slice(0, MAX_OBJECTS + 1)
          .map((item) => ofList(item, kind, value)),
      );
    } else objects.push(value);
    if (objects.length + waiting.length > MAX_OBJECTS) return undefined;
  }
  return objects;
}

/** A list of one kind need not repeat it in its items. */
function ofList(item: JsonValue, kind: string, list: JsonObject): JsonValue {
  if (!isObject(item) || kind === 'List') return item;
  const said = { kind: kind.slice(0, -'List'.length), apiVersion: list['apiVersion'] ?? null };
  return { ...said, ...item };
}

/** A list without items, or with something else in it, is an object that is not understood. */
function listItself(list: JsonObject): JsonValue[] {
  const extra = Object.keys(list).some((name) => !/^(?:apiVersion|kind|metadata|items)$/.test(name));
  return extra || !isArray(member(list, 'items')) ? [null] : [];
}

function classifyObject(object: JsonValue, call: KubernetesCall, verb: Verb): Classification {
  const findings = new Findings();
  const metadata = member(object, 'metadata');
  const kindName = textOf(object, 'kind');
  const apiVersion = textOf(object, 'apiVersion');
  if (kindName === undefined || apiVersion === undefined || !isObject(metadata)) {
    return notUnderstood('a manifest without kind, apiVersion or metadata');
  }
  const kind = kindOf(apiVersion, kindName);
  const name = textOf(metadata, 'name') ?? `${textOf(metadata, 'generateName') ?? '?'}*`;
  const namespace =
    kind?.isNamespaced === false ? '-' : (textOf(metadata, 'namespace') ?? call.namespace ?? 'default');
  const shown = excerpt(`${kindName} ${namespace === '-' ? '' : `${namespace}/`}${name}`);
  findings.touch('object', `${kindName}/${namespace}/${name}`);
  for (const effect of verb.effects) findings.effect(effect, shown);
  if (kind === undefined) {
    if (verb.access !== 'read') findings.unknown(`${shown} of ${excerpt(apiVersion)} is not Kubernetes' own`);
  } else readKind(kind, shown, verb, findings);
  if (verb.access !== 'read' && (isSystem(namespace) || (kindName === 'Namespace' && isSystem(name)))) {
    findings.effect('grant', `${shown} is in a namespace of the cluster itself`);
  }
  if (verb.access !== 'write') return findings.done();

  readSettings(object, shown, findings);
  if (kindName === 'Secret' && textOf(object, 'type') === 'kubernetes.io/service-account-token') {
    findings.effect('grant', `${shown} is a token of an account`);
  }
  for (const rule of itemsOf(object, 'rules')) {
    const isAll = [...itemsOf(rule, 'verbs'), ...itemsOf(rule, 'resources')].some((each) => each === '*');
    if (isAll) findings.effect('grant', `${shown} allows everything of a kind`);
  }
  return findings.done();
}

function isSystem(namespace: string | undefined): boolean {
  return namespace !== undefined && SYSTEM_NAMESPACE.test(namespace);
}
