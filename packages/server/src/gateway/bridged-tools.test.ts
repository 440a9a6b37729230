import { expect, test } from 'vitest';
import { lookAt } from './bridged-message.ts';
import { BridgedTools } from './bridged-tools.ts';

const message = (value: object) => lookAt(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, ...value })));
const list = message({ method: 'tools/list' });
const answer = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  result: {
    tools: [
      { name: 'echo', inputSchema: { properties: { to: { 'x-mcp-header': 'To' } } } },
      { name: 7 },
      null,
    ],
  },
});
const call = (name: string, args: object) =>
  message({ method: 'tools/call', params: { name, arguments: args } });

test('headers that a listed tool wants are made from the arguments', () => {
  const tools = new BridgedTools();
  tools.learn(call('echo', {}), answer);
  expect(tools.headersFor(call('echo', { to: 'eu' }))).toEqual({});
  tools.learn(list, 'no json');
  tools.learn(list, answer);
  expect(tools.headersFor(call('echo', { to: 'eu' }))).toEqual({ 'mcp-param-to': 'eu' });
  expect(tools.headersFor(call('echo', { to: 'ä' }))).toEqual({ 'mcp-param-to': '=?base64?w6Q=?=' });
  expect(tools.headersFor(call('other', { to: 'eu' }))).toEqual({});
  expect(tools.headersFor(list)).toEqual({});
});
