import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client as ModernClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toolDefinitionDigest, type JsonObject } from '@countersign/core';
import { MAIN } from './countersign.ts';
import { connect as connectAgent, type Era } from './agents.ts';
import { RawAgent } from './raw-agent.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';
import { CLIENTS, type Door } from '../transparency/real-clients.ts';

const EVERYTHING = resolve(import.meta.dirname, '../conformance/everything/main.ts');
const FORBIDDEN = 'test_image_content';
const CONSENTED = 'test_simple_text';
const POLICY = `
@id("free") permit (principal, action, resource) unless { resource == tool::"remote/${CONSENTED}" };
@id("consented") @step_up("approvers") @assurance("key") permit (principal, action, resource == tool::"remote/${CONSENTED}");
@id("never") forbid (principal, action, resource == tool::"remote/${FORBIDDEN}");
@id("never-older") forbid (principal, action, resource == tool::"older/${FORBIDDEN}");
@id("never-newer") forbid (principal, action, resource == tool::"newer/${FORBIDDEN}");
@id("now-and-then") forbid (principal, action, resource == tool::"remote/test_audio_content") when { context.request has arguments && context.request.arguments has loud };
`;

let server: ListeningServer;
let gateway: OpenGateway;
let door: Door;
/** The same server with nothing before it. */
let alone: Door;
/** As the server itself lists them. */
let own: Tool[];

beforeAll(async () => {
  server = await startListening([EVERYTHING, '--http']);
  gateway = await openGateway(
    {
      remote: { url: server.url },
      whole: { url: server.url, tools_list: 'whole' },
      older: { url: server.url, era: '2025-11-25' },
      newer: { url: server.url, era: '2026-07-28' },
    },
    POLICY,
  );
  await gateway.site.enrolKey();
  door = {
    url: gateway.url('remote'),
    key: gateway.agentKey,
    stdio: {
      command: process.execPath,
      args: [MAIN, 'mcp', '--server', 'remote', '--hold', '20s', '--', process.execPath, EVERYTHING],
      env: {
        PATH: process.env['PATH'] ?? '',
        COUNTERSIGN_URL: gateway.site.url,
        COUNTERSIGN_API_KEY: gateway.agentKey,
      },
    },
  };
  const env = { PATH: process.env['PATH'] ?? '' };
  alone = { url: server.url, key: 'none', stdio: { command: process.execPath, args: [EVERYTHING], env } };
  own = await listOf(alone, 'http');
});
afterAll(async () => {
  const verified = await gateway.site.run(['audit', 'verify', '--data', gateway.site.data]);
  expect(verified.code, verified.stderr + verified.stdout).toBe(0);
  await gateway.close();
  await server.close();
});

type Tool = JsonObject & { readonly name: string; readonly description?: string };

