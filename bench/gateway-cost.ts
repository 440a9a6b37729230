import { join, resolve } from 'node:path';
import { LAUNCHER } from '../packages/server/src/connect/door-command.ts';
import type { Site } from '../test/e2e/countersign.ts';
import { compareByClient } from './client-load.ts';
import { compare, measureFirstByte, type Latencies, type Target } from './load.ts';
import { measureStart, measureStdio, type StdioTarget } from './stdio-load.ts';

const SEQUENTIAL = 1500;
const LEVELS = [1, 16, 256];
const LINES = resolve(import.meta.dirname, '../packages/server/src/gateway/testing-server.ts');
const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';

type Era = typeof MODERN | typeof LEGACY;
type Say = (line: string) => void;

/** A server, its address directly and behind a hop and the gateway, and a tool that only reads. */
export interface Measured {
  readonly name: string;
  readonly tool: string;
  readonly direct: string;
  readonly hop: string;
  /** One that notes each call durably, as the gateway does. */
  readonly durableHop: string;
  readonly gateway: string;
}

/** The gateway beside a direct connection and a bare hop, over HTTP, in both eras. */
export async function measureHttp(server: Measured, key: string, say: Say): Promise<void> {
  for (const era of [LEGACY, MODERN] as const) {
    const targets: Record<string, Target> = {};
    for (const [name, url] of Object.entries({
      direct: server.direct,
      'bare hop': server.hop,
      'durable hop': server.durableHop,
      gateway: server.gateway,
    }))
      targets[name] = await targetOf(url, era, server.tool, name === 'gateway' ? key : undefined);
    for (const level of LEVELS) {
      const found = await compare(targets, level === 1 ? SEQUENTIAL : 3 * SEQUENTIAL, level, 3);
      tell(`${server.name}, HTTP, ${era}, ${level} at once`, found, say);
    }
  }
}

/** The same as the official client meets it, whose own work is part of what its host waits for. */
export async function measureClient(server: Measured, key: string, say: Say): Promise<void> {
  const { tool, direct, hop, durableHop, gateway } = server;
  const targets = {
    direct: { url: direct },
    'bare hop': { url: hop },
    'durable hop': { url: durableHop },
    gateway: { url: gateway, key },
  };
  for (const era of [LEGACY, MODERN] as const)
    for (const level of LEVELS.slice(0, 2)) {
      const found = await compareByClient(targets, { tool, era, count: SEQUENTIAL, concurrency: level });
      tell(`${server.name}, HTTP, by the official client, ${era}, ${level} at once`, found, say);
    }
}

/** The same over stdio, in the older era: the newer differs by a few bytes a message. */
export async function measureLines(site: Site, key: string, say: Say): Promise<void> {
  const node = process.execPath;
  const targets: Record<string, StdioTarget> = {
    direct: { args: [LINES] },
    'bare hop': { args: [join(import.meta.dirname, 'stdio-hop.ts'), node, LINES] },
    gateway: throughUs(site, key),
  };
  for (const level of LEVELS.slice(0, 2)) {
    const found: Record<string, Latencies> = {};
    for (const [name, target] of Object.entries(targets))
      found[name] = await measureStdio(target, 'echo', level === 1 ? SEQUENTIAL : 3 * SEQUENTIAL, level);
    tell(`lines, stdio, ${LEGACY}, ${level} at once`, found, say);
  }
  const [alone, ours] = [await measureStart({ args: [LINES] }), await measureStart(throughUs(site, key))];
  say(
    `from the start of \`countersign mcp\` to its first answer: ${ours.toFixed(0)} ms, ${(ours - alone).toFixed(0)} ms more than its server alone (aim: 250 ms)`,
  );
}

/** From a request to the first byte of an answer that is streamed. */
export async function measureStreaming(server: Measured, key: string, say: Say): Promise<void> {
  const tool = 'stream_item';
  const found: Record<string, number> = {};
  for (const [name, url] of Object.entries({
    direct: server.direct,
    'bare hop': server.hop,
    gateway: server.gateway,
  }))
    found[name] = await measureFirstByte(
      await targetOf(url, LEGACY, tool, name === 'gateway' ? key : undefined),
      200,
    );
  const { direct = 0, 'bare hop': hop = 0, gateway = 0 } = found;
  say(
    `first byte of a streamed answer: direct ${direct.toFixed(2)} ms, bare hop +${(hop - direct).toFixed(2)}, gateway +${(gateway - direct).toFixed(2)} ms (aim: not 1 ms more)`,
  );
}

function throughUs(site: Site, key: string): StdioTarget {
  return {
    args: [LAUNCHER, 'mcp', '--server', 'lines', '--', process.execPath, LINES],
    env: { COUNTERSIGN_URL: site.url, COUNTERSIGN_API_KEY: key },
  };
}

function tell(what: string, found: Record<string, Latencies>, say: Say): void {
  const { direct, 'bare hop': hop, 'durable hop': durable, gateway } = found;
  if (direct === undefined || hop === undefined || gateway === undefined) throw new Error('nothing measured');
  say(` ${what}`);
  for (const [name, { p50, p99, rate }] of Object.entries(found))
    say(
      `  ${name.padEnd(11)} p50 ${p50.toFixed(2).padStart(7)} ms  ${`+${(p50 - direct.p50).toFixed(2)}`.padStart(7)}   p99 ${p99.toFixed(2).padStart(7)} ms   ${rate.toFixed(0).padStart(6)}/s   ${(rate / direct.rate).toFixed(2)} of direct`,
    );
  for (const [name, limit] of [
    ['the bare hop', hop],
    ['one that syncs each call', durable],
  ] as const) {
    if (limit === undefined) continue;
    const added = (gateway.p50 - direct.p50) / (limit.p50 - direct.p50);
    say(
      `  to ${name}: added p50 ${added.toFixed(2)}x, throughput ${(gateway.rate / limit.rate).toFixed(2)}x`,
    );
  }
}

/** What calls the tool at an address, after whatever its era begins with. */
async function targetOf(url: string, era: Era, tool: string, key: string | undefined): Promise<Target> {
  const credential: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  if (era === MODERN) {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    return {
      url,
      headers: {
        ...credential,
        'mcp-protocol-version': MODERN,
        'mcp-method': 'tools/call',
        'mcp-name': tool,
      },
      body: (n) => call(n, { name: tool, arguments: { item: n }, _meta: meta }),
    };
  }
  return {
    url,
    headers: await sessionHeaders(url, key),
    body: (n) => call(n, { name: tool, arguments: { item: n } }),
  };
}

function call(id: number, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
}

/** Opens a session of the older era and answers the headers that carry it. */
export async function sessionHeaders(url: string, key: string | undefined): Promise<Record<string, string>> {
  const headers: Record<string, string> = {
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    'mcp-protocol-version': LEGACY,
  };
  const send = (message: object, more: Record<string, string> = {}) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
        ...more,
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    });
  const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  const opened = await send({ id: 'open', method: 'initialize', params });
  if (!opened.ok) throw new Error(`initialize: ${opened.status} ${await opened.text()}`);
  await opened.text();
  const id = opened.headers.get('mcp-session-id');
  const session: Record<string, string> = id === null ? {} : { 'mcp-session-id': id };
  await (await send({ method: 'notifications/initialized' }, session)).text();
  return { ...headers, ...session };
}
