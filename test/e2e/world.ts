import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { connect, type Era, type TestAgent } from './agents.ts';
import { FILESYSTEM, MAIN, Site, type Running } from './countersign.ts';

const NOTES: string = resolve(import.meta.dirname, 'upstream/note-server.ts');
const ASKING: string = resolve(import.meta.dirname, 'upstream/asking-server.ts');
const SHIFTING: string = resolve(import.meta.dirname, 'upstream/shifting-server.ts');

/** `bridge`: a client of stdio before the HTTP gateway. */
export type Transport = 'http' | 'stdio' | 'bridge';
export type Upstream = 'files' | 'notes' | 'remote';

/** A running Countersign with real MCP servers behind it, one agent and one approver. */
export interface World {
  readonly site: Site;
  server: Running;
  readonly agentId: string;
  readonly agentKey: string;
  readonly agent: (era: Era, transport: Transport, upstream?: Upstream) => Promise<TestAgent>;
  readonly restart: (how: 'stop' | 'kill') => Promise<void>;
  readonly close: () => Promise<void>;
}

/** `changes` are merged into the config; the policies are the shipped ones, with key votes accepted. */
export async function openWorld(
  changes: Record<string, unknown> = {},
  env: Record<string, string> = {},
  catalog: Readonly<Record<string, string>> = {},
): Promise<World> {
  const site = new Site();
  await site.reservePort();
  site.writePolicies(catalog);
  const remote = await startRemote(NOTES, site.files, '--http');
  const asking = await startRemote(ASKING, site.files);
  const node = process.execPath;
  site.configure({
    public_url: site.url,
    hold: '20s',
    // One agent does here within a minute what many do in an hour.
    limits: { access_requests_per_minute: 1000 },
    upstreams: {
      files: { command: node, args: [FILESYSTEM, site.files], cwd: site.dir, catalog: 'filesystem' },
      notes: { command: node, args: [NOTES, site.files], cwd: site.dir, catalog: 'notes' },
      remote: { url: remote.url },
      asking: { url: asking.url },
      shifting: { command: node, args: [SHIFTING, site.files], cwd: site.dir },
    },
    ...changes,
  });
  const { id = '', api_key = '' } = await site.json('agent', 'add', 'bot', '--owner', 'owner@example.com');
  await site.enrolKey();
  const world: World = {
    site,
    server: await site.start(env),
    agentId: id,
    agentKey: api_key,
    agent(era, transport, upstream = 'notes') {
      if (transport === 'http') {
        return connect(era, { kind: 'http', url: `${site.url}/mcp/${upstream}`, key: api_key });
      }
      const script = upstream === 'files' ? FILESYSTEM : NOTES;
      return connect(era, {
        kind: 'stdio',
        command: node,
        args: [
          MAIN,
          'mcp',
          '--server',
          upstream,
          ...(transport === 'bridge' ? [] : ['--hold', '20s', '--', node, script, site.files]),
        ],
        env: { PATH: process.env['PATH'] ?? '', COUNTERSIGN_URL: site.url, COUNTERSIGN_API_KEY: api_key },
      });
    },
    async restart(how) {
      await world.server[how]();
      world.server = await site.start(env);
    },
    async close() {
      for (const { process: child } of [remote, asking]) child.kill('SIGKILL');
      await site.close();
    },
  };
  return world;
}

/** An MCP server at a URL, which it prints. */
async function startRemote(...command: string[]): Promise<{ url: string; process: ChildProcess }> {
  // It ends when its standard input does, so none is left behind whatever happens here.
  const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] });
  const url = await new Promise<string>((found) => {
    createInterface({ input: child.stdout }).once('line', (line) => found(line));
  });
  return { url, process: child };
}