async function listOf({ url, key, stdio }: Door, kind: 'http' | 'stdio'): Promise<Tool[]> {
  const info = { name: 'lister', version: '1.0.0' };
  const client = new ModernClient(info, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(
    kind === 'http'
      ? new StreamableHTTPClientTransport(new URL(url), { requestInit })
      : new StdioClientTransport({ ...stdio, stderr: 'inherit' }),
  );
  const { tools } = await client.listTools();
  await client.close();
  return tools as unknown as Tool[];
}

describe.each(Object.entries(CLIENTS))('%s', (_name, connect) => {
  test('hears of what it may call, and may call what it heard of', async () => {
    const client = await connect(door);
    const direct = await connect(alone);
    const offered = await direct.tools();
    await direct.close();
    expect(offered).toContain(FORBIDDEN);
    expect(await client.tools()).toEqual(offered.filter((name) => name !== FORBIDDEN));
    // Not being told of a tool was no authorization, and being told of it is none either.
    expect(await client.call(FORBIDDEN, {})).toContain('not run');
    const called = client.call(CONSENTED, {});
    await gateway.site.vote('approve', await gateway.site.pending());
    expect(await called).toBe('This is a simple text response for testing.');
    await client.close();
  });
});

describe.each(['http', 'stdio'] as const)('over %s', (kind) => {
  test('all but what we say of consent is the server’s own', async () => {
    const told = await listOf(door, kind);
    const expected = (await listOf(alone, kind))
      .filter(({ name }) => name !== FORBIDDEN)
      .map((tool) =>
        tool.name === CONSENTED
          ? { ...tool, description: `${tool.description ?? ''} [needs a person's consent (approvers)]` }
          : tool,
      );
    expect(told).toEqual(expected);
  });
});

test('people are shown, and consent binds, the definition as its server gives it', async () => {
  const client = await (CLIENTS['SDK v2, 2026-07-28, over HTTP'] as (typeof CLIENTS)[string])(door);
  await client.tools();
  const called = client.call(CONSENTED, {});
  const id = await gateway.site.pending();
  const shown = JSON.stringify(await (await gateway.site.openVoter()).show(id));
  const definition = own.find(({ name }) => name === CONSENTED) as Tool;
  expect(shown).toContain(toolDefinitionDigest(definition));
  await gateway.site.vote('approve', id);
  await called;
  await client.close();
});

test('the list is private to its caller, and a whole one is the server’s own', async () => {
  const filtered = await new RawAgent(gateway.url('remote'), door.key).say('tools/list', {});
  expect(filtered.result).toMatchObject({ cacheScope: 'private' });
  const whole = await new RawAgent(gateway.url('whole'), door.key).say('tools/list', {});
  expect(whole.result?.['tools']).toContainEqual(expect.objectContaining({ name: FORBIDDEN }));
});

test('looking ahead is one entry of the log for a list, and asks nobody', async () => {
  const agent = new RawAgent(gateway.url('remote'), door.key);
  const before = await entries();
  await agent.say('tools/list', {});
  // The request for the list itself is the other.
  expect((await entries()) - before).toBe(2);
  expect(await (await gateway.site.openVoter()).waiting()).toEqual([]);
});

test('an agent may look ahead at its own calls alone', async () => {
  const other = await gateway.site.json('agent', 'add', 'other', '--owner', 'owner@example.com');
  const answer = await fetch(`${gateway.site.url}/access/v1/foresight`, {
    method: 'POST',
    headers: { authorization: `Bearer ${door.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subject: { type: 'identity', id: other['id'] },
      action: { name: 'tools/call' },
      evaluations: [{ resource: { type: 'tool', id: 'remote/x' }, context: { agent: other['id'] } }],
    }),
  });
  expect(answer.status).toBe(403);
});

test('a policy that changes changes the next list', async () => {
  const file = join(gateway.site.policies, 'policy.cedar');
  const before = readFileSync(file, 'utf8');
  const client = await (CLIENTS['SDK v1, 2025-11-25, over HTTP'] as (typeof CLIENTS)[string])(door);
  expect(await client.tools()).not.toContain(FORBIDDEN);
  writeFileSync(file, before.replace(/@id\("never"\).*\n/, ''));
  await expect.poll(() => client.tools(), { timeout: 20_000 }).toContain(FORBIDDEN);
  await client.close();
});

async function entries(): Promise<number> {
  const verified = await gateway.site.run(['audit', 'verify', '--json', '--data', gateway.site.data]);
  return (JSON.parse(verified.stdout) as { size: number }).size;
}

test.each<[string, Era]>([
  ['older', '2026-07-28'],
  ['newer', '2025-11-25'],
])('a list that is converted from a server of the %s era is each agent’s own, too', async (upstream, era) => {
  const agent = await connectAgent(era, { kind: 'http', url: gateway.url(upstream), key: gateway.agentKey });
  const names = await agent.tools();
  await agent.close();
  expect(names).not.toContain(FORBIDDEN);
  expect(names).toContain(CONSENTED);
});
