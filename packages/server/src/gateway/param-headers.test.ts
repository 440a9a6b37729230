import type { JsonObject } from '@countersign/core';
import { expect, test } from 'vitest';
import { decodedHeader, headerValue } from './header-value.ts';
import { paramHeaderMismatch, paramHeadersOf, paramHeaderValues } from './param-headers.ts';

const TOOL = {
  name: 'execute_sql',
  inputSchema: {
    type: 'object',
    properties: {
      region: { type: 'string', 'x-mcp-header': 'Region' },
      query: { type: 'string' },
      where: { type: 'object', properties: { shard: { type: 'integer', 'x-mcp-header': 'Shard' } } },
      list: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Item' } },
      bad: { type: 'string', 'x-mcp-header': 'not a token' },
    },
  },
};

test('reads chains of properties alone', () => {
  expect(paramHeadersOf(TOOL)).toEqual([
    { path: ['region'], header: 'mcp-param-region' },
    { path: ['where', 'shard'], header: 'mcp-param-shard' },
  ]);
  expect(paramHeadersOf({ name: 'x' })).toEqual([]);
});

test.each([
  [
    { region: 'us-west1', where: { shard: 7 } },
    { 'mcp-param-region': 'us-west1', 'mcp-param-shard': '7' },
  ],
  [{ region: true }, { 'mcp-param-region': 'true' }],
  [{ region: { nested: 1 }, where: null }, {}],
  [{ query: 'x' }, {}],
  [undefined, {}],
  ['text', {}],
])('%j', (args, headers) => {
  expect(paramHeaderValues(paramHeadersOf(TOOL), args)).toEqual(headers);
});

test.each([
  ['us-west1', 'us-west1'],
  ['two words', 'two words'],
  ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='],
  [' padded ', '=?base64?IHBhZGRlZCA=?='],
  ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='],
  ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
])('%j travels as %s', (text, value) => {
  expect(headerValue(text)).toBe(value);
  expect(decodedHeader(value)).toBe(text);
});

test.each(['=?base64?SGVsbG8?=', '=?base64?SGVs!!!bG8=?=', '=?base64?SGVsbG8= ?=', undefined, ['a', 'b']])(
  '%j is no value',
  (value) => {
    expect(decodedHeader(value)).toBeUndefined();
  },
);

test.each<[object, Record<string, string>, string | undefined]>([
  [{ region: 'eu' }, { 'mcp-param-region': 'eu' }, undefined],
  [{ region: 'eu' }, { 'mcp-param-region': '=?base64?ZXU=?=' }, undefined],
  [{ region: 'eu' }, { 'mcp-param-region': 'EU' }, 'mcp-param-region'],
  [{ region: 'eu' }, {}, 'mcp-param-region'],
  [{ region: null }, {}, undefined],
  [{ region: null }, { 'mcp-param-region': 'null' }, 'mcp-param-region'],
  [{}, { 'mcp-param-region': 'eu' }, 'mcp-param-region'],
  [{ where: { shard: 42 } }, { 'mcp-param-shard': '42.0' }, undefined],
  [{ where: { shard: 42 } }, { 'mcp-param-shard': '43' }, 'mcp-param-shard'],
  [{ where: { shard: 0 } }, { 'mcp-param-shard': '' }, 'mcp-param-shard'],
  [{ where: { shard: 0 } }, { 'mcp-param-shard': ' ' }, 'mcp-param-shard'],
  [{}, { 'mcp-param-unheard-of': 'x' }, undefined],
])('%j with %j: %s', (args, headers, header) => {
  expect(paramHeaderMismatch(paramHeadersOf(TOOL), args as JsonObject, headers)).toBe(header);
});
