import { expect, test } from 'vitest';
import { isKnownMethod, isPassThrough, questionOf } from './mapping.ts';

const ask = (method: string, params: object, digest?: string) =>
  questionOf(
    { agentId: 'agt_1', issuer: 'cs.example', upstream: 'files', method, params: params as never },
    digest === undefined ? undefined : { digest, mapping: undefined },
  );

test.each<[string, object, { type: string; id: string } | undefined]>([
  ['initialize', {}, { type: 'mcp_server', id: 'files' }],
  ['tools/list', {}, { type: 'mcp_server', id: 'files' }],
  ['tools/call', { name: 'write' }, { type: 'tool', id: 'files/write' }],
  ['tools/call', {}, undefined],
  ['tools/call', { name: '' }, undefined],
  ['tools/call', { name: 7 }, undefined],
  ['resources/read', { uri: 'file:///x' }, { type: 'resource', id: 'files/file:///x' }],
  ['resources/read', {}, undefined],
  ['prompts/get', { name: 'p' }, { type: 'prompt', id: 'files/p' }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'p' } }, { type: 'prompt', id: 'files/p' }],
  ['completion/complete', { ref: { type: 'ref/resource', uri: 'u' } }, { type: 'resource', id: 'files/u' }],
  ['completion/complete', { ref: 'p' }, undefined],
  ['tasks/get', { taskId: 't' }, { type: 'task', id: 'files/t' }],
  ['tools/erase', {}, undefined],
])('%s %j is about %j', (method, params, resource) => {
  expect(ask(method, params)?.resource).toEqual(resource);
});

test('whatever else of a tool call reaches the upstream binds too', () => {
  const bound = (params: object) => ask('tools/call', { name: 'x', ...params }, 'd')?.context;
  expect(bound({ arguments: { a: 1 }, _meta: { progressToken: 1 } })).toEqual({
    agent: 'agt_1',
    upstream: 'files',
    method: 'tools/call',
    arguments: { a: 1 },
    tool_digest: 'd',
    supported_obligations: [],
  });
  expect(bound({})).toMatchObject({ arguments: {} });
  expect(bound({ arguments: { a: 1 }, task: { ttl: 1 } })).toMatchObject({
    arguments: { a: 1 },
    params: { task: { ttl: 1 } },
  });
  expect(bound({ arguments: {}, requestState: 's' })).toMatchObject({
    arguments: {},
    params: { requestState: 's' },
  });
  // A member beside the arguments never passes for one of them.
  expect(bound({ arguments: { query: 'DROP' }, query: 'SELECT' })).toMatchObject({
    arguments: { query: 'DROP' },
    params: { query: 'SELECT' },
  });
  expect(bound({ inputResponses: { a: 1 } })).toMatchObject({ input_responses: { a: 1 } });
});

test('only ping passes unasked', () => {
  expect(isPassThrough('ping')).toBe(true);
  for (const method of ['initialize', 'tools/call', 'tasks/cancel', 'x'])
    expect(isPassThrough(method)).toBe(false);
  for (const method of ['constructor', '__proto__', 'tools/erase', ''])
    expect(isKnownMethod(method)).toBe(false);
});
