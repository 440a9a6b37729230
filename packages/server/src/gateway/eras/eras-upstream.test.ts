import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ask, Got } from '../testing-client.ts';
import { answerOf, modern, tool } from '../testing-doors.ts';
import { openEras, type Eras } from './testing-eras.ts';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

let eras: Eras;
beforeEach(async () => {
  eras = await openEras();
});
afterEach(() => eras.close());

/** A call of the newer era by a client that declares these. */
async function call(name: string, params: object = {}, declared: object = {}, how: Ask = {}): Promise<Got> {
  const [message, headers] = modern(1, name, {}, { [CAPABILITIES]: declared });
  const { params: own, ...rest } = message as { params: object };
  return await eras.ask('/mcp/older', { ...rest, params: { ...own, ...params } }, { headers, ...how });
}

/** The one question of an answer that asks, and what answers it. */
function asked(got: Got): { method: string; state: string; responses: (response: object) => object } {
  const result = answerOf(got)['result'] as unknown as {
    readonly resultType: string;
    readonly inputRequests: Record<string, { readonly method: string }>;
    readonly requestState: string;
  };
  expect(result.resultType).toBe('input_required');
  const [[key, { method }] = ['', { method: '' }]] = Object.entries(result.inputRequests);
  return {
    method,
    state: result.requestState,
    responses: (response) => ({ inputResponses: { [key]: response }, requestState: result.requestState }),
  };
}

describe('a client of 2026-07-28 at a server of 2025-11-25', () => {
  test('is told what the server can, in its own words', async () => {
    const [, headers] = modern(1, '');
    const [message] = modern(1, '');
    const discover = { ...message, method: 'server/discover' };
    const got = await eras.ask('/mcp/older', discover, {
      headers: {
        'mcp-protocol-version': headers['mcp-protocol-version'] ?? '',
        'mcp-method': 'server/discover',
      },
    });
    expect(answerOf(got)['result']).toMatchObject({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } },
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 't' } },
    });
  });

  test('calls a tool, and what it answers is complete', async () => {
    expect(answerOf(await call('echo'))).toMatchObject({ id: 1, result: { resultType: 'complete' } });
  });

  test('is asked in an answer what the server asks, and answers it once, with the same call', async () => {
    const first = asked(await call('ask', {}, { roots: {} }));
    expect(first.method).toBe('roots/list');
    const retry = first.responses({ roots: [] });
    const spent = { error: { code: -32602, data: { code: 'spent_request_state' } } };
    expect(answerOf(await call('ask', retry, { roots: {} }, { agent: 'agt_b' }))).toMatchObject(spent);
    expect(answerOf(await call('ask', { ...retry, arguments: { a: 1 } }, { roots: {} }))).toMatchObject(
      spent,
    );
    expect(answerOf(await call('ask', retry, { roots: {} }))['result']).toMatchObject({
      resultType: 'complete',
      content: [{ text: 'told {"roots":[]}' }],
    });
    expect(answerOf(await call('ask', retry, { roots: {} }))).toMatchObject(spent);
  });

  test('what is asked on behalf of one is not answered on behalf of another', async () => {
    const ann: Ask = { agent: 'agt_a.ann' };
    const first = asked(await call('ask', {}, { roots: {} }, ann));
    const retry = first.responses({ roots: [] });
    for (const agent of ['agt_a.ben', 'agt_a'])
      expect(answerOf(await call('ask', retry, { roots: {} }, { agent }))).toMatchObject({
        error: { code: -32602, data: { code: 'spent_request_state' } },
      });
    expect(answerOf(await call('ask', retry, { roots: {} }, ann))['result']).toMatchObject({
      content: [{ text: 'told {"roots":[]}' }],
    });
  });

  test('a session of the agent’s own is not met on behalf of somebody', async () => {
    const params = { protocolVersion: '2025-11-25', capabilities: {} };
    const begun = await eras.ask('/mcp/older', { id: 0, method: 'initialize', params });
    const session = String(begun.headers['mcp-session-id']);
    const [message, headers] = modern(1, 'echo');
    const how = { session, headers };
    expect((await eras.ask('/mcp/older', message, how)).status).toBe(200);
    expect((await eras.ask('/mcp/older', message, { ...how, agent: 'agt_a.ann' })).status).toBe(404);
  });

  test('what it does not answer, it is asked again', async () => {
    const first = asked(await call('ask', {}, { roots: {} }));
    const again = asked(await call('ask', { inputResponses: {}, requestState: first.state }, { roots: {} }));
    expect(again.state).not.toBe(first.state);
    const answer = await call('ask', again.responses({ roots: [] }), { roots: {} });
    expect(answerOf(answer)['result']).toMatchObject({ content: [{ text: 'told {"roots":[]}' }] });
  });

  test('is not asked what it has not declared', async () => {
    expect(answerOf(await call('ask'))['result']).toMatchObject({ content: [{ text: 'told undefined' }] });
  });

  test('one consent, one claim, however often the server asks; it is reported by the end', async () => {
    eras.port.stepUp.add('ask');
    const held = call('ask', {}, { roots: {} });
    await eras.approve();
    const first = asked(await held);
    expect(eras.port.reports).toEqual([]);
    const answer = await call('ask', first.responses({ roots: [] }), { roots: {} });
    expect(answerOf(answer)['result']).toMatchObject({ content: [{ text: 'told {"roots":[]}' }] });
    expect(eras.port.reports).toEqual([['clm_1', 'approved-executed']]);
    const claims = eras.port.asked.filter(({ context }) => context?.['approval'] !== undefined);
    expect(claims).toHaveLength(1);
  });

  test('a retry of nothing is not sent, whatever was consented to, and its claim says so', async () => {
    eras.port.stepUp.add('ask');
    const held = call('ask', { requestState: 'held.made-up', inputResponses: {} }, { roots: {} });
    await eras.approve();
    expect(answerOf(await held)).toMatchObject({ error: { data: { code: 'spent_request_state' } } });
    expect(eras.port.reports).toEqual([['clm_1', 'denied-not-executed']]);
  });

  test('a server that dies under a claimed call: outcome unknown, said and reported', async () => {
    eras.port.stepUp.add('die');
    const held = call('die');
    await eras.approve();
    expect(JSON.stringify(answerOf(await held))).toContain('outcome-unknown');
    expect(eras.port.reports).toEqual([['clm_1', 'outcome-unknown']]);
    // It rests before it is started again.
    expect(answerOf(await call('echo'))).toMatchObject({ error: { code: -32603 } });
    await expect
      .poll(async () => answerOf(await call('echo')))
      .toMatchObject({ result: { resultType: 'complete' } });
  });
});

