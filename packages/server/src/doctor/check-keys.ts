import { AgentKeyError, keptAgents, readAgentKey } from '../agent-key/agent-keys.ts';
import type { Machine } from '../machine.ts';
import type { Agent } from '../principal/port.ts';
import { ok, warn, wrong, type Finding } from './finding.ts';

const TIMEOUT_MS = 4000;

/** That each key which this machine keeps is found, for nobody else to read, and taken by its authority. */
export async function checkKeys(
  machine: Machine,
  publicUrl: string,
  agents: readonly Agent[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const name of keptAgents(machine)) {
    const check = `key ${name}`;
    try {
      const { url, api_key, agent, authority } = await readAgentKey(machine, name);
      if (url !== publicUrl && agents.some(({ id }) => id === agent)) {
        const text = `asks at ${url}, and public_url is ${publicUrl}: run \`countersign connect\` again`;
        found.push(wrong(check, text));
      } else found.push(await tried(check, url, api_key, authority));
      if (agents.some(({ id, status }) => id === agent && status === 'suspended'))
        found.push(
          warn(check, `its agent is suspended: \`countersign agent resume ${name}\` lets it act again`),
        );
    } catch (error) {
      if (!(error instanceof AgentKeyError)) throw error;
      found.push(wrong(check, error.message));
    }
  }
  return found;
}

async function tried(check: string, url: string, key: string, authority: string): Promise<Finding> {
  try {
    const answer = await fetch(`${url}/access/v1/credential`, {
      headers: { authorization: `Bearer ${key}` },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const holder = (await answer.json()) as { readonly authority?: string };
    if (answer.status === 200 && holder.authority === authority) return ok(check, `works at ${url}`);
    return wrong(check, `${url} does not know it: delete its file, then run \`countersign connect\` again`);
  } catch {
    return wrong(check, `cannot be tried, nothing answers at ${url}: start \`countersign serve\``);
  }
}
