import { toolDefinitionDigest, type JsonObject } from '@countersign/core';
import { describe, expect, it, test } from 'vitest';
import { questionOf } from '../mapping.ts';
import { readMessage } from '../message.ts';
import type { McpRequest } from '../conversation.ts';
import { toLegacyAnswer, toModernAnswer } from './answers.ts';
import { askedOf, askingResult, toLegacyAsked } from './asked.ts';
import { clientCapabilities, mayBeAsked, serverCapabilities } from './capabilities.ts';
import { pagesOf } from './errors.ts';
import { speaksModern, toDiscoverResult, toInitializeResult } from './introductions.ts';
import {
  everyChange,
  honoured,
  isHeard,
  isListenedTo,
  offSubscription,
  onSubscription,
} from './notifications.ts';
import { toLegacyRequest, toModernRequest } from './wording.ts';

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
};
const WHO = { clientInfo: { name: 'c', version: '1' }, capabilities: { elicitation: {} } };
const TRACE = { traceparent: '00-1-2-01', progressToken: 'p' };

function request(method: string, params: object): McpRequest {
  const message = readMessage(JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }), 10_000);
  if (message.kind !== 'request') throw new Error('no request');
  return message;
}

describe('requests: method, as the newer era says it, as the older one does', () => {
  test.each<[string, object, object]>([
    ['tools/call', { name: 't', arguments: { a: 1 }, _meta: ENVELOPE }, { name: 't', arguments: { a: 1 } }],
    ['tools/call', { name: 't', _meta: { ...ENVELOPE, ...TRACE } }, { name: 't', _meta: TRACE }],
    ['tools/list', { cursor: 'x', _meta: ENVELOPE }, { cursor: 'x' }],
    ['resources/read', { uri: 'a:b', _meta: ENVELOPE }, { uri: 'a:b' }],
    [
      'prompts/get',
      { name: 'p', arguments: { a: 'b' }, _meta: ENVELOPE },
      { name: 'p', arguments: { a: 'b' } },
    ],
    [
      'completion/complete',
      { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: 'v' }, _meta: ENVELOPE },
      { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'a', value: 'v' } },
    ],
  ])('%s', (method, modern, legacy) => {
    const older = toLegacyRequest(request(method, modern));
    expect(older.value).toEqual({ jsonrpc: '2.0', id: 7, method, params: legacy });
    const newer = toModernRequest(request(method, legacy), WHO);
    expect(newer.value).toEqual({ jsonrpc: '2.0', id: 7, method, params: modern });
    expect([older.era, newer.era]).toEqual(['legacy', 'modern']);
  });

  it('says what was asked for more only in the newer era, and a level only with each request', () => {
    const retry = { name: 't', inputResponses: { a: {} }, requestState: 's', _meta: ENVELOPE };
    expect(toLegacyRequest(request('tools/call', retry)).params).toEqual({ name: 't' });
    const logged = toModernRequest(request('tools/list', {}), { ...WHO, logLevel: 'error' });
    expect(logged.params).toEqual({ _meta: { ...ENVELOPE, 'io.modelcontextprotocol/logLevel': 'error' } });
    expect(toLegacyRequest(logged).params).toEqual({});
  });

  it('asks nobody for a task', () => {
    const task = request('tools/call', { name: 't', task: { ttl: 1 } });
    expect(toModernRequest(task, WHO).params).not.toHaveProperty('task');
  });

  it('the authority is asked the same question in both', () => {
    const ask = ({ method, params }: McpRequest) =>
      questionOf(
        { agentId: 'agt_a', issuer: 'i', upstream: 'u', method, params },
        { digest: 'd', mapping: undefined },
      );
    const modern = request('tools/call', { name: 't', arguments: { a: 1 }, _meta: ENVELOPE });
    expect(ask(toLegacyRequest(modern))).toEqual(ask(modern));
    const legacy = request('tools/call', { name: 't', arguments: { a: 1 } });
    expect(ask(toModernRequest(legacy, WHO))).toEqual(ask(legacy));
    expect(ask(modern)).toEqual(ask(legacy));
  });
});

