import { createClient, whoseKey } from '@countersign/client';
import { milliseconds } from '../../config/config-file.ts';
import { runStdioGateway } from '../../gateway/stdio-door.ts';
import { Failure, UsageError, type Command } from '../command.ts';

const DEFAULT_HOLD = '50s';

export const mcp: Command = {
  usage: 'mcp --server NAME [--hold 50s] -- COMMAND...',
  summary: 'Stand in front of an MCP server over stdio, asking the authority at COUNTERSIGN_URL',
  options: { server: { type: 'string' }, hold: { type: 'string' } },
  takes: [0, 0],
  takesCommand: true,
  async run(typed) {
    const name = typed.required('server');
    if (!/^[a-z0-9-]{1,64}$/.test(name)) throw new UsageError('--server is lower case letters, digits and -');
    const holdMs = milliseconds(typed.text('hold') ?? DEFAULT_HOLD);
    if (holdMs === undefined) throw new UsageError('--hold is a duration like 50s');
    const connection = { url: required('COUNTERSIGN_URL'), token: required('COUNTERSIGN_API_KEY') };
    const holder = await whoseKey(connection);
    if (holder.kind !== 'agent') throw new Failure('COUNTERSIGN_API_KEY is not an agent’s own key');

    const [command = '', ...args] = typed.rest;
    const stopped = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.abort());
    await runStdioGateway({
      server: { name, command, args, env: inherited(), cwd: process.cwd() },
      port: createClient(connection),
      agentId: holder.id,
      issuer: holder.authority,
      holdMs,
      stdin: process.stdin,
      stdout: process.stdout,
      complain: (text) => process.stderr.write(`countersign: ${text}\n`),
      overheard: (text) => process.stderr.write(text),
      signal: stopped.signal,
    });
    // Standard input may still be open, and nothing reads it any more.
    process.stdin.destroy();
  },
};

/** The server runs as it would without us: with its host's environment, but not with our key. */
function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('COUNTERSIGN_') ? [] : [[name, value]],
    ),
  );
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Failure(`${name} is not set in the environment`);
  return value;
}
