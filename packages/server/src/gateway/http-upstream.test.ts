import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScriptedPort } from './testing.ts';
import type { Ask, Got } from './testing-client.ts';
import { answerOf, CONSENT, META, modern, MODERN, openDoors, tool, type Doors } from './testing-doors.ts';

let doors: Doors;
let port: ScriptedPort;
let received: Doors['received'];
beforeEach(async () => {
  doors = await openDoors();
  ({ port, received } = doors);
});
afterEach(() => doors.close());

const ask = (path: string, message?: object, how?: Ask): Promise<Got> => doors.ask(path, message, how);
const open = (agent?: string): Promise<string> => doors.open(agent);

describe('an upstream at a URL', () => {
  test('sees our credential and never the caller’s; headers are made from the body', async () => {
    const [message, headers] = modern(1, 'echo', { to: 'eu' });
    const got = await ask('/mcp/remote', message, {
      headers: {
        ...headers,
        'mcp-param-to': '=?base64?ZXU=?=',
        'mcp-param-other': 'us',
        cookie: 'c=1',
        'x-forwarded-for': '1.2.3.4',
      },
    });
    // Not a byte of its answer is changed: this number survives no parser.
    expect(got.text).toBe('{"jsonrpc":"2.0", "result":{"big":12345678901234567890,"content":[]},"id":1 }');
    const call = received.at(-1);
    expect(call?.headers).toMatchObject({
      authorization: 'Bearer ours',
      'mcp-name': 'echo',
      'mcp-param-to': 'eu',
    });
    expect(call?.headers).not.toHaveProperty('mcp-param-other');
    expect(call?.headers).not.toHaveProperty('cookie');
    expect(call?.headers).not.toHaveProperty('x-forwarded-for');
    expect(JSON.stringify(received)).not.toContain('agt_a');
  });

  test('is told in headers what the body says, whatever the caller’s headers say', async () => {
    const wrong = { 'mcp-method': 'tools/list', 'mcp-name': 'erase', 'mcp-param-to': 'them' };
    await ask('/mcp/remote', tool(1, 'echo', { to: 'us' }), { headers: wrong });
    await ask('/mcp/remote', { method: 'notifications/x' }, { headers: wrong });
    for (const { headers } of received) {
      expect(headers['mcp-name']).toBeUndefined();
      expect(headers['mcp-method']).toBeUndefined();
      expect(headers['mcp-param-to']).toBeUndefined();
    }
    const [message, headers] = modern(2, 'echo');
    // The same name in another form; what is no such form, or not everybody reads alike, is refused.
    for (const name of ['ZW=Nobw==', 'ZWNobw', 'ZWNobw=='])
      await ask('/mcp/remote', message, {
        headers: { ...headers, 'mcp-name': `=?base64?${name}?=` },
      });
    const calls = received.filter(({ body }) => body['method'] === 'tools/call');
    expect(calls.slice(1).map(({ headers: sent }) => [sent['mcp-method'], sent['mcp-name']])).toEqual([
      ['tools/call', 'echo'],
    ]);
  });

  test('hears of no version that the body is not of', async () => {
    for (const [version, code] of [
      // In that era a body that lacks what it must say is the greater fault.
      [MODERN, -32602],
      ['2031-01-01', -32020],
      ['', -32020],
    ] as const) {
      const got = await ask('/mcp/remote', tool(1, 'echo'), { headers: { 'mcp-protocol-version': version } });
      expect(got.status).toBe(400);
      expect(answerOf(got)).toMatchObject({ id: 1, error: { code } });
    }
    expect(received).toEqual([]);
    const legacy = { 'mcp-protocol-version': '2025-06-18' };
    expect((await ask('/mcp/remote', tool(1, 'echo'), { headers: legacy })).status).toBe(200);
  });

  test.each([
    ['another value', 'us'],
    ['none', undefined],
    ['bad padding', '=?base64?ZXU?='],
    ['no base64', '=?base64?Z!XU=?='],
  ])('is not called where a header says another argument than the body: %s', async (_name, value) => {
    const [message, headers] = modern(1, 'echo', { to: 'eu' });
    const got = await ask('/mcp/remote', message, {
      headers: { ...headers, ...(value === undefined ? {} : { 'mcp-param-to': value }) },
    });
    expect(got.status).toBe(400);
    expect(answerOf(got)).toMatchObject({ id: 1, error: { code: -32020 } });
    expect(port.asked).toHaveLength(0);
  });

  test('gets members of the params that nobody knows, but no metadata that binds nobody', async () => {
    const [message, headers] = modern(
      1,
      'echo',
      { to: 'eu', deep: [{ unknown: null }] },
      { 'com.example/x': 1 },
    );
    const { params } = message as { params: object };
    const unknown = { ...message, params: { ...params, 'x-extension': [true] } };
    await ask('/mcp/remote', unknown, { headers: { ...headers, 'mcp-param-to': 'eu' } });
    const { params: sent } = (received.at(-1)?.body ?? {}) as { params?: object };
    expect(sent).toEqual({ ...params, _meta: META, 'x-extension': [true] });
    expect(port.asked.at(-1)?.context).toMatchObject({ params: { 'x-extension': [true] } });
  });

  test('a claim is reported whose answer we add to', async () => {
    port.stepUp.add('');
    const request = { id: 1, method: 'server/discover', params: { _meta: META } };
    const headers = { 'mcp-protocol-version': MODERN, 'mcp-method': 'server/discover' };
    const asked = ask('/mcp/remote', request, { headers });
    await expect.poll(() => port.answers.length).toBe(1);
    port.answers[0]?.('approved');
    expect(answerOf(await asked)).toMatchObject({ id: 1, result: { capabilities: { extensions: {} } } });
    expect(port.reports).toEqual([['clm_1', 'approved-executed']]);
  });

  test('without sessions offers no stream and ends none', async () => {
    expect((await ask('/mcp/remote', undefined, { method: 'GET' })).status).toBe(405);
    expect((await ask('/mcp/remote', undefined, { method: 'DELETE' })).status).toBe(405);
  });

  test('that is gone is said to be', async () => {
    await doors.closeRemote();
    const [message, headers] = modern(1, 'echo');
    const got = await ask('/mcp/remote', message, { headers });
    expect(answerOf(got)).toMatchObject({
      error: { code: -32603, data: { [CONSENT]: { status: 'upstream_unavailable' } } },
    });
  });
});

