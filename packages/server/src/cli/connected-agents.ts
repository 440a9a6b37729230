import { existsSync } from 'node:fs';
import { isCancel, text } from '@clack/prompts';
import { keepAgentKey, keptAgent, keptAgents, readAgentKey } from '../agent-key/agent-keys.ts';
import { thisMachine } from '../machine.ts';
import { Failure, UsageError, type Typed } from './command.ts';
import { dataFolder, withAdmin } from './site.ts';

/** An agent and where its key is now. */
export interface Kept {
  readonly client: string;
  readonly agent: string;
  readonly key_in: string;
}

/** One agent for each client, so that the log says which of them asked. */
export interface ConnectedAgents {
  nameFor(client: string): string;
  /** Makes those that are not there yet, and keeps their keys. Throws `ConsentError`, `Failure`, `UsageError`. */
  make(clients: readonly string[]): Promise<readonly Kept[]>;
  /** Those whose keys say another place to ask, and now say this one. */
  refresh(): Promise<readonly string[]>;
}

/**
 * A client’s agent has the client’s name. Where this machine has no key of an agent of that name it is
 * somebody else’s, and where the key is another authority’s it is of no use here: then there is a number after it.
 */
export async function findConnectedAgents(typed: Typed, url: string): Promise<ConnectedAgents> {
  const machine = thisMachine();
  const { authority, agents } = await known(typed);
  const names = new Map<string, string>();

  function isOurs(name: string): boolean {
    const kept = keptAgent(machine, name);
    return kept?.authority === authority && agents.some(({ id }) => id === kept?.agent);
  }

  function nameFor(client: string): string {
    for (let count = 1; ; count++) {
      const name = count === 1 ? client : `${client}-${count}`;
      const isFree = keptAgent(machine, name) === undefined && !agents.some((agent) => agent.name === name);
      if (!isFree && !isOurs(name)) continue;
      names.set(client, name);
      return name;
    }
  }

  return {
    async refresh() {
      const moved = keptAgents(machine).filter(
        (name) => isOurs(name) && keptAgent(machine, name)?.url !== url,
      );
      for (const name of moved) {
        const inFile = typed.flag('key-file');
        await keepAgentKey(machine, name, { ...(await readAgentKey(machine, name)), url, inFile });
      }
      return moved;
    },

    nameFor: (client) => names.get(client) ?? nameFor(client),

    async make(clients) {
      const named = clients.map((client) => ({ client, agent: names.get(client) ?? nameFor(client) }));
      const missing = named.filter(({ agent }) => !isOurs(agent));
      const inFile = typed.flag('key-file');
      if (missing.length === 0) return [];
      const owner = await ownerOf(typed);
      return await withAdmin(typed, async (admin) => {
        const { id } = await admin.call('authority', {});
        const kept: Kept[] = [];
        for (const { client, agent: name } of missing) {
          const { agent, api_key } = await admin.call('agent/add', { name, owner });
          const how = { agent: agent.id, authority: id, url, api_key, inFile };
          kept.push({ client, agent: name, key_in: await keepAgentKey(machine, name, how) });
        }
        return kept;
      });
    },
  };
}

/** What the authority knows. Looking makes no data folder where there is none. */
async function known(typed: Typed) {
  if (!existsSync(dataFolder(typed))) return { authority: undefined, agents: [] };
  return await withAdmin(typed, async (admin) => ({
    authority: (await admin.call('authority', {})).id,
    agents: await admin.call('agent/list', {}),
  }));
}

async function ownerOf(typed: Typed): Promise<string> {
  const given = typed.text('owner');
  if (given !== undefined) return given;
  if (!process.stdin.isTTY || typed.flag('json')) throw new UsageError('--owner is missing');
  const answer = await text({
    message: 'Who answers for these agents? (an e-mail address)',
    output: process.stderr,
  });
  if (isCancel(answer) || answer.trim() === '') throw new Failure('nothing was written');
  return answer.trim();
}
