import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RawAgent, type Said } from './raw-agent.ts';
import { RawStdio } from './raw-stdio.ts';
import { SessionAgent } from './session-agent.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';

const EVERYTHING = resolve(import.meta.dirname, '../conformance/everything/main.ts');
/** It declares no `listChanged`. */
const SILENT = resolve(import.meta.dirname, '../../packages/server/src/gateway/testing-server.ts');
const POLICY = '@id("free") permit (principal, action, resource);\n';
const ONLY = [process.execPath, EVERYTHING, '--only'];
const TOOL = 'test_simple_text';
const CHANGED = 'notifications/tools/list_changed';
const LISTENS = { notifications: { toolsListChanged: true } };

let server: ListeningServer;
let gateway: OpenGateway;
beforeAll(async () => {
  server = await startListening([EVERYTHING, '--http']);
  const command = process.execPath;
  gateway = await openGateway(
    {
      remote: { url: server.url },
      local: { command, args: [EVERYTHING] },
      older: { url: server.url, era: '2025-11-25' },
      newer: { url: server.url, era: '2026-07-28' },
      whole: { url: server.url, tools_list: 'whole' },
      silent: { command, args: [SILENT] },
    },
    POLICY,
  );
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

const ending: (() => void)[] = [];
afterEach(() => ending.splice(0).forEach((end) => end()));

/** Forbids a tool, by a policy of a name of its own: no two sets are the same. */
let forbidden = 0;
function forbid(): void {
  const policy = `@id("never-${++forbidden}") forbid (principal, action, resource == tool::"remote/${TOOL}");\n`;
  writeFileSync(join(gateway.site.policies, 'policy.cedar'), POLICY + policy);
}
const allow = (): void => writeFileSync(join(gateway.site.policies, 'policy.cedar'), POLICY);

/** What a client hears of changed tools, in the order in which it comes, once it listens. */
type Listening = Said[];

/** In a session of 2025-11-25, on its own stream. */
async function session(path: string): Promise<Listening> {
  const heard: Listening = [];
  const agent = new SessionAgent(gateway.site.url + path, gateway.agentKey);
  await agent.open({});
  let over = false;
  ending.push(() => void (over = true));
  await agent.listen((said) => {
    if (said.method === CHANGED) heard.push(said);
    return over;
  });
  return heard;
}

/** By `subscriptions/listen` of 2026-07-28. */
async function subscription(path: string, params: object = LISTENS): Promise<Listening> {
  const heard: Listening = [];
  const agreed = Promise.withResolvers<void>();
  const agent = new RawAgent(gateway.site.url + path, gateway.agentKey);
  let over = false;
  ending.push(() => void (over = true));
  void agent.got('subscriptions/listen', { ...params }, {}, (said) => {
    if (said.method === 'notifications/subscriptions/acknowledged') agreed.resolve();
    else if (said.method !== undefined) heard.push(said);
    return over;
  });
  await agreed.promise;
  return heard;
}

/** Over stdio; `args` of `countersign mcp`. */
async function stdio(era: '2025-11-25' | '2026-07-28', args: readonly string[]): Promise<Listening> {
  const env = { COUNTERSIGN_URL: gateway.site.url, COUNTERSIGN_API_KEY: gateway.agentKey };
  const client = new RawStdio(gateway.site.dir, env, args);
  ending.push(() => void client.end('kill'));
  if (era === '2025-11-25') {
    await client.open();
    await client.say('tools/list');
  } else {
    void client.modern('subscriptions/listen', LISTENS, {});
    await expect.poll(() => client.heard.map(({ method }) => method), { timeout: 20_000 }).toHaveLength(1);
    await client.modern('tools/list', {}, {});
  }
  return new Proxy(client.heard, {
    get: (heard, name) =>
      Reflect.get(
        heard.filter(({ method }) => method === CHANGED),
        name,
      ) as unknown,
  });
}

/** Tells everybody that something changed, and waits until it has been told. */
async function change(heard: Listening, times: number): Promise<void> {
  forbid();
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(times);
}

const OWN = { jsonrpc: '2.0', method: CHANGED };
const onSubscription = (id: number): object => ({
  ...OWN,
  params: { _meta: { 'io.modelcontextprotocol/subscriptionId': id } },
});

describe('a client that listens is told once that its tools may be others now, and not which', () => {
  test.each([
    ['a server at a url', '/mcp/remote'],
    ['one that we start', '/mcp/local'],
    ['one of the newer era', '/mcp/newer'],
    ['one of the older era', '/mcp/older'],
    ['all of them', '/mcp'],
  ])('2025-11-25, %s', async (_what, path) => {
    const heard = await session(path);
    await change(heard, 1);
    expect([...heard]).toEqual([OWN]);
    await change(heard, 2);
  });

  test.each([
    ['a server at a url', '/mcp/remote'],
    ['one that we start', '/mcp/local'],
    ['one of the newer era', '/mcp/newer'],
    ['one of the older era', '/mcp/older'],
    ['all of them', '/mcp'],
  ])('2026-07-28, %s', async (_what, path) => {
    const heard = await subscription(path);
    await change(heard, 1);
    expect([...heard]).toEqual([onSubscription(1)]);
    await change(heard, 2);
  });

  const EACH = (['2025-11-25', '2026-07-28'] as const).flatMap((era) => [
    [era, 'through the bridge', ['--server', 'remote']] as const,
    [era, 'over stdio', ['--server', 'remote', '--', process.execPath, EVERYTHING]] as const,
    [era, 'over stdio, before the older era', ['--server', 'remote', '--', ...ONLY, 'legacy']] as const,
    [era, 'over stdio, before the newer era', ['--server', 'remote', '--', ...ONLY, 'modern']] as const,
  ]);
  test.each(EACH)('%s, %s', async (era, _how, args) => {
    const heard = await stdio(era, args);
    await change(heard, 1);
    expect([...heard]).toEqual([era === '2025-11-25' ? OWN : onSubscription(1)]);
    await change(heard, 2);
  });
});

test('what it lists then is what it may call now', async () => {
  const agent = new RawAgent(gateway.url('remote'), gateway.agentKey);
  const names = async (): Promise<unknown[]> => {
    const { result } = await agent.say('tools/list', {});
    return ((result?.['tools'] ?? []) as { name: string }[]).map(({ name }) => name);
  };
  const heard = await subscription('/mcp/remote');
  await change(heard, 1);
  expect(await names()).not.toContain(TOOL);
  allow();
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(2);
  expect(await names()).toContain(TOOL);
});

test('nobody is told who did not ask, whose server did not say that it would tell, or whose list is the server’s own', async () => {
  const other = await subscription('/mcp/remote', { notifications: { promptsListChanged: true } });
  const silent = await session('/mcp/silent');
  const whole = await session('/mcp/whole');
  const wholeToo = await subscription('/mcp/whole');
  const heard = await session('/mcp/remote');
  await change(heard, 1);
  await change(heard, 2);
  expect([other, silent, whole, wholeToo].map((each) => [...each])).toEqual([[], [], [], []]);
});

test('a set that is refused changes nothing, and nobody is told of it', async () => {
  const heard = await session('/mcp/remote');
  const file = join(gateway.site.policies, 'policy.cedar');
  writeFileSync(file, `${readFileSync(file, 'utf8')}permit nothing;`);
  await expect
    .poll(() => gateway.running.complaints(), { timeout: 20_000 })
    .toContain('the old set keeps deciding');
  await change(heard, 1);
});

test('what a server itself tells of its tools still passes beside it', async () => {
  const heard = await session('/mcp/local');
  const other = await subscription('/mcp/remote');
  const agent = new RawAgent(gateway.url('remote'), gateway.agentKey);
  await agent.call('test_trigger_tool_change', {}, {});
  await expect.poll(() => other.length, { timeout: 10_000 }).toBe(1);
  await change(other, 2);
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(1);
});

test('who looks ahead over HTTP may wait for another answer', async () => {
  const ask = async (query: string, wait: number, key = gateway.agentKey): Promise<Response> =>
    await fetch(`${gateway.site.url}/access/v1/foresight${query}`, {
      headers: { authorization: `Bearer ${key}`, prefer: `wait=${wait}` },
    });
  expect((await ask('', 0, 'nobody')).status).toBe(401);
  const { version } = (await (await ask('', 0)).json()) as { version: string };
  const same = await ask(`?unlike=${version}`, 1);
  expect([same.headers.get('preference-applied'), await same.json()]).toEqual(['wait=1', { version }]);
  const waiting = ask(`?unlike=${version}`, 30);
  forbid();
  const other = (await (await waiting).json()) as { version: string };
  expect(other.version).not.toBe(version);
});
