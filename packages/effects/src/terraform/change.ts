import { jsonEqual, type JsonValue } from '@countersign/core';
import { excerpt, Findings, type Classification } from '../classification.ts';
import { isArray, isObject, itemsOf, member, textOf } from '../json-members.ts';
import { classifyKubernetes } from '../kubernetes/kubernetes.ts';
import { readProvider } from './configuration.ts';
import { remarksOn, undecided } from './openness.ts';
import { effectsOfData, effectsOfType, GUARDS, SIZES } from './types.ts';

const MAX_TYPE = 200;

/** What Terraform may do to one resource. */
const ACTIONS: ReadonlySet<string> = new Set([
  'no-op',
  'read',
  'create',
  'update',
  'delete',
  'delete,create',
  'create,delete',
  'forget',
  'create,forget',
]);

/** What one element of `resource_changes` does. */
export function classifyChange(change: JsonValue): Classification {
  const findings = new Findings();
  const address = textOf(change, 'address');
  const type = textOf(change, 'type');
  const actions = actionsOf(member(change, 'change'));
  if (address === undefined || type === undefined || actions === undefined) {
    return findings.unknown(`a resource change that says not what it does: ${excerpt(address ?? '')}`).done();
  }
  findings.touch('resource', address);
  const shown = excerpt(address);
  readState(change, address, shown, findings);
  if (actions === 'no-op') return findings.effect('read', `${shown} stays as it is`).done();
  readProvider(textOf(change, 'provider_name') ?? 'without a source', findings);
  if (type.length > MAX_TYPE) {
    return findings.unknown(`${shown} of a type that is none: ${excerpt(type)}`).done();
  }
  const mode = textOf(change, 'mode');
  if (mode === 'data') readData(type, actions, shown, findings);
  else if (mode === 'managed') readManaged(change, type, actions, shown, findings);
  else findings.unknown(`${shown}, which is neither resource nor data`);
  return findings.done();
}

/** What happens to one element of `output_changes`. */
export function classifyOutput(name: string, change: JsonValue): Classification {
  const findings = new Findings();
  const shown = `output ${excerpt(name)}`;
  const actions = actionsOf(change);
  findings.touch('output', name);
  if (actions === undefined) findings.unknown(`${shown} says not what it does`);
  else if (actions === 'no-op') findings.effect('read', `${shown} stays as it is`);
  else findings.effect('update', shown);
  if (actions !== 'no-op' && member(change, 'after_sensitive') === true) {
    findings.effect('secret', `${shown} is sensitive`);
  }
  return findings.done();
}

/** The actions in one text; undefined when they are none of Terraform's. */
function actionsOf(change: JsonValue | undefined): string | undefined {
  const items = itemsOf(change, 'actions');
  const actions = items.filter((each) => typeof each === 'string').join(',');
  return items.every((each) => typeof each === 'string') && ACTIONS.has(actions) ? actions : undefined;
}

/** What happens to the state of Terraform alone. */
function readState(change: JsonValue, address: string, shown: string, findings: Findings): void {
  const before = textOf(change, 'previous_address');
  if (before !== undefined && before !== address) {
    findings.effect('update', `${shown} was ${excerpt(before)} so far`).touch('resource', before);
  }
  const importing = member(member(change, 'change'), 'importing');
  if (importing !== undefined && importing !== null) {
    findings.effect('update', `${shown} takes over something that exists already`);
  }
}

function readData(type: string, actions: string, shown: string, findings: Findings): void {
  if (actions !== 'read') findings.unknown(`data that is changed: ${shown}`);
  for (const effect of effectsOfData(type)) findings.effect(effect, shown);
  if (effectsOfData(type).includes('network')) findings.outward(`${shown} asks another host`);
}

function readManaged(
  change: JsonValue,
  type: string,
  actions: string,
  shown: string,
  findings: Findings,
): void {
  const made = actions.includes('create');
  if (actions === 'delete,create' || actions === 'create,delete') {
    findings.effect('delete', `${shown} is replaced`).effect('create', `${shown} is replaced`);
  } else {
    if (made) findings.effect('create', shown);
    if (actions === 'update') findings.effect('update', shown);
    if (actions === 'delete') findings.effect('delete', shown);
    if (actions === 'read') findings.effect('read', shown);
  }
  if (actions.includes('forget')) findings.effect('update', `${shown} is no longer managed, but stays`);
  if (actions === 'forget') return;
  readType(change, type, actions, shown, findings);
  if (actions !== 'delete') readValues(change, type, shown, findings);
}

function readType(change: JsonValue, type: string, actions: string, shown: string, findings: Findings): void {
  const values = member(change, 'change');
  const made = actions.includes('create');
  for (const effect of effectsOfType(type)) {
    if (effect === 'spend' && !made && !isResized(member(values, 'before'), member(values, 'after')))
      continue;
    if (effect === 'execute' && actions === 'delete') continue;
    findings.effect(effect, shown);
  }
  if (actions.includes('delete') && GUARDS.test(`_${type}`)) {
    findings.effect('grant', `without ${shown} more is allowed`);
  }
  readManifests(member(values, 'after'), actions, findings);
  if (type === 'helm_release' && actions !== 'delete') {
    findings.unknown(`${shown} installs a chart whose objects the plan does not show`);
  }
}

/** An object of Kubernetes in a resource does what it does when it is applied by itself. */
function readManifests(after: JsonValue | undefined, actions: string, findings: Findings): void {
  if (actions === 'delete') return;
  const verb = actions === 'update' ? 'update' : 'create';
  for (const name of ['manifest', 'yaml_body']) {
    const manifest = member(after, name);
    if (manifest === undefined || manifest === null) continue;
    findings.include(classifyKubernetes({ verb, manifest }));
  }
}

function readValues(change: JsonValue, type: string, shown: string, findings: Findings): void {
  const values = member(change, 'change');
  const after = member(values, 'after');
  if (!isObject(after)) {
    findings.unknown(`${shown}, whose values are not in the plan`);
    return;
  }
  for (const { effect, why, outward } of remarksOn(type, after)) {
    findings.effect(effect, `${shown}: ${why}`);
    if (outward) findings.outward(`${shown}: ${why}`);
  }
  for (const name of new Set(undecided(member(values, 'after_unknown')))) {
    findings.unknown(`${excerpt(name)} of ${shown} is known only afterwards`);
  }
}

/** Whether an attribute that costs money has another value, or is new. */
function isResized(before: JsonValue | undefined, after: JsonValue | undefined): boolean {
  if (isArray(after)) {
    return after.some((item, index) => isResized(isArray(before) ? before[index] : undefined, item));
  }
  if (!isObject(after)) return false;
  return Object.entries(after).some(([name, value]) => {
    const old = member(before, name);
    return SIZES.has(name) ? old === undefined || !jsonEqual(old, value) : isResized(old, value);
  });
}
