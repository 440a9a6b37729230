import { execFileSync } from 'node:child_process';
import { connectAdmin } from '../packages/server/src/admin/socket-client.ts';
import { ask } from '../packages/server/src/gateway/testing-client.ts';
import { CONSENT, DECLARES, RawAgent } from '../test/e2e/raw-agent.ts';
import { Site, type Running } from '../test/e2e/countersign.ts';

const CALLS = 10_000;
const AGENTS = 500;
const HELD = 500;
const AT_ONCE = 32;
const MIB = 1024 * 1024;
const MOST_BYTES = 1024 * MIB;

type Say = (line: string) => void;

/**
 * Parks ten thousand calls through the gateway of a server of its own, ends that as a power cut would, and starts it again;
 * beside the same call held open, which is what a gateway without tasks must do with each. Throws when it takes more than 1 GiB.
 */
export async function measureParked(upstream: string, say: Say): Promise<void> {
  const site = new Site();
  try {
    await site.reservePort();
    site.configure({
      public_url: site.url,
      hold: '5m',
      upstreams: { bench: { url: upstream, catalog: 'bench' } },
    });
    site.writePolicies({
      bench: 'tools:\n  write_item: { effects: [update], outward: false }\n',
    });
    await site.enrolKey();
    let server = await site.start();
    const agents = await addAgents(site);
    const call = (n: number) => ({ item: n, text: 'what a person is asked about '.repeat(10) });
    const park = async (n: number): Promise<Parked> => {
      const { result } = await agentOf(agents, n).call('write_item', call(n));
      const meta = (result?.['_meta'] ?? {}) as Record<string, { readonly request_id?: string }>;
      const [task, request] = [result?.['taskId'], meta[CONSENT]?.request_id];
      if (typeof task === 'string' && request !== undefined) return { task, request };
      throw new Error(`not parked: ${JSON.stringify(result)}`);
    };
    say(`${CALLS} calls of ${AGENTS} agents, parked`);
    await atOnce(AGENTS, park);
    const before = residentBytes(server);
    const start = performance.now();
    const parked: Parked[] = [];
    await atOnce(CALLS - AGENTS, async (n) => void (parked[n] = await park(AGENTS + n)));
    const seconds = (performance.now() - start) / 1000;
    const after = residentBytes(server);
    say(
      `  parked at ${((CALLS - AGENTS) / seconds).toFixed(0)}/s; resident ${mib(before)} before, ${mib(after)} after`,
    );
    await server.kill();

    const restart = performance.now();
    server = await site.start();
    const listening = performance.now() - restart;
    await lookedAt(server);
    const takenUp = performance.now() - restart;
    const again = residentBytes(server);
    say(
      `  after kill -9: listening in ${listening.toFixed(0)} ms, all looked at in ${takenUp.toFixed(0)} ms; resident ${mib(again)}`,
    );
    const held = await holding(site, server, agents, call);
    const perParked = Math.max(0, after - before) / (CALLS - AGENTS) / 1024;
    say(
      `  resident for each: parked ${perParked.toFixed(1)} KiB, held open ${held.toFixed(1)} KiB (${(held / perParked).toFixed(1)}x)`,
    );
    await runs(site, agentOf(agents, AGENTS), parked[0] as Parked);
    const most = Math.max(after, again);
    if (most > MOST_BYTES) throw new Error(`parked calls took ${mib(most)}: the limit is ${mib(MOST_BYTES)}`);
  } finally {
    await site.close();
  }
}

/** What each of some hundred calls takes that are the same but for being held, in KiB. */
async function holding(
  site: Site,
  server: Running,
  agents: readonly Agent[],
  call: (n: number) => object,
): Promise<number> {
  const gone = Promise.withResolvers<void>();
  const before = residentBytes(server);
  const began: Promise<void>[] = [];
  const ended = Array.from({ length: HELD }, (_, n) => {
    const begun = Promise.withResolvers<void>();
    began.push(begun.promise);
    const { key } = agents[n % AGENTS] as Agent;
    return ask(`${site.url.replace('localhost', '127.0.0.1')}/mcp/bench`, heldCall(n, call(n)), {
      agent: key,
      headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'write_item' },
      signal: gone.promise,
      on: () => begun.resolve(),
    });
  });
  await Promise.all(began);
  const bytes = residentBytes(server) - before;
  gone.resolve();
  await Promise.all(ended);
  return Math.max(0, bytes) / HELD / 1024;
}

/** A call of a client that takes nothing but an answer, and hears by its progress that it is held. */
function heldCall(id: number, args: object): object {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': DECLARES.nothing,
    progressToken: id,
  };
  return { id, method: 'tools/call', params: { name: 'write_item', arguments: args, _meta: meta } };
}

/** A task, and the access request that it waits for. */
interface Parked {
  readonly task: string;
  readonly request: string;
}

interface Agent {
  readonly key: string;
  readonly raw: RawAgent;
}

function agentOf(agents: readonly Agent[], n: number): RawAgent {
  return (agents[n % agents.length] as Agent).raw;
}

async function addAgents(site: Site): Promise<Agent[]> {
  const admin = await connectAdmin(site.data);
  if (admin === undefined) throw new Error('no server runs on that data folder');
  const agents: Agent[] = [];
  await atOnce(AGENTS, async (n) => {
    const { api_key } = await admin.call('agent/add', {
      name: `agent-${n}`,
      owner: `owner-${n}@example.com`,
    });
    agents[n] = { key: api_key, raw: new RawAgent(`${site.url}/mcp/bench`, api_key) };
  });
  return agents;
}

/** Someone consents to it, and it runs. */
async function runs(site: Site, agent: RawAgent, { task, request }: Parked): Promise<void> {
  await site.vote('approve', request);
  for (;;) {
    const { result } = await agent.task(task);
    if (result?.['status'] === 'completed') return;
    await new Promise((later) => setTimeout(later, 20));
  }
}

async function atOnce(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function lookedAt(server: Running): Promise<void> {
  while (!server.complaints().includes('parked calls were looked at'))
    await new Promise((later) => setTimeout(later, 5));
}

function residentBytes({ process: { pid } }: Running): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) * 1024;
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}
