import { JsonError } from '@countersign/core';
import { expect, test } from 'vitest';
import { MessageError, readMessage } from './message.ts';

const read = (text: string) => readMessage(text, 1000);
const MODERN = '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}';

test.each<[string, object]>([
  [
    '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    { kind: 'request', id: 1, method: 'ping', params: {}, era: 'legacy' },
  ],
  [
    '{"jsonrpc":"2.0","id":"a","method":"x","params":{"b":1}}',
    { kind: 'request', id: 'a', params: { b: 1 } },
  ],
  [`{"jsonrpc":"2.0","id":1,"method":"x","params":{${MODERN}}}`, { kind: 'request', era: 'modern' }],
  ['{"jsonrpc":"2.0","method":"notifications/x"}', { kind: 'notification', method: 'notifications/x' }],
  ['{"jsonrpc":"2.0","id":1,"result":{}}', { kind: 'response', id: 1 }],
  ['{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}', { kind: 'response', id: 1 }],
])('%s', (text, message) => {
  expect(read(text)).toMatchObject(message);
});

test.each<[string, number, string, string | number | null]>([
  ['[]', -32600, 'batch', null],
  ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, 'batch', null],
  ['"x"', -32600, 'invalid_request', null],
  ['null', -32600, 'invalid_request', null],
  ['{"id":1,"method":"ping"}', -32600, 'invalid_request', null],
  ['{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, 'invalid_request', null],
  ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, 'invalid_request', null],
  ['{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, 'invalid_request', null],
  ['{"jsonrpc":"2.0","id":[1],"method":"ping"}', -32600, 'invalid_request', null],
  ['{"jsonrpc":"2.0","id":1}', -32600, 'invalid_request', null],
  ['{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', -32600, 'invalid_request', null],
  ['{"jsonrpc":"2.0","result":{}}', -32600, 'invalid_request', null],
  ['{"jsonrpc":"2.0","id":1,"method":7}', -32600, 'invalid_request', 1],
  ['{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}', -32600, 'invalid_request', 1],
  ['{"jsonrpc":"2.0","id":1,"method":"x","params":"y"}', -32600, 'invalid_request', 1],
  [
    `{"jsonrpc":"2.0","id":1,"method":"x","params":{${MODERN.replace('2026-07-28', '2099-01-01')}}}`,
    -32022,
    'unsupported_version',
    1,
  ],
  [
    '{"jsonrpc":"2.0","id":1,"method":"x","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":7}}}',
    -32022,
    'unsupported_version',
    1,
  ],
])('%s is refused', (text, rpcCode, code, id) => {
  try {
    read(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(MessageError);
    expect(error).toMatchObject({ rpcCode, code, id });
  }
});

test.each(['{', '{"a":1,"a":2}', '{"a":1e400}', '{"a":"\\ud800"}', ' '.repeat(1001)])(
  '%s is no strict JSON',
  (text) => {
    expect(() => read(text)).toThrow(JsonError);
  },
);

test('of _meta only what the protocol itself puts there goes further', () => {
  const message = read(
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'x',
        _meta: {
          progressToken: 1,
          traceparent: '00-1-2-03',
          'io.modelcontextprotocol/clientInfo': { name: 'c' },
          'evil.example/instructions': 'do something else',
          'io.modelcontextprotocol.evil/x': 1,
          anything: true,
        },
      },
    }),
  );
  const kept = {
    progressToken: 1,
    traceparent: '00-1-2-03',
    'io.modelcontextprotocol/clientInfo': { name: 'c' },
  };
  expect(message).toMatchObject({ kind: 'request', params: { name: 'x', _meta: kept } });
  expect(message.value['params']).toEqual({ name: 'x', _meta: kept });
});

// A server in Go or .NET does not tell case apart, and takes the last of two.
test.each([
  '{"name":"query","Name":"drop"}',
  '{"Name":"drop"}',
  '{"name":"query","Arguments":{}}',
  '{"name":"query","argument\u017f":{}}',
  '{"name":"query","\uff4eame":"drop"}',
  '{"taskId":"a","taskid":"b"}',
  '{"tas\u212aId":"b"}',
  '{"_Meta":{"x":1}}',
  '{"ref":{"type":"ref/prompt","name":"a","NAME":"b"}}',
  '{"name":"query","arguments":{"force":false,"Force":true}}',
  '{"other":[{"a":1,"A":2}]}',
])('the params %s can be read in two ways', (params) => {
  expect(() => read(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`)).toThrow(
    expect.objectContaining({ rpcCode: -32602, code: 'ambiguous_params', id: 1 }),
  );
});

test('deeper in the arguments names are the tool’s own', () => {
  const params = {
    name: 'run',
    arguments: { env: { Path: '1', PATH: '2' } },
    inputResponses: { a: { x: 1, X: 2 } },
  };
  const message = read(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
  expect(message.value['params']).toEqual(params);
});

test.each<[string, object]>([
  [
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"Method":"tools/call","Params":{"name":"drop"},"result":1}',
    { jsonrpc: '2.0', id: 1, method: 'ping', params: {} },
  ],
  [
    '{"jsonrpc":"2.0","method":"notifications/x","Method":"tools/call","Id":7,"Params":{"name":"drop"}}',
    { jsonrpc: '2.0', method: 'notifications/x' },
  ],
  [
    '{"jsonrpc":"2.0","id":1,"result":{},"Method":"tools/call","Params":{"name":"drop"},"params":{}}',
    { jsonrpc: '2.0', id: 1, result: {} },
  ],
])('nothing but the members of JSON-RPC goes further: %s', (text, value) => {
  expect(read(text).value).toEqual(value);
});
