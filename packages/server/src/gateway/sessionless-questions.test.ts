import type { Server, ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answerOf, notingServer, openDoors, tool, type Doors, type Received } from './testing-doors.ts';

// A server of the older era without sessions knows what it asked by its ids, which it counts.
let doors: Doors;
let waiting: ServerResponse | undefined;
beforeEach(async () => {
  waiting = undefined;
  doors = await openDoors({}, undefined, askingServer);
});
afterEach(() => doors.close());

/** It drops what it is told to once its client has said that it may. */
function askingServer(received: Received[]): Server {
  return notingServer(received, ({ id, method, result }, response) => {
    if (method === undefined) {
      const content = [{ type: 'text', text: `dropped: ${JSON.stringify(result)}` }];
      waiting?.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content } })}\n\n`);
      return void response.writeHead(202).end();
    }
    if (method === 'tools/call') {
      waiting = response;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"jsonrpc":"2.0","id":0,"method":"elicitation/create","params":{}}\n\n');
      return;
    }
    const tools = [{ name: 'drop', inputSchema: { type: 'object' } }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: { tools } }));
  });
}

test('what it asks is answered by whoever it asked, once', async () => {
  const answers = (): unknown[] =>
    doors.received.filter(({ body }) => body['method'] === undefined).map(({ body }) => body['result']);
  const asked = Promise.withResolvers<void>();
  const called = doors.ask('/mcp/remote', tool(1, 'drop'), {
    on: ({ method }) => void (method === 'elicitation/create' && asked.resolve()),
  });
  await asked.promise;
  const say = (agent: string, action: string) =>
    doors.ask('/mcp/remote', { id: 0, result: { action } }, { agent });
  expect((await say('agt_b', 'accept')).status).toBe(202);
  expect(answers()).toEqual([]);
  await say('agt_a', 'decline');
  await say('agt_a', 'accept');
  expect(answers()).toEqual([{ action: 'decline' }]);
  expect(JSON.stringify(answerOf(await called))).toContain('decline');
});