describe('a declared mapping', () => {
  const copy = (args: object) => modern(1, 'copy', args);

  test('is asked with the call, for the caller alone', async () => {
    const [message, headers] = copy({ source: '/a', destination: '/b' });
    await ask('/mcp/remote', message, { headers });
    const subject = { type: 'identity', id: 'agt_a' };
    expect(port.asked.at(-1)).toMatchObject({
      resource: { type: 'tool', id: 'remote/copy' },
      context: {
        declared: [
          { subject, action: { name: 'read' }, resource: { type: 'object', id: '/a' } },
          { subject, action: { name: 'write' }, resource: { type: 'object', id: '/b' } },
        ],
      },
    });
  });

  test('that cannot be resolved is an error of the params, and nothing is asked or sent', async () => {
    const [message, headers] = copy({ source: '/a' });
    const got = await ask('/mcp/remote', message, { headers });
    expect(answerOf(got)).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('field not found: destination') },
    });
    expect(port.asked.map(({ action }) => action.name)).not.toContain('tools/call');
    expect(received.map(({ body }) => body['method'])).not.toContain('tools/call');
  });
});

// COAZ-MCP §"Error Handling".
describe('what does not run is said by the code of its kind', () => {
  test('denied', async () => {
    port.stepUp.add('greet');
    const session = await open();
    const got = ask('/mcp/local', { id: 1, method: 'prompts/get', params: { name: 'greet' } }, { session });
    await expect.poll(() => port.answers).toHaveLength(1);
    port.answers[0]?.('denied');
    expect(answerOf(await got)).toMatchObject({ id: 1, error: { code: -32001 } });
  });

  test('params that do not name anything', async () => {
    const session = await open();
    const got = await ask('/mcp/local', { id: 1, method: 'prompts/get', params: {} }, { session });
    expect(answerOf(got)).toMatchObject({ id: 1, error: { code: -32602 } });
  });
});