describe('a client of 2025-11-25 at a server of 2026-07-28', () => {
  let session: string;
  beforeEach(async () => {
    session = await begin({ elicitation: {} });
  });

  async function begin(capabilities: object, agent = 'agt_a'): Promise<string> {
    const params = { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'c', version: '1' } };
    const got = await eras.ask('/mcp/newer', { id: 0, method: 'initialize', params }, { agent });
    expect(answerOf(got)).toMatchObject({ id: 0, result: { protocolVersion: '2025-11-25' } });
    return String(got.headers['mcp-session-id']);
  }

  const say = (message?: object, how: Ask = {}): Promise<Got> =>
    eras.ask('/mcp/newer', message, { session, ...how });

  /** Answers what the server asks where it is asked. */
  const obliging = (result: object): Ask => ({
    on: ({ id, method }) => {
      if (typeof id === 'string' && method === 'elicitation/create') void say({ id, result });
    },
  });

  test('its session is its agent’s alone', async () => {
    expect((await say({ id: 1, method: 'ping' }, { agent: 'agt_b' })).status).toBe(404);
    expect(answerOf(await say({ id: 1, method: 'ping' }))).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    const [newer, headers] = modern(2, 'act');
    expect((await say(newer, { headers })).status).toBe(404);
    expect((await say(undefined, { method: 'DELETE' })).status).toBe(200);
    expect((await say({ id: 1, method: 'ping' })).status).toBe(404);
  });

  test('what it declared once is said with each request; what it sets, too', async () => {
    await say({ id: 1, method: 'logging/setLevel', params: { level: 'error' } });
    await say({ id: 2, method: 'tools/list' });
    expect(eras.received.at(-1)?.params['_meta']).toEqual({
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
      [CAPABILITIES]: { elicitation: {} },
      'io.modelcontextprotocol/logLevel': 'error',
    });
  });

  test('is asked by a request on its call’s stream; the retry goes out under the one claim', async () => {
    eras.port.stepUp.add('act');
    const held = say(tool(1, 'act'), obliging({ action: 'accept', content: { name: 'ann' } }));
    await eras.approve();
    const { messages } = await held;
    expect(messages.map(({ method }) => method)).toContain('elicitation/create');
    expect(messages.at(-1)).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        content: [{ type: 'text', text: '{"who":{"action":"accept","content":{"name":"ann"}}}' }],
      },
    });
    expect(eras.port.reports).toEqual([['clm_1', 'approved-executed']]);
  });

  test('is asked no more where a server asks without end: what it did meanwhile is unknown', async () => {
    eras.port.stepUp.add('nag');
    const held = say(tool(1, 'nag'), obliging({ action: 'accept', content: {} }));
    await eras.approve();
    const { messages } = await held;
    expect(messages.filter(({ method }) => method === 'elicitation/create')).toHaveLength(10);
    expect(messages.at(-1)).toMatchObject({ id: 1, result: { isError: true } });
    expect(eras.port.reports).toEqual([['clm_1', 'outcome-unknown']]);
  });

  test('is not asked what it has not declared: the call ends with an error that says so', async () => {
    session = await begin({});
    const { messages } = await say(tool(1, 'act'));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ result: { isError: true } });
    expect(JSON.stringify(messages[0])).toContain('has not declared');
  });

  test('hears no code of the newer era', async () => {
    expect(answerOf(await say(tool(1, 'lack')))).toMatchObject({ error: { code: -32602 } });
  });

  test('what has no counterpart is refused', async () => {
    const list = { id: 1, method: 'tasks/list' };
    expect(answerOf(await say(list))).toMatchObject({
      error: { code: -32601, data: { code: 'no_counterpart' } },
    });
    const subscribe = { id: 2, method: 'resources/subscribe', params: { uri: 'a:b' } };
    expect(answerOf(await say(subscribe))).toMatchObject({ error: { code: -32601 } });
  });
});
