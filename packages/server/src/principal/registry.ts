import { ConsentError } from '@countersign/core';
import type { Registry } from '../faces.ts';
import type { AuthorityParts } from '../parts.ts';
import { newApiKey, secretHash } from './api-key.ts';
import { normaliseEmail } from './email.ts';
import { newId } from './ids.ts';
import type { Agent } from './port.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;

/** Agents and PEPs. */
export function createRegistry(parts: AuthorityParts): Registry {
  const { principals } = parts;

  async function agent(idOrName: string): Promise<Agent> {
    const found = (await principals.agent(idOrName)) ?? (await principals.agentByName(idOrName));
    if (found === undefined) throw new ConsentError('not_found', 'no agent has that name or id');
    return found;
  }

  return {
    agent,
    agents: () => principals.agents(),

    async addAgent({ name, owner_email }) {
      const api_key = newApiKey(parts, 'agent');
      const added = await principals.addAgent({
        id: newId(parts, 'agt'),
        name: checkedName(name),
        owner_email: normaliseEmail(owner_email),
        new_person_id: newId(parts, 'prs'),
        key_hash: secretHash(api_key),
        now: parts.clock(),
      });
      if (added === 'taken') throw new ConsentError('conflict', 'an agent has that name already');
      return { agent: added, api_key };
    },

    async setAgentStatus(idOrName, status) {
      const { id } = await agent(idOrName);
      const changed = await principals.setAgentStatus(id, status);
      if (changed === undefined) throw new ConsentError('not_found', 'no agent has that name or id');
      parts.events.tell({ kind: 'agent', id, status });
      return changed;
    },

    async addPep({ name, agents, explains = false }) {
      const api_key = newApiKey(parts, 'pep');
      const limits =
        agents === null ? null : await Promise.all(agents.map(async (each) => (await agent(each)).id));
      const pep = await principals.addPep({
        id: newId(parts, 'pep'),
        name: checkedName(name),
        status: 'active',
        agents: limits,
        explains,
        created_at: parts.clock(),
        key_hash: secretHash(api_key),
      });
      if (pep === 'taken') throw new ConsentError('conflict', 'a pep has that name already');
      return { pep, api_key };
    },

    async revokePep(id) {
      if (!(await principals.revokePep(id))) throw new ConsentError('not_found', 'no active pep has that id');
    },
  };
}

function checkedName(name: string): string {
  if (!NAME.test(name)) {
    throw new ConsentError(
      'invalid_request',
      'a name is 1 to 63 letters, digits, dots, underscores and hyphens',
    );
  }
  return name;
}
