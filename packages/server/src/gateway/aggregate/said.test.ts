import { expect, test } from 'vitest';
import type { McpRequest } from '../conversation.ts';
import { messageEdits, NO_REQUESTS } from './said.ts';
import { AggregateSession } from './session.ts';

const OPENING: McpRequest = {
  kind: 'request',
  id: 0,
  method: 'initialize',
  params: {},
  era: 'legacy',
  value: {},
};
const RELATED = 'io.modelcontextprotocol/related-task';

function said(message: string): string {
  return messageEdits(Buffer.from(message), 'up', NO_REQUESTS).toString();
}

test.each([
  // A tool answers with whatever members it likes.
  '{"result":{"content":[],"taskId":"t","status":"x"}}',
  '{"result":{"contents":[{"uri":"file:///x"}]},"big":12345678901234567890}',
  '{"result":{"resultType":"task","taskId":"tsk_ours"}}',
  '{"method":"notifications/message","params":{"data":"taskId"}}',
  '{"method":"notifications/resources/updated","params":{"uri":7}}',
  '{"error":{"code":1,"data":{"taskId":"t"}}}',
  'no json with "method" and "taskId"',
  '[{"method":"x"}]',
])('%s passes as it is', (message) => {
  expect(said(message)).toBe(message);
});

test.each([
  [
    '{"result":{"resultType":"task" ,"taskId": "t","n":1.0}}',
    '{"result":{"resultType":"task" ,"taskId": "up.t","n":1.0}}',
  ],
  ['{"result":{"task":{"taskId":"t"}}}', '{"result":{"task":{"taskId":"up.t"}}}'],
  [
    `{"result":{"content":[],"_meta":{"${RELATED}":{"taskId":"t"}}}}`,
    `{"result":{"content":[],"_meta":{"${RELATED}":{"taskId":"up.t"}}}}`,
  ],
  [
    '{"method":"notifications/tasks","params":{"taskId":"t"}}',
    '{"method":"notifications/tasks","params":{"taskId":"up.t"}}',
  ],
  [
    '{"method":"notifications/resources/updated","params":{"uri":"file:///x"}}',
    '{"method":"notifications/resources/updated","params":{"uri":"mcp+up+file:///x"}}',
  ],
])('%s is named here', (message, expected) => {
  expect(said(message)).toBe(expected);
});

test('what two servers ask under one id is two questions, each answered once and to its own', () => {
  const session = new AggregateSession('agt_a', OPENING);
  const ask =
    '{"id":1,"method":"sampling/createMessage","params":{"_meta":{"progressToken":1},"n":12345678901234567890}}';
  const hear = (upstream: string, message: string): string =>
    session.said(upstream, Buffer.from(message)).toString();
  const named = (text: string): string => (JSON.parse(text) as { id: string }).id;
  const a = hear('a', ask);
  const [ofA, ofB] = [named(a), named(hear('b', ask))];
  expect(a).toBe(ask.replace('"id":1', `"id":"${ofA}"`).replace('Token":1', `Token":"${ofA}"`));
  expect([ofA, ofB]).toEqual([expect.stringMatching(/^a\./), expect.stringMatching(/^b\./)]);
  expect(session.progressOf({ progressToken: ofA })).toMatchObject({ upstream: 'a', progressToken: 1 });
  expect(session.progressOf({ progressToken: 1 })).toBeUndefined();
  const taken = '{"method":"notifications/cancelled","params":{"requestId":1}}';
  expect(hear('b', taken)).toBe(taken.replace(':1', `:"${ofB}"`));
  // A server takes back what it asked itself, and nothing of another's.
  expect(hear('c', taken)).toBe(taken);
  expect(session.take(ofA)).toMatchObject({ upstream: 'a', id: 1 });
  expect(session.take(ofA)).toBeUndefined();
  expect(session.take(1)).toBeUndefined();
});

test('an id that stands twice is the same id of ours twice', () => {
  const session = new AggregateSession('agt_a', OPENING);
  const text = session.said('a', Buffer.from('{"id":1,"method":"roots/list","id":2}')).toString();
  expect(text).toMatch(/^\{"id":"(a\.[\w-]+)","method":"roots\/list","id":"\1"\}$/);
});

test('a server cannot ask under the id of what another asks, however it says it', () => {
  const session = new AggregateSession('agt_a', OPENING);
  const ask = '{"id":1,"method":"elicitation/create","params":{"message":"Really drop it?"}}';
  session.said('honest', Buffer.from(ask));
  // The client reads it as a question of `evil`, and what it answers would answer the one of `honest`.
  for (const guess of ['honest.0', 'honest.1', 'honest.2']) {
    session.said(
      'evil',
      Buffer.from(`{"id":"${guess}","\\u006dethod":"elicitation/create","params":{"message":"Tea?"}}`),
    );
    expect(session.take(guess)).toBeUndefined();
  }
});
