import { expect, test } from 'vitest';
import { isKnownMethod, isPassThrough, questionOf } from './mapping.ts';

const ask = (method: string, params: object, digest?: string) =>
  questionOf(
    { agentId: 'agt_1', issuer: 'cs.example', upstream: 'files', method, params: params as never },
    digest === undefined ? undefined : { digest, mapping: undefined },
  );

// COAZ-MCP §"Default Mappings", with the methods that MCP 2026-07-28 added; names stand below their upstream.
test.each<[string, object, { type: string; id: string } | undefined]>([
  ['initialize', { protocolVersion: '2025-11-25' }, { type: 'mcp_server', id: 'files' }],
  ['server/discover', {}, { type: 'mcp_server', id: 'files' }],
  ['tools/list', {}, { type: 'mcp_server', id: 'files' }],
  ['tools/call', { name: 'write' }, { type: 'tool', id: 'files/write' }],
  ['tools/call', {}, undefined],
  ['tools/call', { name: '' }, undefined],
  ['tools/call', { name: 7 }, undefined],
  ['resources/list', {}, { type: 'mcp_server', id: 'files' }],
  ['resources/templates/list', {}, { type: 'mcp_server', id: 'files' }],
  ['resources/read', { uri: 'file:///x' }, { type: 'resource', id: 'files/file:///x' }],
  ['resources/read', {}, undefined],
  ['resources/subscribe', { uri: 'u' }, { type: 'resource', id: 'files/u' }],
  ['resources/unsubscribe', { uri: 'u' }, { type: 'resource', id: 'files/u' }],
  ['subscriptions/listen', { notifications: {} }, { type: 'mcp_server', id: 'files' }],
  ['prompts/list', {}, { type: 'mcp_server', id: 'files' }],
  ['prompts/get', { name: 'p' }, { type: 'prompt', id: 'files/p' }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'p' } }, { type: 'prompt', id: 'files/p' }],
  ['completion/complete', { ref: { type: 'ref/resource', uri: 'u' } }, { type: 'resource', id: 'files/u' }],
  ['completion/complete', { ref: 'p' }, undefined],
  ['logging/setLevel', { level: 'debug' }, { type: 'mcp_server', id: 'files' }],
  ['tasks/list', {}, { type: 'mcp_server', id: 'files' }],
  ['tasks/get', { taskId: 't' }, { type: 'task', id: 'files/t' }],
  ['tasks/result', { taskId: 't' }, { type: 'task', id: 'files/t' }],
  ['tasks/cancel', { taskId: 't' }, { type: 'task', id: 'files/t' }],
  ['tasks/update', { taskId: 't' }, { type: 'task', id: 'files/t' }],
  ['tasks/get', {}, undefined],
  ['sampling/createMessage', {}, undefined],
  ['elicitation/create', {}, undefined],
  ['roots/list', {}, undefined],
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
    for (const era of ['legacy', 'modern'] as const) expect(isKnownMethod(method, era)).toBe(false);
  for (const method of ['initialize', 'logging/setLevel', 'tasks/result']) {
    expect(isKnownMethod(method, 'legacy')).toBe(true);
    expect(isKnownMethod(method, 'modern')).toBe(false);
  }
});

test('subject and agent are the caller; some methods say more of themselves', () => {
  const subject = { type: 'identity', id: 'agt_1' };
  expect(ask('initialize', { protocolVersion: '2025-11-25' })).toMatchObject({
    subject,
    action: { name: 'initialize' },
    context: { agent: 'agt_1', protocol_version: '2025-11-25' },
  });
  expect(ask('logging/setLevel', { level: 'debug' })).toMatchObject({
    subject,
    action: { name: 'logging/setLevel' },
    context: { agent: 'agt_1', level: 'debug' },
  });
});
