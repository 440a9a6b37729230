import { jsonEqual, type JsonValue } from '@countersign/core';
import { excerpt, Findings, type Classification } from '../classification.ts';
import { isArray, isObject, itemsOf, member, textOf } from '../json-members.ts';
import { classifyKubernetes } from '../kubernetes/kubernetes.ts';
import { readSettings } from '../kubernetes/pods.ts';
import { readProvider, withoutIndexes, type Written } from './configuration.ts';
import { remarksOn } from './openness.ts';
import { effectsOfData, effectsOfType, GUARDS, SIZES } from './types.ts';
import { hasTrue, undecided } from './undecided.ts';

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
export function classifyChange(change: JsonValue, written: Written): Classification {
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
  else if (mode === 'managed') readManaged(change, type, actions, written, findings);
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
  // Of what was sensitive and no longer is, everybody may see the value.
  const marks = [member(change, 'before_sensitive'), member(change, 'after_sensitive')];
  if (actions !== 'no-op' && marks.some((mark) => mark !== undefined && hasTrue(mark))) {
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
  written: Written,
  findings: Findings,
): void {
  const address = textOf(change, 'address') ?? '';
  const shown = excerpt(address);
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
  if (actions !== 'delete') readValues(change, type, written.get(withoutIndexes(address)), findings);
}

function readType(change: JsonValue, type: string, actions: string, shown: string, findings: Findings): void {
  const values = member(change, 'change');
  const made = actions.includes('create');
  for (const effect of effectsOfType(type)) {
    if (effect === 'spend' && !made && !isResized(member(values, 'before'), member(values, 'after')))
      continue;
    if (/^(?:execute|export)$/.test(effect) && actions === 'delete') continue;
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

/** Members as Kubernetes names them: Terraform puts `_` between the words, and has what is not set as null or false. */
function asKubernetes(value: JsonValue): JsonValue {
  if (isArray(value)) return value.map(asKubernetes);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null && item !== false)
      .map(([name, item]) => [name.replaceAll('_', ''), asKubernetes(item)]),
  );
}

function readValues(
  change: JsonValue,
  type: string,
  written: ReadonlySet<string> | undefined,
  findings: Findings,
): void {
  const shown = excerpt(textOf(change, 'address') ?? '');
  const values = member(change, 'change');
  const after = member(values, 'after');
  if (!isObject(after)) {
    findings.unknown(`${shown}, whose values are not in the plan`);
    return;
  }
  const { unknown, remarks } = undecided(member(values, 'after_unknown'), written);
  for (const { effect, why, outward } of [...remarksOn(type, after), ...remarks]) {
    findings.effect(effect, `${shown}: ${why}`);
    if (outward) findings.outward(`${shown}: ${why}`);
  }
  if (/^kubernetes_(?!manifest)/.test(type)) readSettings(asKubernetes(after), shown, findings);
  if (/^kubernetes_ingress(?:_v1)?$/.test(type)) findings.outward(`${shown} is reached from outside`);
  for (const name of unknown) findings.unknown(`${excerpt(name)} of ${shown} is known only afterwards`);
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