describe('results: method, as a server of the older era says it, as it arrives in the newer one', () => {
  const KEPT = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
  const content = [{ type: 'text', text: 'x' }];
  test.each<[string, object, object]>([
    ['tools/call', { content }, { resultType: 'complete', content }],
    ['tools/call', { content, isError: true }, { resultType: 'complete', content, isError: true }],
    [
      'tools/call',
      { content, structuredContent: { a: 1 } },
      { resultType: 'complete', content, structuredContent: { a: 1 } },
    ],
    ['tools/call', { content, resultType: 'input_required' }, { resultType: 'complete', content }],
    [
      'tools/call',
      { content, _meta: { 'a/b': 1 } },
      { resultType: 'complete', content, _meta: { 'a/b': 1 } },
    ],
    ['tools/list', { tools: [], nextCursor: 'n' }, { ...KEPT, tools: [], nextCursor: 'n' }],
    [
      'tools/list',
      { tools: [{ name: 't', inputSchema: { type: 'object' }, execution: { taskSupport: 'optional' } }] },
      { ...KEPT, tools: [{ name: 't', inputSchema: { type: 'object' } }] },
    ],
    ['prompts/list', { prompts: [] }, { ...KEPT, prompts: [] }],
    ['prompts/get', { messages: [] }, { resultType: 'complete', messages: [] }],
    ['resources/list', { resources: [] }, { ...KEPT, resources: [] }],
    ['resources/templates/list', { resourceTemplates: [] }, { ...KEPT, resourceTemplates: [] }],
    ['resources/read', { contents: [] }, { ...KEPT, contents: [] }],
    [
      'completion/complete',
      { completion: { values: [] } },
      { resultType: 'complete', completion: { values: [] } },
    ],
  ])('%s', (method, legacy, modern) => {
    expect(toModernAnswer(method, { id: 1, result: legacy } as JsonObject)).toEqual({
      id: 1,
      result: modern,
    });
  });

  it('says which server it was', () => {
    const answer = toModernAnswer('tools/call', { id: 1, result: { content } }, { name: 's', version: '1' });
    expect(answer['result']).toHaveProperty(['_meta', 'io.modelcontextprotocol/serverInfo', 'name'], 's');
  });
});

describe('results: method, as a server of the newer era says it, as it arrives in the older one', () => {
  const KEPT = { resultType: 'complete', ttlMs: 60, cacheScope: 'public' };
  const text = { type: 'text', text: 'x' };
  test.each<[string, object, object]>([
    ['tools/call', { resultType: 'complete', content: [text] }, { content: [text] }],
    [
      'tools/call',
      { resultType: 'complete', content: [text], structuredContent: { a: 1 } },
      { content: [text], structuredContent: { a: 1 } },
    ],
    ['tools/call', { resultType: 'complete', content: [text], structuredContent: [1] }, { content: [text] }],
    [
      'tools/call',
      { resultType: 'complete', content: [], structuredContent: [1] },
      { content: [{ type: 'text', text: '[1]' }] },
    ],
    ['tools/call', { resultType: 'complete', content: [], ttlMs: 1 }, { content: [], ttlMs: 1 }],
    [
      'tools/list',
      { ...KEPT, tools: [{ name: 't', outputSchema: { type: 'object' } }] },
      { tools: [{ name: 't', outputSchema: { type: 'object' } }] },
    ],
    [
      'tools/list',
      { ...KEPT, tools: [{ name: 't', outputSchema: { anyOf: [] } }] },
      { tools: [{ name: 't' }] },
    ],
    ['resources/read', { ...KEPT, contents: [] }, { contents: [] }],
    [
      'prompts/get',
      {
        resultType: 'complete',
        messages: [],
        _meta: { 'io.modelcontextprotocol/serverInfo': { name: 's' } },
      },
      { messages: [] },
    ],
  ])('%s', (method, modern, legacy) => {
    expect(toLegacyAnswer(method, { id: 1, result: modern } as JsonObject)).toEqual({
      id: 1,
      result: legacy,
    });
  });
});

