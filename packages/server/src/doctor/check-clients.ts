import { existsSync } from 'node:fs';
import { visible } from '@countersign/core';
import { keptAgents } from '../agent-key/agent-keys.ts';
import type { ClientFile } from '../connect/plan.ts';
import { findClientFiles } from '../connect/plan.ts';
import { CLIENTS } from '../connect/clients/all.ts';
import type { FoundServer } from '../connect/server-entry.ts';
import type { Machine } from '../machine.ts';
import { counted, ok, warn, wrong, type Finding } from './finding.ts';

/** That the clients which were connected still go through us, with all of their servers. */
export function checkClients(
  machine: Machine,
  folder: string,
  upstreams: readonly string[],
): readonly Finding[] {
  const { files, broken } = findClientFiles(machine, folder, CLIENTS);
  const kept = keptAgents(machine);
  return [
    ...broken.map(({ client, why }) => wrong(client.name, visible(`${why}: mend it`))),
    ...files.flatMap((file) => checkFile(file, kept, upstreams)),
  ];
}

function checkFile(
  { client, file, servers }: ClientFile,
  kept: readonly string[],
  upstreams: readonly string[],
): readonly Finding[] {
  const path = visible(file.path);
  const routed = servers.filter(({ entry }) => entry.kind === 'routed');
  const past = servers.filter(({ entry }) => entry.kind !== 'routed');
  if (routed.length === 0 && past.length === 0) return [];
  if (routed.length === 0)
    return [
      warn(client.name, `${names(past)} in ${path} not through Countersign: run \`countersign connect\``),
    ];
  const broken = routed.flatMap((server) => checkRouted(client.name, server, kept, upstreams));
  const guided = routed.filter(({ entry }) => entry.kind === 'routed' && entry.door.wrapped !== undefined);
  const keyed = routed.filter(
    ({ entry }) => 'env' in entry && entry.env['COUNTERSIGN_API_KEY'] !== undefined,
  );
  return [
    ...(broken.length > 0
      ? broken
      : [ok(client.name, `${counted(routed.length, 'server')} in ${path} through Countersign`)]),
    ...(keyed.length === 0
      ? []
      : [
          warn(
            client.name,
            `${names(keyed)} in ${path} with the agent’s key in clear: take the entry out of there, and connect again`,
          ),
        ]),
    ...(past.length === 0
      ? []
      : [
          warn(client.name, `${names(past)} in ${path} not through Countersign: run \`countersign connect\``),
        ]),
    ...(guided.length === 0
      ? []
      : [
          warn(
            client.name,
            `${names(guided)} guided, not confined: the client could start it without us: \`connect --undo\`, then \`connect --confine\``,
          ),
        ]),
  ];
}

function checkRouted(
  check: string,
  { name, entry }: FoundServer,
  kept: readonly string[],
  upstreams: readonly string[],
): readonly Finding[] {
  if (entry.kind !== 'routed') return [];
  const { needs, agent, server, wrapped } = entry.door;
  const shown = visible(name);
  const missing = needs.find((path) => !existsSync(path));
  if (missing !== undefined)
    return [
      wrong(
        check,
        `${shown} starts ${visible(missing)}, which is not there any more: \`connect --undo\`, then connect again`,
      ),
    ];
  if (agent !== undefined && !kept.includes(agent) && entry.env['COUNTERSIGN_API_KEY'] === undefined)
    return [
      wrong(
        check,
        `${shown} acts as ${visible(agent)}, whose key is not on this machine: \`connect --undo\`, then connect again`,
      ),
    ];
  if (wrapped === undefined && !upstreams.includes(server))
    return [
      wrong(check, `${shown} goes to ${visible(server)}, which is no upstream of the config: add it there`),
    ];
  return [];
}

function names(servers: readonly FoundServer[]): string {
  return servers.map(({ name }) => visible(name)).join(', ');
}
