import { afterEach, beforeEach, expect, test } from 'vitest';
import { answerOf, modern, openDoors, tool, type Doors } from './testing-doors.ts';

let doors: Doors;
beforeEach(async () => {
  doors = await openDoors();
});
afterEach(() => doors.close());

test.each([
  ['one level too deep', 65 - 3],
  ['as deep as a body is long', 500_000],
])('a message that is nested %s is refused, and goes nowhere', async (_what, depth) => {
  const args = '['.repeat(depth) + ']'.repeat(depth);
  const raw = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"a":${args}}}}`;
  const got = await doors.ask('/mcp/remote', undefined, { raw });
  expect(got.status).toBe(400);
  expect(answerOf(got)).toMatchObject({ error: { code: -32700, data: { code: 'too_deep' } } });
  expect(doors.received).toEqual([]);
});

test('one that is as deep as it may be goes on', async () => {
  const depth = 64 - 3;
  const args = { a: JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown };
  const got = await doors.ask('/mcp/remote', tool(1, 'echo', args));
  expect(answerOf(got)).toMatchObject({ id: 1, result: {} });
});

test('an answer passes however deep it is; what would have to be written anew does not, and nobody ends of it', async () => {
  const [message, headers] = modern(1, 'deep', {}, { progressToken: 't' });
  const { status, text } = await doors.ask('/mcp/local', message, { headers });
  expect(status).toBe(200);
  expect(text.includes(`{"jsonrpc":"2.0","id":1,"result":{"content":${'['.repeat(100_000)}]`)).toBe(true);
  expect(text).not.toContain('notifications/progress');
  const [again, more] = modern(2, 'echo');
  expect(answerOf(await doors.ask('/mcp/local', again, { headers: more }))).toMatchObject({ id: 2 });
});