describe('errors: code, and the code in the other era', () => {
  test.each([
    [-32002, -32602],
    [-32042, -32021],
    [-32020, -32603],
    [-32050, -32603],
    [-32001, -32001],
    [-32602, -32602],
    [-32601, -32601],
    [42, 42],
  ])('%d of an older server is %d to a newer client', (code, then) => {
    const { error } = toModernAnswer('tools/call', { id: 1, error: { code, message: 'm' } });
    expect(error).toHaveProperty('code', then);
  });
  test.each([
    [-32020, -32603],
    [-32021, -32602],
    [-32022, -32603],
    [-32099, -32603],
    [-32001, -32001],
    [-32602, -32602],
    [42, 42],
  ])('%d of a newer server is %d to an older client', (code, then) => {
    const { error } = toLegacyAnswer('tools/call', { id: 1, error: { code, message: 'm' } });
    expect(error).toMatchObject({ code: then, message: 'm' });
  });
  it('pages to open are known by the one code', () => {
    const data = { elicitations: [{ mode: 'url', url: 'https://a', elicitationId: 'e' }, 1] };
    expect(pagesOf({ code: -32042, message: '', data })).toHaveLength(1);
    expect(pagesOf({ code: -32041, message: '', data })).toHaveLength(0);
  });
});

describe('introductions', () => {
  const capabilities = { tools: { listChanged: true }, extensions: { 'a/b': {} } };
  const serverInfo = { name: 's', version: '1' };
  it('what a server says of itself is the same in both', () => {
    const initialized = { protocolVersion: '2025-11-25', capabilities, serverInfo, instructions: 'do' };
    const discovered = toDiscoverResult(initialized);
    expect(discovered).toEqual({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities,
      instructions: 'do',
      ttlMs: 0,
      cacheScope: 'private',
      _meta: { 'io.modelcontextprotocol/serverInfo': serverInfo },
    });
    expect(toInitializeResult(discovered, '2025-11-25')).toEqual(initialized);
  });
  test.each([
    ['2025-06-18', '2025-06-18'],
    ['2024-11-05', '2024-11-05'],
    ['2099-01-01', '2025-11-25'],
    [undefined, '2025-11-25'],
  ])('a client that asks for %s gets %s', (asked, got) => {
    expect(toInitializeResult({}, asked)).toHaveProperty('protocolVersion', got);
  });
  test.each<[JsonObject, boolean]>([
    [{ result: { supportedVersions: ['2026-07-28'] } }, true],
    [{ result: { supportedVersions: ['2027-01-01'] } }, false],
    [{ result: {} }, false],
    [{ error: { code: -32022, message: '', data: { supported: ['2026-07-28'] } } }, true],
    [{ error: { code: -32022, message: '', data: { supported: ['2025-11-25'] } } }, false],
    [{ error: { code: -32601, message: '' } }, false],
    [{ error: { code: -32020, message: '' } }, false],
  ])('%j: speaks the newer era: %s', (answer, expected) => {
    expect(speaksModern(answer)).toBe(expected);
  });
  it('tasks are declared to nobody of the other era', () => {
    const tasks = { 'io.modelcontextprotocol/tasks': {} };
    expect(clientCapabilities({ tasks: {}, roots: { listChanged: true }, extensions: tasks })).toEqual({
      roots: {},
      extensions: {},
    });
    expect(serverCapabilities({ tasks: {}, tools: {}, extensions: { ...tasks, 'a/b': {} } })).toEqual({
      tools: {},
      extensions: { 'a/b': {} },
    });
  });
});

