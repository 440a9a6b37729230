import { visible } from '@countersign/core';
import { CLIENTS } from '../connect/clients/all.ts';
import type { ClientFile, Plan } from '../connect/plan.ts';
import type { Route } from '../connect/route.ts';
import type { Kept } from './connected-agents.ts';
import { print, printTable } from './output.ts';

/** What would change, and what becomes of each server. */
export function tellPlan({ changes, diffs, servers }: Plan, files: readonly ClientFile[]): void {
  if (files.length === 0)
    return print(`No config of ${CLIENTS.map(({ title }) => title).join(', ')} is here.`);
  if (servers.length === 0)
    return print('No MCP servers in:', ...files.map(({ file }) => `  ${visible(file.path)}`));
  for (const diff of diffs) print(diff);
  printTable(servers.map(({ in: { client }, name, route }) => [client.title, name, became(route)]));
  print('');
  if (servers.some(({ route }) => route.kind === 'guided')) {
    print(
      'Guided servers are still started by their client, which could start them without us: a guide, not a wall.',
      'With --confine they move to the gateway, and their credentials with them.',
    );
  }
  const shared = files.filter(
    ({ file, ofProject }) => ofProject && servers.some((each) => each.in.file === file),
  );
  for (const { file } of shared)
    print(`${visible(file.path)} belongs to the project: others may use it, too.`);
  for (const { name, title, beforehand } of CLIENTS) {
    if (beforehand !== undefined && changes.some(({ client }) => client === name))
      print(`${title}: ${beforehand}`);
  }
  if (diffs.length === 0) print('Nothing to change: what can be routed is routed already.');
}

/** What is left to do by hand. */
export function tellDone({ changes, servers }: Plan, kept: readonly Kept[]): void {
  for (const { agent, key_in } of kept) print(`Agent ${agent}: its key is in ${key_in}`);
  const confined = servers.flatMap(({ route }) => (route.kind === 'confined' ? [route] : []));
  const variables = [...new Set(confined.flatMap((route) => route.variables))].sort();
  print(
    `Written: ${counted(changes.length, 'file')}. \`countersign connect --undo\` takes it back.`,
    '',
    'Next:',
  );
  if (variables.length > 0)
    print(`  set ${variables.join(', ')} in the environment of \`countersign serve\``);
  if (confined.length > 0) print('  start `countersign serve` again: it has new upstreams');
  const bare = confined.filter(({ upstream }) => 'url' in upstream && upstream.headers === undefined);
  for (const { as } of bare)
    print(`  if ${as} asks whoever calls it to sign in, give its token as a header in countersign.yaml`);
  for (const { title, name, restart } of CLIENTS) {
    if (changes.some(({ client }) => client === name)) print(`  ${title}: ${restart}`);
  }
  print('  check it all with `countersign doctor`');
}

export function counted(count: number, thing: string): string {
  return count === 1 ? `one ${thing}` : `${count} ${thing}s`;
}

function became(route: Route): string {
  switch (route.kind) {
    case 'guided':
      return `guided as ${route.as}`;
    case 'confined':
      return `confined: upstream ${route.as}`;
    case 'routed':
      return `already goes through as ${route.as}`;
    case 'left':
      return `left alone: ${route.why}`;
  }
}
