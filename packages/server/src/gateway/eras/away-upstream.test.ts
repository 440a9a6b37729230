import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Database } from '../../stores/sqlite/database.ts';
import { SqliteParkedCalls } from '../../stores/sqlite/parked-calls.ts';
import { createHttpGateway, type HttpGateway } from '../http-door.ts';
import { ScriptedPort } from '../testing.ts';
import { ask } from '../testing-client.ts';
import { answerOf, CONSENT, META, modern, MODERN } from '../testing-doors.ts';
import { faultyServer } from '../testing-faulty-server.ts';

let port: ScriptedPort;
let upstream: Server;
let gateway: HttpGateway;
let door: Server;
let url: string;
beforeEach(async () => {
  port = new ScriptedPort();
  upstream = faultyServer([], { open: new Set() });
  gateway = createHttpGateway({
    store: new SqliteParkedCalls(new Database(':memory:'), 't'),
    port: async () => port,
    clock: Date.now,
    upstreams: [
      {
        name: 'older',
        kind: 'http',
        url: `${await listening(upstream)}/mcp`,
        headers: {},
        era: '2025-11-25',
        when_pending: ['hold'],
      },
    ],
    issuer: 'cs.example',
    holdMs: 20_000,
    identify: async () => ({ agentId: 'agt_a', active: true, port }),
    complain: () => {},
    overheard: () => {},
  });
  door = createServer((request, response) => void gateway.handle(request, response));
  url = `${await listening(door)}/mcp/older`;
});
afterEach(async () => {
  await gateway.close();
  for (const server of [door, upstream]) {
    server.closeAllConnections();
    server.close();
  }
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function leave(): Promise<void> {
  upstream.closeAllConnections();
  await new Promise((closed) => upstream.close(closed));
}

const AWAY = { error: { code: -32603, data: { [CONSENT]: { status: 'upstream_unavailable' } } } };

test('a server of the other era that is away when its call was consented to: not executed, said and reported', async () => {
  const [message, headers] = modern(1, 'fine');
  expect(answerOf(await ask(url, message, { headers }))).toHaveProperty('result');
  port.stepUp.add('greet');
  const params = { name: 'greet', _meta: META };
  const asked = { 'mcp-protocol-version': MODERN, 'mcp-method': 'prompts/get', 'mcp-name': 'greet' };
  const held = ask(url, { id: 2, method: 'prompts/get', params }, { headers: asked });
  await expect.poll(() => port.answers.length).toBe(1);
  await leave();
  port.answers[0]?.('approved');
  expect(answerOf(await held)).toMatchObject(AWAY);
  expect(port.reports).toEqual([['clm_1', 'denied-not-executed']]);
});

test('one that was never there is said to be away', async () => {
  await leave();
  const [message, headers] = modern(1, 'fine');
  expect(answerOf(await ask(url, message, { headers }))).toMatchObject(AWAY);
});

test('one that resets the connection under a claim: unknown, once', async () => {
  port.stepUp.add('reset');
  const [message, headers] = modern(1, 'reset');
  const held = ask(url, message, { headers });
  await expect.poll(() => port.answers.length).toBe(1);
  port.answers[0]?.('approved');
  expect(answerOf(await held)).toMatchObject({
    result: { _meta: { [CONSENT]: { status: 'outcome-unknown' } } },
  });
  expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
});
