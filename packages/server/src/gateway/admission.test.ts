import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Limits } from '../config/limits.ts';
import { answerOf, modern, openDoors, tool, type Doors } from './testing-doors.ts';
import type { Got } from './testing-client.ts';

/** For a machine that does much else: nothing here is about how long it takes. */
const PATIENT = { timeout: 20_000 };

let doors: Doors;
let upstream: Server;
/** Calls that hang at the upstream. */
let hanging: ServerResponse[];
beforeEach(async () => {
  hanging = [];
  upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id: number; method: string };
      if (method === 'tools/call') return void hanging.push(response);
      const tools = [{ name: 'hang', inputSchema: { type: 'object' } }];
      const headers = { 'content-type': 'application/json', 'mcp-session-id': 's' };
      response.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id, result: { tools } }));
    });
  });
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening));
});
afterEach(async () => {
  await doors.close();
  upstream.closeAllConnections();
  upstream.close();
});

async function open(limits: Partial<Limits>): Promise<void> {
  const { port } = upstream.address() as { port: number };
  doors = await openDoors(limits, `http://127.0.0.1:${port}`);
}

/** A call that is not answered; resolves when it is under way, with how to hang up. */
async function hang(agent = 'agt_a', era: 'older' | 'newer' = 'newer'): Promise<() => Promise<Got>> {
  const left = Promise.withResolvers<void>();
  const [message, headers] = era === 'newer' ? modern(1, 'hang') : [tool(1, 'hang'), {}];
  const before = hanging.length;
  const got = doors.ask('/mcp/endless', message, { agent, headers, signal: left.promise, on: () => {} });
  await expect.poll(() => hanging.length, PATIENT).toBe(before + 1);
  return () => {
    left.resolve();
    return got;
  };
}

const call = (agent = 'agt_a'): Promise<Got> => {
  const [message, headers] = modern(2, 'echo');
  return doors.ask('/mcp/local', message, { agent, headers });
};

function expectRefused(got: Got, status: number, code: string): void {
  expect(got.headers['retry-after']).toBe('1');
  expect(got).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
  expect(answerOf(got)).toEqual({
    jsonrpc: '2.0',
    id: null,
    error: {
      code: status,
      message: expect.stringMatching(/: (?:wait|try) /),
      data: { code, retry_after: 1 },
    },
  });
}

test('an agent has so many calls under way and no more, whatever others have; who hangs up makes room', async () => {
  await open({ calls_per_agent: 2 });
  const first = await hang();
  await hang();
  expectRefused(await call(), 429, 'too_many_calls');
  expect((await call('agt_b')).status).toBe(200);
  await first();
  await expect.poll(async () => (await call()).status, PATIENT).toBe(200);
  expect(doors.complaints).toEqual([]);
});

test('all agents together have so many', async () => {
  await open({ calls: 2 });
  await hang('agt_a');
  const second = await hang('agt_b');
  expectRefused(await call('agt_c'), 503, 'busy');
  await second();
  await expect.poll(async () => (await call('agt_c')).status, PATIENT).toBe(200);
});

test('who hangs up on an upstream that hangs makes room where that cancels the call, and not where it goes on', async () => {
  await open({ calls_per_agent: 1 });
  await (
    await hang('agt_a', 'older')
  )();
  await new Promise((later) => setTimeout(later, 100));
  expectRefused(await call(), 429, 'too_many_calls');
  hanging.at(-1)?.end();
  await expect.poll(async () => (await call()).status, PATIENT).toBe(200);
  expect(doors.underWay()).toEqual({ calls: 0, bytes: 0, unread: 0 });
});

test('a stream that a client opens is under way until it ends', async () => {
  await open({ calls_per_agent: 1 });
  const session = await doors.open();
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const stream = doors.ask('/mcp/local', undefined, { method: 'GET', session, signal: ended, on: () => {} });
  await expect.poll(async () => (await call()).status, PATIENT).toBe(429);
  end();
  await stream;
  await expect.poll(async () => (await call()).status, PATIENT).toBe(200);
});

test('an agent that calls without end is slowed down, and no other; the log tells how often, once', async () => {
  await open({ rate_per_agent: 1 });
  const answers = await Promise.all(Array.from({ length: 30 }, () => call()));
  const refused = answers.filter(({ status }) => status === 429);
  // Ten at once, and one more for each second that this takes.
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(10);
  for (const got of refused) expectRefused(got, 429, 'too_fast');
  expect((await call('agt_b')).status).toBe(200);
  expect(doors.port.asked.length).toBe(answers.length - refused.length + 1);
  await doors.close();
  expect(doors.complaints).toEqual([
    `refused within a minute: ${refused.length}; most: agt_a too_fast ${refused.length}`,
  ]);
});

test('bodies that do not say how long they are count as long as they may be', async () => {
  await open({});
  const slow = Array.from({ length: 64 }, async () => await unfinished());
  const ends = await Promise.all(slow);
  const short = (): Promise<Got> => doors.ask('/mcp/local', tool(1, 'echo'));
  await expect.poll(async () => (await short()).status, PATIENT).toBe(429);
  expectRefused(await short(), 429, 'too_many_bytes');
  for (const end of ends) end();
  await expect.poll(async () => (await call()).status, PATIENT).toBe(200);
});

/** A request whose body is chunked and does not end; answers how to hang up. */
async function unfinished(): Promise<() => void> {
  const request = httpRequest(`${doors.url}/mcp/local`, {
    method: 'POST',
    agent: false,
    headers: { authorization: 'Bearer agt_a', 'content-type': 'application/json' },
  });
  request.on('error', () => {});
  request.flushHeaders();
  await new Promise((sent) => request.write('{', sent));
  return () => request.destroy();
}
