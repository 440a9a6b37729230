import type { JsonObject } from '@countersign/core';
import { expect, test } from 'vitest';
import type { ParkedCall } from '../port.ts';
import { kept } from './endings.ts';
import { legacyTask } from './legacy-wire.ts';

const CONSENT = 'io.countersign/consent';
const DISPOSITION = 'io.modelcontextprotocol/tool-approval-disposition';
const AUTHORIZATION = 'io.modelcontextprotocol/authorization';
const CALL: ParkedCall = {
  id: 'tsk_1',
  agent: 'agt_a',
  upstream: 'files',
  request: 'arq_1',
  message: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'drop' } },
  tool_digest: '',
  state: 'ended',
  created_at: 0,
  updated_at: 0,
  expires_at: 1,
};
const META = { [CONSENT]: {}, [DISPOSITION]: 'denied-not-executed', [AUTHORIZATION]: {}, 'example/own': 1 };

test.each<[string, JsonObject, boolean, string]>([
  [
    'a result, after consent',
    { result: { isError: true, content: [], _meta: META } },
    true,
    'it ran once, and failed',
  ],
  ['a result', { result: { isError: true, content: [], _meta: META } }, false, 'it ran once, and failed'],
  [
    'an error, after consent',
    { error: { code: 1, message: 'x', data: META } },
    true,
    'the server answered with an error',
  ],
  ['an error', { error: { code: 1, message: 'x', data: META } }, false, 'the server answered with an error'],
])('a server that ran a call cannot have us say that it did not: %s', (_what, message, consented, says) => {
  const answer = kept(CALL, message, consented);
  expect(legacyTask({ ...CALL, answer })['statusMessage']).toBe(says);
  const { _meta, data } = (answer['result'] ?? answer['error']) as Record<string, JsonObject>;
  const executed = consented && _meta !== undefined ? { [DISPOSITION]: 'execution-error' } : {};
  expect(_meta ?? data).toEqual({ 'example/own': 1, ...executed });
});
