import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN } from '../e2e/countersign.ts';
import { comparable } from './comparable.ts';
import { runScript } from './everything-script.ts';
import { HttpWire } from './http-wire.ts';
import { startListening, type ListeningServer } from './listening-server.ts';
import { openGateway, type OpenGateway } from './open-gateway.ts';
import { StdioWire } from './stdio-wire.ts';
import type { Message, Wire } from './wire.ts';

const SERVER = resolve(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
);
/** It ends with its standard input, which it does not by itself. */
const ENDING = 'data:text/javascript,process.stdin.on("end", () => process.exit()).resume()';
/** One of its tools tells its environment: alone it gets what a server that we start gets of ours. */
const ENV = Object.fromEntries(
  ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  }),
);

interface Transcript {
  readonly steps: readonly { readonly name: string; readonly said: readonly string[] }[];
  readonly apart: readonly string[];
}

/** One to be spoken to alone and one behind us, for each test: its sessions hear of each other’s resources. */
let alone: ListeningServer;
let behind: ListeningServer;
let aloneToo: ListeningServer;
/** Over HTTP with SSE, the transport of MCP 2024-11-05. */
let old: ListeningServer;
let gateway: OpenGateway;

beforeAll(async () => {
  [alone, behind, aloneToo, old] = await Promise.all([
    listening(),
    listening(),
    listening(),
    listening('sse'),
  ]);
  gateway = await openGateway({
    everything: { url: behind.url },
    old: { url: new URL('/sse', old.url).href, transport: 'sse' },
    local: { command: process.execPath, args: [SERVER] },
  });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([alone.close(), behind.close(), aloneToo.close(), old.close()]);
});

async function listening(transport = 'streamableHttp'): Promise<ListeningServer> {
  return await startListening(['--import', ENDING, SERVER, transport], {
    env: { PORT: String(await freePort()) },
    says: /(?:listening|running) on port (\d+)/,
  });
}

async function transcript(wire: Wire): Promise<Transcript> {
  const steps = await runScript(wire);
  await wire.close();
  return {
    steps: steps.map(({ name, said }) => ({ name, said: said.map(comparable) })),
    apart: wire.apart.map(comparable),
  };
}

describe.concurrent('the reference server says the same, message by message', () => {
  test('over stdio, alone and behind us', async () => {
    const args = [MAIN, 'mcp', '--server', 'everything', '--', process.execPath, SERVER];
    const env = { ...ENV, COUNTERSIGN_URL: gateway.site.url, COUNTERSIGN_API_KEY: gateway.agentKey };
    const [direct, through] = await Promise.all([
      transcript(new StdioWire([SERVER], ENV)),
      transcript(new StdioWire(args, env)),
    ]);
    expect(through).toEqual(direct);
  });

  test('over HTTP, alone and behind us', async () => {
    const [direct, through] = await Promise.all([
      transcript(new HttpWire(alone.url)),
      transcript(new HttpWire(gateway.url('everything'), gateway.agentKey)),
    ]);
    expect(through).toEqual(direct);
  });

  test('over stdio alone, and over HTTP when we start it: the same messages, on whichever stream', async () => {
    const [direct, through] = await Promise.all([
      transcript(new StdioWire([SERVER], ENV)),
      transcript(new HttpWire(gateway.url('local'), gateway.agentKey)),
    ]);
    const all = ({ steps, apart }: Transcript) => [...steps.flatMap(({ said }) => said), ...apart].toSorted();
    expect(all(through)).toEqual(all(direct));
  });

  test('over Streamable HTTP alone, and over HTTP with SSE behind us: the same messages', async () => {
    const [direct, through] = await Promise.all([
      transcript(new HttpWire(aloneToo.url)),
      transcript(new HttpWire(gateway.url('old'), gateway.agentKey)),
    ]);
    const all = ({ steps, apart }: Transcript) => [...steps.flatMap(({ said }) => said), ...apart].toSorted();
    expect(all(through)).toEqual(all(direct));
  });
});

test('what its policy cannot speak of is answered by us: the same in kind, not in words', async () => {
  const answers = async (wire: Wire): Promise<Message[]> => {
    await wire.ask(1, 'initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'script', version: '1.0.0' },
    });
    await wire.tell('notifications/initialized');
    const got = [
      await wire.ask(2, 'tools/call', { name: 'nobody', arguments: {} }),
      await wire.ask(3, 'demo/unknown', {}),
    ];
    await wire.close();
    return got;
  };
  const direct = await answers(new HttpWire(alone.url));
  const through = await answers(new HttpWire(gateway.url('everything'), gateway.agentKey));
  for (const [tool, method] of [direct, through]) {
    expect(tool?.result?.['isError']).toBe(true);
    expect(method?.error?.code).toBe(-32601);
  }
  expect(JSON.stringify(through[0])).toContain('The server lists no tool of that name');
});

async function freePort(): Promise<number> {
  return await new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
