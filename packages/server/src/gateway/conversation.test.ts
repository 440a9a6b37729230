import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { look, type ServerLine } from './child-server.ts';
import { Conversation } from './conversation.ts';
import { requestOf } from './made-message.ts';
import { readMessage } from './message.ts';
import type { OpenConnection } from './server-connection.ts';
import { TimeLimit } from './time-limit.ts';
import { UpstreamAway } from './upstream-away.ts';

const CHILD = fileURLToPath(new URL('testing-server.ts', import.meta.url));

let heard: string[];
let conversation: Conversation;

beforeEach(() => {
  heard = [];
  conversation = new Conversation(
    { command: process.execPath, args: [CHILD], env: {}, cwd: '.' },
    {
      said: ({ method }) => void heard.push(method ?? 'nothing'),
      overheard: () => {},
    },
  );
});
afterEach(() => conversation.close());

async function call(tool: string): Promise<string | undefined> {
  const message = { jsonrpc: '2.0', id: 'mine', method: 'tools/call', params: { name: tool, arguments: {} } };
  const request = readMessage(JSON.stringify(message), 1000);
  if (request.kind !== 'request') throw new Error('no request');
  const answer = await conversation.send(request, undefined, () => {}).answer;
  heard.push(answer === undefined ? 'no answer' : 'the answer');
  return answer?.bytes.toString();
}

test('what a server says in one breath is heard in the order in which it was said', async () => {
  expect(await call('both')).toBe('{"jsonrpc":"2.0","id":"mine","result":{"content":[]}}');
  await call('echo');
  expect(heard).toEqual(['the answer', 'notifications/message', 'roots/list', 'the answer']);
});

test('a line without end ends the server, not us', async () => {
  expect(await call('flood')).toBeUndefined();
  expect(await conversation.ended).toEqual({
    kind: 'died',
    how: expect.stringContaining('a line is longer than') as unknown,
  });
});

test('a server that cannot be started was sent nothing', async () => {
  const none = new Conversation(
    { command: 'no-such-server', args: [], env: {}, cwd: '.' },
    { said: () => {}, overheard: () => {} },
  );
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
  const request = readMessage(message, 1000);
  if (request.kind !== 'request') throw new Error('no request');
  await expect(none.send(request, undefined, () => {}).answer).rejects.toThrow(UpstreamAway);
  expect(await none.ended).toEqual({
    kind: 'died',
    how: 'cannot start `no-such-server`: spawn no-such-server ENOENT',
  });
  await none.close();
});

test('what takes longer than it may is cancelled at the server and has no answer, whatever is told of it later', async () => {
  const sent: object[] = [];
  let say: (line: ServerLine) => void = () => {};
  const open: OpenConnection = (line) => {
    say = line;
    return {
      exited: new Promise(() => {}),
      gone: false,
      send: async (message) => void sent.push(message),
      close: async () => {},
    };
  };
  const complaints: string[] = [];
  const limit = new TimeLimit(20, (text) => complaints.push(text));
  const said: unknown[] = [];
  const slow = new Conversation(open, { said: ({ value }) => said.push(value), overheard: () => {}, limit });
  const related: unknown[] = [];
  const ask = async (method: string, params: object = {}): Promise<unknown> =>
    await slow.send(requestOf('mine', method, { ...params }, 'legacy'), undefined, (each) =>
      related.push(each),
    ).answer;
  const told = (message: object): void => say(look(Buffer.from(JSON.stringify(message))) as ServerLine);

  const taking = ask('tools/call', { name: 'slow', _meta: { progressToken: 7 } });
  const progress = {
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params: { progressToken: 1, progress: 1 },
  };
  told(progress);
  expect(await taking).toBeUndefined();
  expect(related).toMatchObject([{ params: { progressToken: 7 } }]);
  expect(sent.slice(1)).toMatchObject([{ method: 'notifications/cancelled', params: { requestId: 1 } }]);
  expect(complaints).toEqual(['the mcp server took longer than 0.02 s for tools/call: it was cancelled']);
  told(progress);
  told({ jsonrpc: '2.0', id: 1, result: {} });
  expect([said, related.length]).toEqual([[], 1]);

  // It must not be cancelled: MCP 2025-11-25 §"Cancellation".
  expect(await ask('initialize')).toBeUndefined();
  expect(sent.slice(2)).toMatchObject([{ method: 'initialize' }]);

  // What is listened to, or waits for a task, takes as long as it takes.
  let over = 0;
  for (const method of ['subscriptions/listen', 'tasks/result']) void ask(method).then(() => over++);
  await new Promise((later) => setTimeout(later, 100));
  expect([over, complaints.length]).toEqual([0, 2]);
});
