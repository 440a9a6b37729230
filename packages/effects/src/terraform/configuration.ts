import type { JsonValue } from '@countersign/core';
import { excerpt, type Findings } from '../classification.ts';
import { isObject, itemsOf, member, membersOf, textOf } from '../json-members.ts';

/** Providers published by the makers of Terraform; any other is a program of somebody else's. */
const OFFICIAL = /^(?:registry\.terraform\.io\/hashicorp\/[a-z\d-]+|terraform\.io\/builtin\/terraform)$/;

/** Whoever writes a provider runs their program on the machine that applies the plan. */
export function readProvider(source: string | undefined, findings: Findings): void {
  if (source === undefined || OFFICIAL.test(source)) return;
  const shown = excerpt(source);
  findings.effect('execute', `the provider ${shown} is not one of HashiCorp's`).touch('provider', source);
}

/** What the configuration of a plan runs: provisioners, providers with programs of their own, programs as data. */
export function readConfiguration(configuration: JsonValue | undefined, findings: Findings): void {
  for (const [name, provider] of membersOf(configuration, 'provider_config')) {
    const source = textOf(provider, 'full_name');
    findings.touch('provider', source ?? name);
    readProvider(source ?? 'without a source', findings);
    if (mentions(member(provider, 'expressions'), 'exec')) {
      findings.effect('execute', `provider ${excerpt(name)} runs a program to sign in`);
    }
  }
  readModule(member(configuration, 'root_module'), '', findings);
}

function readModule(module: JsonValue | undefined, path: string, findings: Findings): void {
  for (const resource of itemsOf(module, 'resources')) {
    const address = excerpt(`${path}${textOf(resource, 'address') ?? '?'}`);
    for (const provisioner of itemsOf(resource, 'provisioners')) {
      const type = textOf(provisioner, 'type') ?? 'of no type';
      findings.effect('execute', `${address} has a ${excerpt(type)} provisioner`);
      if (type !== 'local-exec') findings.effect('network', `${address} is connected to by its provisioner`);
    }
    if (textOf(resource, 'mode') === 'data' && textOf(resource, 'type') === 'external') {
      findings.effect('execute', `${address} runs a program`);
    }
  }
  for (const [name, call] of membersOf(module, 'module_calls')) {
    const source = textOf(call, 'source');
    if (source !== undefined) findings.touch('module', source);
    readModule(member(call, 'module'), `${path}module.${name}.`, findings);
  }
}

/** The arguments that the configuration gives to each resource, by its address without indexes. */
export type Written = ReadonlyMap<string, ReadonlySet<string>>;

export function argumentsIn(configuration: JsonValue | undefined): Written {
  const found = new Map<string, Set<string>>();
  addArguments(member(configuration, 'root_module'), '', found);
  return found;
}

function addArguments(module: JsonValue | undefined, path: string, found: Map<string, Set<string>>): void {
  for (const resource of itemsOf(module, 'resources')) {
    const address = `${path}${textOf(resource, 'address') ?? ''}`;
    const names = found.get(address) ?? new Set();
    for (const [name] of membersOf(resource, 'expressions')) names.add(name);
    found.set(address, names);
  }
  for (const [name, call] of membersOf(module, 'module_calls')) {
    addArguments(member(call, 'module'), `${path}module.${name}.`, found);
  }
}

/** `module.a["x"].aws_x.b[0]` is `module.a.aws_x.b` in the configuration. */
export function withoutIndexes(address: string): string {
  return address.replaceAll(/\[(?:\d{1,9}|"(?:[^"\\]|\\.)*")\]/g, '');
}

function mentions(value: JsonValue | undefined, name: string): boolean {
  if (Array.isArray(value)) return value.some((each: JsonValue) => mentions(each, name));
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, item]) => key === name || mentions(item, name));
}
