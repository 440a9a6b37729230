import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../packages/server/src/gateway/testing-client.ts';
import { CONSENT, DECLARES, RawAgent, type Said } from './raw-agent.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let agent: RawAgent;
beforeAll(async () => {
  world = await openWorld({ hold: '5s' });
  agent = new RawAgent(`${world.site.url}/mcp/notes`, world.agentKey);
});
afterAll(() => world.close());

const note = (name: string) => ({ name, text: 'secret words' });
const ran = (name: string): number => world.site.writes().filter((each) => each === name).length;
const accept = { consent: { action: 'accept' } };
const retry = (args: object, state: unknown, responses: object = accept): Promise<Said> =>
  agent.call('write_note', args, DECLARES.url, { inputResponses: responses, requestState: state });

interface InputRequired {
  readonly resultType: 'input_required';
  readonly requestState: string;
  readonly inputRequests: { readonly consent: { readonly params: { readonly url: string } } };
}

async function sentToLook(args: object): Promise<InputRequired> {
  return (await agent.call('write_note', args, DECLARES.url)).result as unknown as InputRequired;
}

describe('2026-07-28: a client that opens pages is sent to its ticket', () => {
  test('the page tells how it stands and nothing else; the retry runs it, once', async () => {
    const args = note('page-a.txt');
    const result = await sentToLook(args);
    expect(result).toEqual({
      resultType: 'input_required',
      requestState: expect.stringMatching(/^countersign\.[\w-]{43}$/),
      inputRequests: {
        consent: {
          method: 'elicitation/create',
          params: {
            mode: 'url',
            url: expect.stringMatching(/\/ticket\/tkt_[\w-]{22}$/),
            message: expect.stringContaining('consent of a person'),
          },
        },
      },
      _meta: { [CONSENT]: { request_id: expect.stringMatching(/^arq_/), status: 'pending' } },
    });
    const { url } = result.inputRequests.consent.params;
    const id = await world.site.pending();
    const page = await fetch(url);
    const html = await page.text();
    expect(html).toContain('Waiting for consent');
    expect(html).not.toMatch(/page-a|secret words|write_note|arq_|ann@|<a |<form|<script|requests\//);
    expect(page.headers.get('set-cookie')).toBeNull();

    await world.site.vote('approve', id);
    expect(await (await fetch(url)).text()).toContain('Consented');
    const { result: done } = await retry(args, result.requestState);
    expect(done).toMatchObject({ content: [{ text: 'wrote page-a.txt' }] });
    expect(ran('page-a.txt')).toBe(1);
    expect(await (await fetch(url)).text()).toContain('Consented and used');
  });

  test('whoever accepts has agreed to open a page, and has consented to nothing', async () => {
    const args = note('page-accept.txt');
    const { requestState } = await sentToLook(args);
    const { result } = await retry(args, requestState);
    // It waited, and asks again; each state is good once.
    expect(result).toMatchObject({ resultType: 'input_required' });
    expect(result?.['requestState']).not.toBe(requestState);
    expect(ran('page-accept.txt')).toBe(0);
    await world.site.vote('deny', await world.site.pending());
  });

  test.each<[string, (args: object, state: string) => Promise<Said>]>([
    [
      'used twice',
      async (args, state) => {
        await retry(args, state);
        return await retry(args, state);
      },
    ],
    ['with other arguments', (_args, state) => retry(note('page-other.txt'), state)],
    ['made up', (args) => retry(args, `countersign.${'A'.repeat(43)}`)],
    ['cut short', (args, state) => retry(args, state.slice(0, -1))],
  ])('a state %s is refused, and nothing runs', async (what, use) => {
    const args = note(`page-${what.replaceAll(' ', '-')}.txt`);
    const { requestState } = await sentToLook(args);
    expect((await use(args, requestState)).error).toMatchObject({
      code: -32602,
      data: { code: 'spent_request_state' },
    });
    expect(ran(args.name) + ran('page-other.txt')).toBe(0);
    await world.site.vote('deny', await world.site.pending());
  });

  test('declining withdraws the request', async () => {
    const args = note('page-declined.txt');
    const { requestState } = await sentToLook(args);
    const id = await world.site.pending();
    const { result } = await retry(args, requestState, { consent: { action: 'decline' } });
    expect(result).toMatchObject({ isError: true, _meta: { [CONSENT]: { status: 'cancelled' } } });
    await expect(world.site.vote('approve', id)).rejects.toMatchObject({ code: 'invalid_task_state' });
  });

  test('forms alone are not pages: such a client is held', async () => {
    const { result } = await agent.call('write_note', note('page-forms.txt'), DECLARES.forms);
    expect(result).toMatchObject({ isError: true, _meta: { [CONSENT]: { status: 'pending' } } });
    await world.site.vote('deny', await world.site.pending());
  });

  test('nobody knows a ticket that was not told', async () => {
    const { status } = await fetch(`${world.site.url}/ticket/tkt_${'A'.repeat(22)}`);
    expect(status).toBe(404);
  });
});

describe('a server that asks its client for more', () => {
  const acts = (): string[] => {
    try {
      return readFileSync(join(world.site.files, 'acts.log'), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  };
  const word = (step: string, text: string) => ({ [step]: { action: 'accept', content: { word: text } } });

  test('goes on under the same claim, once for each asking; another answer needs another consent', async () => {
    const asking = new RawAgent(`${world.site.url}/mcp/asking`, world.agentKey);
    const act = (more: object = {}) => asking.call('act', { name: 'a' }, DECLARES.forms, more);
    const held = act();
    await world.site.vote('approve', await world.site.pending());
    const first = (await held).result;
    expect(first).toMatchObject({ resultType: 'input_required', requestState: 'one' });
    const second = (await act({ requestState: 'one', inputResponses: word('first', 'red') })).result;
    expect(second).toMatchObject({ requestState: 'two:red' });
    const again = await act({ requestState: 'one', inputResponses: word('first', 'green') });
    expect(again.result).toMatchObject({ isError: true, _meta: { [CONSENT]: { status: 'pending' } } });
    await world.site.vote('deny', await world.site.pending());
    const done = (await act({ requestState: 'two:red', inputResponses: word('second', 'blue') })).result;
    expect(done).toMatchObject({ content: [{ text: 'acted on red blue' }] });
    expect(acts()).toEqual(['a red blue']);
    const replay = await act({ requestState: 'two:red', inputResponses: word('second', 'blue') });
    expect(replay.result).toMatchObject({ isError: true, _meta: { [CONSENT]: { status: 'pending' } } });
    await world.site.vote('deny', await world.site.pending());
    expect(acts()).toHaveLength(1);
  }, 60_000);

  test('asks a task, whose client answers it there', async () => {
    const asking = new RawAgent(`${world.site.url}/mcp/asking`, world.agentKey);
    const { result } = await asking.call('act', { name: 'b' });
    const taskId = result?.['taskId'];
    await world.site.vote('approve', await world.site.pending());
    const until = async (status: string): Promise<Said['result']> => {
      let task: Said['result'];
      await expect
        .poll(async () => (task = (await asking.task(taskId)).result)?.['status'], { timeout: 10_000 })
        .toBe(status);
      return task;
    };
    expect(await until('input_required')).toMatchObject({
      inputRequests: { first: { method: 'elicitation/create' } },
    });
    await asking.say('tasks/update', { taskId, inputResponses: { other: {} } });
    await asking.say('tasks/update', { taskId, inputResponses: word('first', 'up') });
    await expect
      .poll(async () => (await asking.task(taskId)).result?.['inputRequests'])
      .toHaveProperty('second');
    await asking.say('tasks/update', { taskId, inputResponses: word('second', 'down') });
    expect(await until('completed')).toMatchObject({
      result: { content: [{ text: 'acted on up down' }, {}] },
    });
    expect(acts().at(-1)).toBe('b up down');
  });
});

describe('2025-11-25: a client that opens pages gets the error that sends it there', () => {
  test('-32042, and the notification when there is nothing more to see', async () => {
    const url = `${world.site.url.replace('localhost', '127.0.0.1')}/mcp/notes`;
    const headers = { 'mcp-protocol-version': '2025-11-25' };
    const agentKey = world.agentKey;
    const opened = await ask(
      url,
      {
        id: 0,
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: { elicitation: { url: {} } },
          clientInfo: { name: 'raw', version: '1' },
        },
      },
      { agent: agentKey, headers },
    );
    const session = String(opened.headers['mcp-session-id']);
    const how = { agent: agentKey, headers, session };
    await ask(url, { method: 'notifications/initialized' }, how);
    const args = note('legacy-page.txt');
    const call = (id: number) =>
      ask(url, { id, method: 'tools/call', params: { name: 'write_note', arguments: args } }, how);
    const told = (await call(1)).messages.at(-1) as unknown as Said;
    const id = await world.site.pending();
    expect(told.error).toMatchObject({
      code: -32042,
      data: {
        elicitations: [
          {
            mode: 'url',
            elicitationId: id,
            url: expect.stringMatching(/\/ticket\/tkt_/),
            message: expect.any(String),
          },
        ],
      },
    });
    // Who is sent there again is told once all the same.
    expect((await call(2)).messages.at(-1)).toMatchObject({ error: { code: -32042 } });
    const heard: unknown[] = [];
    const listening = ask(url, undefined, {
      ...how,
      method: 'GET',
      on: ({ method, params }) => {
        heard.push(params);
        return method === 'notifications/message';
      },
    });
    await new Promise((later) => setTimeout(later, 200));
    await world.site.vote('approve', id);
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([{ elicitationId: id }]);
    expect((await call(3)).messages.at(-1)).toMatchObject({
      result: { content: [{ text: `wrote ${args.name}` }] },
    });
    expect(ran(args.name)).toBe(1);
    expect(heard).toEqual([{ elicitationId: id }]);
    await ask(url, undefined, { ...how, method: 'DELETE' });
    await listening;
  });
});
