import { milliseconds } from '../../config/duration.ts';
import { joinOn, ownFolder, thisMachine } from '../../machine.ts';
import { Failure, UsageError, type Command, type Typed } from '../command.ts';

const DEFAULT_HOLD = '50s';

export const mcp: Command = {
  usage: 'mcp --server NAME | --all [--agent AGENT] [--hold 50s] [--tools-list whole] [-- COMMAND...]',
  summary:
    'Stand in front of an MCP server that COMMAND starts, or without one pass messages to the gateway at /mcp/NAME, or at /mcp for all',
  options: {
    server: { type: 'string' },
    all: { type: 'boolean' },
    agent: { type: 'string' },
    hold: { type: 'string' },
    'tools-list': { type: 'string' },
  },
  takes: [0, 0],
  takesCommand: true,
  async run(typed) {
    const all = typed.flag('all');
    if (all && (typed.text('server') !== undefined || typed.rest.length > 0))
      throw new UsageError('--all is every upstream of the gateway: without --server and COMMAND');
    const name = all ? '' : typed.required('server');
    if (!all && !/^[a-z0-9-]{1,64}$/.test(name))
      throw new UsageError('--server is lower case letters, digits and -');
    const holdMs = milliseconds(typed.text('hold') ?? DEFAULT_HOLD);
    if (holdMs === undefined) throw new UsageError('--hold is a duration like 50s');
    const toolsList = typed.text('tools-list') ?? 'filtered';
    if (toolsList !== 'filtered' && toolsList !== 'whole')
      throw new UsageError('--tools-list is filtered or whole');
    const connection = await connectionOf(typed);
    const stopped = new AbortController();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped.abort());
    const streams = {
      stdin: process.stdin,
      stdout: process.stdout,
      complain: (text: string) => void process.stderr.write(`countersign: ${text}\n`),
      signal: stopped.signal,
    };
    const [command, ...args] = typed.rest;
    if (command === undefined) {
      const { runStdioBridge } = await import('../../gateway/stdio-bridge.ts');
      const url = `${connection.url.replace(/\/$/, '')}/mcp${all ? '' : `/${name}`}`;
      await runStdioBridge({ url, key: connection.token, ...streams });
    } else {
      const server = { name, command, args, env: inherited(), cwd: process.cwd() };
      const overheard = (text: string): void => void process.stderr.write(text);
      // It starts while the rest of us is loaded and the authority says whose key this is.
      const { EarlyServer } = await import('../../gateway/early-server.ts');
      const early = new EarlyServer(server, overheard);
      try {
        const [{ port, holder }, { runStdioGateway }] = await Promise.all([
          portOf(connection),
          import('../../gateway/stdio-door.ts'),
        ]);
        const end = await runStdioGateway({
          server,
          connect: early.open,
          port,
          agentId: holder.id,
          issuer: holder.authority,
          holdMs,
          toolsList,
          openParked: async () => {
            const { openParkedFile } = await import('../../stores/sqlite/parked-file.ts');
            const machine = thisMachine();
            return openParkedFile(joinOn(machine, ownFolder(machine), 'parked', `${holder.id}-${name}.db`));
          },
          overheard,
          ...streams,
        });
        if (end.kind === 'died') process.exitCode = end.code ?? 1;
      } finally {
        await early.close();
      }
    }
    // Standard input may still be open, and nothing reads it any more.
    process.stdin.destroy();
  },
};

/** Whose key it is, and what speaks to the authority with it. */
async function portOf(connection: Connection) {
  const [{ createClient, whoseKey }, { authorityFetch }] = await Promise.all([
    import('@countersign/client'),
    import('../../gateway/authority-fetch.ts'),
  ]);
  const authority = { ...connection, fetch: authorityFetch() };
  const holder = await whoseKey(authority);
  if (holder.kind !== 'agent') throw new Failure('COUNTERSIGN_API_KEY is not an agent’s own key');
  return { port: createClient(authority), holder };
}

interface Connection {
  readonly url: string;
  readonly token: string;
}

/** Where the authority is and the agent's key: the environment's first, else what `connect` kept of the agent. */
async function connectionOf(typed: Typed): Promise<Connection> {
  const agent = typed.text('agent');
  const token = variable('COUNTERSIGN_API_KEY');
  if (agent === undefined && token === undefined && typed.rest.length === 0)
    throw new UsageError('--agent is missing');
  const url = variable('COUNTERSIGN_URL');
  if (agent === undefined || (url !== undefined && token !== undefined))
    return { url: url ?? missing('COUNTERSIGN_URL'), token: token ?? missing('COUNTERSIGN_API_KEY') };
  const { readAgentKey } = await import('../../agent-key/agent-keys.ts');
  const kept = await readAgentKey(thisMachine(), agent);
  return { url: url ?? kept.url, token: token ?? kept.api_key };
}

/** The server runs as it would without us: with its host's environment, but not with our key. */
function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('COUNTERSIGN_') ? [] : [[name, value]],
    ),
  );
}

function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}

function missing(name: string): never {
  throw new Failure(`${name} is not set in the environment`);
}
