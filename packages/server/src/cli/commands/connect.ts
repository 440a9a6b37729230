import { confirm, isCancel } from '@clack/prompts';
import { visible } from '@countersign/core';
import { CLIENTS } from '../../connect/clients/all.ts';
import type { ClientDescription } from '../../connect/client.ts';
import { launcherFor } from '../../connect/door-command.ts';
import { readSnapshot } from '../../connect/file-snapshot.ts';
import { applyChanges } from '../../connect/journal.ts';
import {
  findClientFiles,
  planConnection,
  projectFolder,
  type ClientFile,
  type Plan,
} from '../../connect/plan.ts';
import { BrokenText } from '../../connect/text/config-text.ts';
import { thisMachine } from '../../machine.ts';
import { Failure, SITE_OPTIONS, UsageError, type Command, type Typed } from '../command.ts';
import { print, printJson } from '../output.ts';
import { findConnectedAgents, type ConnectedAgents } from '../connected-agents.ts';
import { CONFIG_FILE, findSite, WITHOUT_SECRETS } from '../site.ts';
import { counted, tellDone, tellPlan } from '../told-plan.ts';
import { undoConnection } from '../undone.ts';

export const connect: Command = {
  usage:
    'connect [--owner EMAIL] [--client NAME]... [--confine] [--dry-run] [--yes] [--key-file] | connect --undo [--force | --entries]',
  summary:
    'Route the MCP servers of the clients on this machine through the gateway, after showing what would change',
  options: {
    ...SITE_OPTIONS,
    owner: { type: 'string' },
    client: { type: 'string', multiple: true },
    confine: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    yes: { type: 'boolean' },
    'key-file': { type: 'boolean' },
    undo: { type: 'boolean' },
    force: { type: 'boolean' },
    entries: { type: 'boolean' },
  },
  takes: [0, 0],
  async run(typed) {
    const machine = thisMachine();
    if (typed.flag('undo')) return undoConnection(machine, typed);
    if (typed.flag('force') || typed.flag('entries'))
      throw new UsageError('--force and --entries go with --undo');
    const { files, broken } = findClientFiles(machine, projectFolder(process.cwd()), chosen(typed));
    const { config } = findSite(typed, WITHOUT_SECRETS);
    const gateway = config.public_url ?? 'http://localhost:7300';
    const agents = await findConnectedAgents(typed, gateway);
    const plan = planned(typed, files, gateway, agents);
    if (!typed.flag('json')) tellPlan(plan, files);
    for (const { why } of broken) process.stderr.write(`countersign: skipped: ${visible(why)}\n`);
    const moved = typed.flag('dry-run') ? [] : await agents.refresh();
    if (!typed.flag('json')) for (const name of moved) print(`Agent ${name} asks at ${gateway} now.`);
    const written = plan.changes.length > 0 && !typed.flag('dry-run') && (await agreed(typed));
    const clients = new Set(plan.changes.flatMap(({ client }) => client ?? []));
    const kept = written ? await agents.make([...clients]) : [];
    if (written) applyChanges(machine, plan.changes, new Date());
    if (typed.flag('json')) {
      printJson({
        written,
        files: plan.changes.map(({ file }) => file.path),
        servers: plan.servers.map(({ in: { client, file }, name, route }) => ({
          client: client.name,
          file: file.path,
          name,
          became: route.kind,
          ...('as' in route ? { as: route.as } : { why: route.why }),
        })),
        agents: kept,
        skipped: broken.map(({ why }) => why),
      });
    } else if (written) tellDone(plan, kept);
    if (broken.length > 0)
      throw new Failure(`${counted(broken.length, 'file')} could not be read: mend it, then connect again`);
  },
};

function chosen(typed: Typed): readonly ClientDescription[] {
  const names = typed.texts('client');
  const known = CLIENTS.map(({ name }) => name);
  const unknown = names.find((name) => !known.some((each) => each === name));
  if (unknown !== undefined) throw new UsageError(`--client is one of ${known.join(', ')}`);
  return names.length === 0 ? CLIENTS : CLIENTS.filter(({ name }) => names.includes(name));
}

function planned(typed: Typed, files: readonly ClientFile[], gateway: string, agents: ConnectedAgents): Plan {
  const path = typed.text('config') ?? CONFIG_FILE;
  try {
    return planConnection({
      files,
      config: readSnapshot(path),
      gateway,
      agentOf: ({ name }) => agents.nameFor(name),
      launcherFor: (startedFrom) => launcherFor(startedFrom, thisMachine()),
      confine: typed.flag('confine'),
    });
  } catch (error) {
    if (error instanceof BrokenText) throw new Failure(`${path}:${error.message}`, { cause: error });
    throw error;
  }
}

async function agreed(typed: Typed): Promise<boolean> {
  if (typed.flag('yes')) return true;
  if (!process.stdin.isTTY || typed.flag('json'))
    throw new Failure('no terminal to ask on: nothing was written; look with --dry-run, then say --yes');
  const yes = await confirm({ message: 'Write this?', initialValue: false, output: process.stderr });
  if (isCancel(yes) || !yes) throw new Failure('nothing was written');
  return true;
}
