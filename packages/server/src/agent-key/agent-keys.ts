import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { joinOn, ownFolder, type Machine } from '../machine.ts';
import { findKeychain } from './keychain.ts';

/** What is wrong with a kept key, in one line that says what to do. */
export class AgentKeyError extends Error {
  override readonly name: string = 'AgentKeyError';
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/;
const FOLDER = 'agents';

const record = z.strictObject({
  countersign_agent: z.literal(1),
  /** The agent's id. */
  agent: z.string(),
  /** The authority that made the key, and where it is reached. */
  authority: z.string(),
  url: z.string(),
  /** Where the key is: here, or in the system's keychain under the agent's id. */
  key: z.union([z.strictObject({ file: z.string() }), z.strictObject({ keychain: z.string() })]),
});

type Record = z.output<typeof record>;

/** An agent whose key this machine keeps. */
export interface KeptAgent {
  readonly agent: string;
  readonly authority: string;
  readonly url: string;
}

/** The file that says where an agent's key is. */
export function agentFile(machine: Machine, name: string): string {
  return joinOn(machine, ownFolder(machine), FOLDER, `${name}.json`);
}

/** The names of the agents whose keys this machine keeps. */
export function keptAgents(machine: Machine): readonly string[] {
  const folder = joinOn(machine, ownFolder(machine), FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((file) => (file.endsWith('.json') && NAME.test(file) ? [file.slice(0, -'.json'.length)] : []))
    .sort();
}

/**
 * Keeps a key in the system's keychain, or in a file of the owner's alone where there is none, it refuses or
 * `inFile` says so. Answers where, in words.
 */
export async function keepAgentKey(
  machine: Machine,
  name: string,
  kept: KeptAgent & { readonly api_key: string; readonly inFile: boolean },
): Promise<string> {
  const { agent, authority, url, api_key, inFile } = kept;
  const path = agentFile(machine, name);
  const keychain = inFile ? undefined : findKeychain(machine);
  const inKeychain = (await keychain?.put(agent, api_key)) === true;
  const text: Record = {
    countersign_agent: 1,
    agent,
    authority,
    url,
    key: inKeychain ? { keychain: keychain?.name ?? '' } : { file: api_key },
  };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${JSON.stringify(text, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
  return inKeychain ? (keychain?.name ?? '') : path;
}

/** What is kept of an agent without its key, or undefined. Throws `AgentKeyError`. */
export function keptAgent(machine: Machine, name: string): KeptAgent | undefined {
  if (!NAME.test(name)) throw new AgentKeyError(`\`${name}\` is no agent’s name`);
  const read = readRecord(machine, name);
  return read && { agent: read.agent, authority: read.authority, url: read.url };
}

/** An agent's key, wherever it is. Throws `AgentKeyError`. */
export async function readAgentKey(
  machine: Machine,
  name: string,
): Promise<KeptAgent & { readonly api_key: string }> {
  if (!NAME.test(name)) throw new AgentKeyError(`\`${name}\` is no agent’s name`);
  const read = readRecord(machine, name);
  if (read === undefined) {
    throw new AgentKeyError(
      `no key of agent \`${name}\` is on this machine: run \`countersign connect\`, or set COUNTERSIGN_API_KEY`,
    );
  }
  const { key, ...kept } = read;
  const api_key = 'file' in key ? key.file : await findKeychain(machine)?.get(kept.agent);
  if (api_key === undefined) {
    throw new AgentKeyError(
      `the key of agent \`${name}\` is not to be had from ${'keychain' in key ? key.keychain : 'its file'}: unlock it, or delete ${agentFile(machine, name)} and run \`countersign connect\` again`,
    );
  }
  return { ...kept, api_key };
}

function readRecord(machine: Machine, name: string): Record | undefined {
  const path = agentFile(machine, name);
  let text: string;
  try {
    const { mode, uid } = lstatSync(path);
    // As ssh does: a key that others can read is not the agent's alone, whoever made it so.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new AgentKeyError(
        `${path} can be read by others: chmod 600 it, and make a new key if they may have`,
      );
    if (process.getuid !== undefined && uid !== process.getuid() && process.getuid() !== 0)
      throw new AgentKeyError(`${path} belongs to another user: run this as that user`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof AgentKeyError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new AgentKeyError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  try {
    return record.parse(JSON.parse(text));
  } catch {
    throw new AgentKeyError(
      `${path} is not an agent’s file: delete it and run \`countersign connect\` again`,
    );
  }
}
