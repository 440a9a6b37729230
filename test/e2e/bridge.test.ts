import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN } from './countersign.ts';
import { openWorld, type World } from './world.ts';

describe('the bridge before a real gateway', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test('a client outlives a restart of the gateway: its session is opened anew', async () => {
    writeFileSync(join(world.site.files, 'a.txt'), 'a');
    const agent = await world.agent('2025-11-25', 'bridge', 'files');
    const read = () => agent.call('read_text_file', { path: join(world.site.files, 'a.txt') });
    expect(await read()).toMatchObject({ isError: false, text: 'a' });
    await world.restart('kill');
    expect(await read()).toMatchObject({ isError: false, text: 'a' });
    await agent.close();
  });

  test('without a gateway a call is answered as not run', async () => {
    const agent = await world.agent('2025-11-25', 'bridge', 'files');
    await world.server.stop();
    await expect(agent.call('read_text_file', { path: 'a.txt' })).rejects.toMatchObject({
      code: -32603,
      data: { 'io.countersign/consent': { status: 'unavailable' } },
    });
    await agent.close();
    world.server = await world.site.start();
  });

  test.each(['2025-11-25', '2026-07-28'] as const)(
    'a call that is cancelled is given up (%s)',
    async (era) => {
      const agent = await world.agent(era, 'bridge', 'notes');
      const gone = new AbortController();
      const call = agent.call('write_note', { name: `gone-${era}`, text: 'x' }, { signal: gone.signal });
      const id = await world.site.pending();
      gone.abort();
      await expect(call).rejects.toThrow();
      await world.site.vote('approve', id);
      // Who left is not run for: the approval stays unused.
      await new Promise((later) => setTimeout(later, 500));
      expect(world.site.writes()).not.toContain(`gone-${era}`);
      await agent.close();
    },
  );
});

/** A bridge whose gateway is what `answer` does, and the lines that come out of it. */
async function bridged(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
  lines: readonly string[],
  wanted: number,
): Promise<{ out: string[]; seen: string[]; stderr: string }> {
  const seen: string[] = [];
  const gateway = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push(`${request.method} ${String(request.headers['mcp-session-id'] ?? '-')} ${body}`.trim());
      answer(request, body, response);
    });
  });
  const port = await new Promise<number>((found) => {
    gateway.listen(0, '127.0.0.1', () => {
      const address = gateway.address();
      found(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const bridge = spawn(process.execPath, [MAIN, 'mcp', '--server', 'fake'], {
    env: { ...process.env, COUNTERSIGN_URL: `http://127.0.0.1:${port}`, COUNTERSIGN_API_KEY: 'cs_agent_x' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  bridge.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const out: string[] = [];
  const enough = new Promise<void>((done) => {
    createInterface({ input: bridge.stdout }).on('line', (line) => {
      out.push(line);
      if (out.length >= wanted) done();
    });
  });
  const ended = new Promise<void>((done) => bridge.on('close', () => done()));
  for (const line of lines) bridge.stdin.write(`${line}\n`);
  await enough;
  bridge.stdin.end();
  await ended;
  await new Promise<void>((closed) => {
    gateway.close(() => closed());
    gateway.closeAllConnections();
  });
  return { out, seen, stderr };
}

const INITIALIZE = '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}';
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
const json = (response: ServerResponse, text: string, headers: Record<string, string> = {}): void =>
  void response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);

describe('the bridge before a gateway of our own making', () => {
  test('bytes pass as they are, line breaks between tokens as spaces; streams as they come', async () => {
    const call = '{"jsonrpc":"2.0", "id":1,"method":"tools/call","params":{"name":"x","n":1.50}}';
    const { out, seen } = await bridged(
      (_request, body, response) => {
        if (body === INITIALIZE) {
          return json(response, '{"jsonrpc":"2.0",\n "id":0,"result":{"protocolVersion":"2025-11-25"}}', {
            'mcp-session-id': 's1',
          });
        }
        if (body === call) {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(': hello\r\n\r\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\r\n\r\n');
          response.end('data: {"jsonrpc":"2.0","id":1,\ndata: "result":{"big":12345678901234567890}}\n\n');
          return;
        }
        response.writeHead(202).end();
      },
      [INITIALIZE, INITIALIZED, call],
      3,
    );
    expect(out).toEqual([
      '{"jsonrpc":"2.0",  "id":0,"result":{"protocolVersion":"2025-11-25"}}',
      '{"jsonrpc":"2.0","method":"notifications/progress"}',
      '{"jsonrpc":"2.0","id":1, "result":{"big":12345678901234567890}}',
    ]);
    expect(seen.slice(0, 2)).toEqual([`POST - ${INITIALIZE}`, `POST s1 ${INITIALIZED}`]);
    expect(seen).toContain(`POST s1 ${call}`);
    expect(seen).toContain('GET s1');
    expect(seen.at(-1)).toBe('DELETE s1');
  });

  test('the stream of the session carries what the server says of itself', async () => {
    const asked = '{"jsonrpc":"2.0","id":"s-1","method":"roots/list"}';
    const { out } = await bridged(
      (request, body, response) => {
        if (body === INITIALIZE)
          return json(response, '{"jsonrpc":"2.0","id":0,"result":{}}', { 'mcp-session-id': 's' });
        if (request.method !== 'GET') return void response.writeHead(202).end();
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${asked}\n\n`);
      },
      [INITIALIZE, INITIALIZED],
      2,
    );
    expect(out[1]).toBe(asked);
  });

  test('a stream that ends early is taken up where it ended', async () => {
    const { out, seen } = await bridged(
      (request, body, response) => {
        if (body === INITIALIZE)
          return json(response, '{"jsonrpc":"2.0","id":0,"result":{}}', { 'mcp-session-id': 's' });
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        if (request.method === 'POST') response.end('id: 7\nretry: 10\ndata:\n\n');
        else if (request.headers['last-event-id'] === '7')
          response.end('id: 8\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n');
        else response.end();
      },
      [INITIALIZE, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'],
      2,
    );
    expect(out[1]).toBe('{"jsonrpc":"2.0","id":1,"result":{}}');
    expect(seen).toContain('GET s');
  });

  test.each([
    [
      401,
      'application/problem+json',
      '{"title":"send an agent’s api key"}',
      /not run: send an agent’s api key \(status 401\)/,
    ],
    [502, 'text/html', '<h1>proxy</h1>', /not run: the gateway did not take it \(status 502\)/],
  ])('a refusal of HTTP (%i) is an answer to the request', async (status, type, text, message) => {
    const { out } = await bridged(
      (_request, _body, response) => void response.writeHead(status, { 'content-type': type }).end(text),
      ['{"jsonrpc":"2.0","id":"a","method":"tools/list","params":{}}'],
      1,
    );
    const answer = JSON.parse(out[0] ?? '') as { id: string; error: { message: string } };
    expect(answer.id).toBe('a');
    expect(answer.error.message).toMatch(message);
  });

  test('a connection that breaks after the message was sent leaves its outcome unknown; the key is nowhere', async () => {
    const { out, stderr } = await bridged(
      (_request, _body, response) => void response.destroy(),
      ['{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"x"}}'],
      1,
    );
    expect(out[0]).toMatch(/outcome-unknown/);
    expect(out.join('') + stderr).not.toContain('cs_agent_x');
  });
});
