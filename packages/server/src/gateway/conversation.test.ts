import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Conversation } from './conversation.ts';
import { readMessage } from './message.ts';
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