describe('what a server asks its client', () => {
  test.each<[JsonObject, string, JsonObject, boolean]>([
    [{ elicitation: {} }, 'elicitation/create', { message: 'm' }, true],
    [{ elicitation: {} }, 'elicitation/create', { mode: 'url' }, false],
    [{ elicitation: { url: {} } }, 'elicitation/create', { mode: 'url' }, true],
    [{ elicitation: { url: {} } }, 'elicitation/create', { mode: 'form' }, false],
    [{}, 'elicitation/create', {}, false],
    [{ sampling: {} }, 'sampling/createMessage', {}, true],
    [{ sampling: {} }, 'sampling/createMessage', { tools: [] }, false],
    [{ sampling: { tools: {} } }, 'sampling/createMessage', { tools: [] }, true],
    [{ roots: {} }, 'roots/list', {}, true],
    [{}, 'roots/list', {}, false],
    [{ elicitation: {} }, 'tasks/get', {}, false],
  ])('%j may be asked %s %j: %s', (declared, method, params, expected) => {
    expect(mayBeAsked(declared, method, params)).toBe(expected);
  });

  it('is in an answer what it was as a request', () => {
    const page = { mode: 'url', url: 'https://a', message: 'm' };
    const asked = new Map([
      ['a', { method: 'elicitation/create', params: { ...page, elicitationId: 'e', task: { ttl: 1 } } }],
      ['b', { method: 'roots/list', params: { _meta: { progressToken: 1 } } }],
    ]);
    const result = askingResult(asked, 's');
    expect(result).toEqual({
      resultType: 'input_required',
      inputRequests: { a: { method: 'elicitation/create', params: page }, b: { method: 'roots/list' } },
      requestState: 's',
    });
    const back = askedOf(result);
    expect(back?.get('b')).toEqual({ method: 'roots/list', params: {} });
    expect(toLegacyAsked(back!.get('a')!, 'e2').params).toEqual({ ...page, elicitationId: 'e2' });
    expect(askedOf({ resultType: 'complete' })).toBeUndefined();
  });
});

describe('notifications', () => {
  const capabilities = { tools: { listChanged: true }, resources: { subscribe: true } };
  it('a filter is honoured as far as the server can', () => {
    const asked = { toolsListChanged: true, promptsListChanged: true, resourceSubscriptions: ['a:b', 1] };
    expect(honoured(asked, capabilities)).toEqual({ toolsListChanged: true, resourceSubscriptions: ['a:b'] });
    expect(honoured(asked, {})).toEqual({});
    expect(honoured(undefined, capabilities)).toEqual({});
    expect(everyChange(capabilities, new Set(['a:b']))).toEqual({
      toolsListChanged: true,
      resourceSubscriptions: ['a:b'],
    });
  });
  test.each([
    ['notifications/tools/list_changed', {}, true],
    ['notifications/prompts/list_changed', {}, false],
    ['notifications/resources/updated', { uri: 'a:b' }, true],
    ['notifications/resources/updated', { uri: 'a:b/c' }, true],
    ['notifications/resources/updated', { uri: 'a:bc' }, false],
    ['notifications/message', {}, false],
  ])('%s %j is listened to: %s', (method, params, expected) => {
    const filter = { toolsListChanged: true, resourceSubscriptions: ['a:b'] } as const;
    expect(isListenedTo(filter, method, params)).toBe(expected);
  });
  it('says on which subscription in the newer era alone', () => {
    const told = onSubscription('notifications/resources/updated', { uri: 'a:b' }, 5);
    expect(told).toHaveProperty(['params', '_meta', 'io.modelcontextprotocol/subscriptionId'], 5);
    expect(offSubscription(told)).toEqual({
      jsonrpc: '2.0',
      method: 'notifications/resources/updated',
      params: { uri: 'a:b' },
    });
  });
  test.each([
    ['info', 'error', true],
    ['info', 'info', true],
    ['error', 'info', false],
    [undefined, 'emergency', false],
    ['loud', 'emergency', false],
    ['debug', 'loud', false],
  ])('who asked for %s hears %s: %s', (wanted, said, expected) => {
    expect(isHeard(wanted, said)).toBe(expected);
  });
});

it('a tool has the same digest in both eras', () => {
  const tool = {
    name: 't',
    description: 'd',
    inputSchema: { type: 'object' },
    outputSchema: { type: 'object' },
  };
  const legacy = { ...tool, execution: { taskSupport: 'optional' } };
  const { result } = toModernAnswer('tools/list', { id: 1, result: { tools: [legacy] } });
  const [modern] = (result as { tools: JsonObject[] }).tools;
  const { result: again } = toLegacyAnswer('tools/list', { id: 1, result: { tools: [modern ?? {}] } });
  const [back] = (again as { tools: JsonObject[] }).tools;
  expect(new Set([legacy, modern ?? {}, back ?? {}].map(toolDefinitionDigest)).size).toBe(1);
});
