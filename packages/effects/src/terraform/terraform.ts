import { parseJson, type JsonValue } from '@countersign/core';
import { excerpt, Findings, understand, type Classification } from '../classification.ts';
import { isObject, itemsOf, member, membersOf, textOf } from '../json-members.ts';
import { classifyChange, classifyOutput } from './change.ts';
import { argumentsIn, readConfiguration } from './configuration.ts';
import { includeRiskiestFirst } from '../riskiest-first.ts';

/** What a plan has at its top. Whatever a later Terraform adds may say that more is done. */
const KNOWN: ReadonlySet<string> = new Set([
  'format_version',
  'terraform_version',
  'variables',
  'planned_values',
  'resource_changes',
  'resource_drift',
  'relevant_attributes',
  'output_changes',
  'prior_state',
  'configuration',
  'checks',
  'timestamp',
  'applyable',
  'complete',
  'errored',
  'deferred_changes',
  'deferred_action_invocations',
  'action_invocations',
]);

/** Longer lists are not read to the end, and so are not understood: nobody consents to so many changes. */
const MAX_ITEMS = 2000;

/**
 * What applying a plan does, from `terraform show -json` of format 1. Reasons name resources and attributes, never
 * values. It says nothing of what the provisioners, charts and modules of a plan do when they run.
 */
export function classifyTerraformPlan(plan: JsonValue): Classification {
  // A plan is longer than any one command; the parser of JSON has its own limit.
  return understand('', 'Terraform plan', (findings) => {
    const document = typeof plan === 'string' ? parseJson(plan) : plan;
    if (!/^1\.\d+$/.test(textOf(document, 'format_version') ?? '')) {
      findings.unknown('a Terraform plan of a format that is not 1');
    }
    readPlan(document, findings);
  });
}

function readPlan(plan: JsonValue, findings: Findings): void {
  const names = isObject(plan) ? Object.keys(plan) : [];
  for (const name of names.filter((each) => !KNOWN.has(each))) {
    findings.unknown(`a plan with "${excerpt(name)}"`);
  }
  for (const name of ['resource_changes', 'resource_drift', 'deferred_changes', 'action_invocations']) {
    const value = member(plan, name);
    if (value !== undefined && !Array.isArray(value)) findings.unknown(`${name} that is no list`);
  }
  for (const name of ['output_changes', 'configuration']) {
    const value = member(plan, name);
    if (value !== undefined && !isObject(value)) findings.unknown(`${name} that is no object`);
  }
  const errored = member(plan, 'errored') ?? false;
  if (errored !== false) findings.unknown('a plan that ended in an error');
  if ((member(plan, 'complete') ?? true) !== true) findings.unknown('a plan that is not complete');
  for (const name of ['deferred_changes', 'deferred_action_invocations']) {
    const value = member(plan, name) ?? [];
    if (!Array.isArray(value) || value.length > 0) findings.unknown(`${name}, which come later`);
  }
  const changes = first(itemsOf(plan, 'resource_changes'), findings);
  const configuration = new Findings().effect('read', 'the configuration');
  readConfiguration(member(plan, 'configuration'), configuration);
  const written = argumentsIn(member(plan, 'configuration'));
  includeRiskiestFirst(findings, [
    configuration.done(),
    ...changes.map((change) => classifyChange(change, written)),
    ...first(membersOf(plan, 'output_changes'), findings).map(([name, change]) =>
      classifyOutput(name, change),
    ),
  ]);
  for (const action of first(itemsOf(plan, 'action_invocations'), findings)) {
    findings.effect('execute', `action ${excerpt(textOf(action, 'address') ?? '?')}`);
  }
  for (const drift of first(itemsOf(plan, 'resource_drift'), findings)) {
    findings.effect(
      'update',
      `takes over a change made outside of ${excerpt(textOf(drift, 'address') ?? '?')}`,
    );
  }
  findings.effect('read', `a plan of ${changes.length} resources`);
}

function first<T>(items: readonly T[], findings: Findings): readonly T[] {
  if (items.length > MAX_ITEMS) findings.unknown(`a plan with ${items.length} changes of one kind`);
  return items.slice(0, MAX_ITEMS);
}
