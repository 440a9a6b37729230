import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderQuestion, type RequestView } from '@countersign/core';
import { enrolAnother, enrolFirst, vote, type Opened } from '../authority/fixture.ts';
import { openSite, TASKS, type Site } from './fixture.ts';

// RFC 8693 §4.1 chains from the token to the signed text, and back to the call that runs.
let site: Site;
let ann: Awaited<ReturnType<typeof enrolFirst>>;
let ben: Awaited<ReturnType<typeof enrolFirst>>;
beforeAll(async () => {
  site = await openSite();
  ann = await enrolFirst(opened());
  ben = await enrolAnother(opened(), ann, 'ben@example.com');
});
afterAll(async () => {
  expect((await site.running.authority.log.verify()).problems).toEqual([]);
  await site.close();
});

const opened = (): Opened => ({ authority: site.running.authority }) as Opened;
const onBehalfOf = (sub: string, act: object = { sub: 'worker-sub' }): Promise<string> =>
  site.token({ sub, act });
/** Parks a write and answers its task and its request. */
async function parked(token: string, text: string): Promise<{ taskId: string; view: RequestView }> {
  const got = await site.call('write', token, { args: { text }, capabilities: TASKS });
  const { result } = got.messages[0] as {
    result: { taskId: string; _meta: Record<string, { request_id: string }> };
  };
  const { taskId, _meta: meta } = result;
  const id = meta['io.countersign/consent']?.request_id ?? '';
  return { taskId, view: await site.running.authority.desk.view(id) };
}
async function taskStatus(token: string, taskId: string): Promise<unknown> {
  const got = await site.say('tasks/get', { taskId }, token, { capabilities: TASKS });
  const { result, error } = got.messages[0] as { result?: { status: string }; error?: { code: number } };
  return result?.status ?? error?.code;
}
const writes = (text: string): number =>
  site.received.filter(({ body }) => JSON.stringify(body.params['arguments']) === JSON.stringify({ text }))
    .length;

test('asked on behalf of a person by two agents, shown, approved by another person, run once', async () => {
  const token = await onBehalfOf('u-alice', { sub: 'worker-sub', act: { sub: 'orchestrator-sub' } });
  const { taskId, view } = await parked(token, 'one');
  const owner = 'owner@example.com';
  const iss = site.as.issuer;
  expect(view.question.bound.subject).toEqual({ type: 'identity', id: 'u-alice', properties: { iss } });
  expect(view.question.bound.context).toMatchObject({
    agent: site.agents['worker'],
    delegation: {
      iss,
      sub: 'u-alice',
      client_id: 'worker-client',
      person: 'alice@example.com',
      act: {
        iss,
        sub: 'worker-sub',
        agent: site.agents['worker'],
        owner,
        act: { iss, sub: 'orchestrator-sub', agent: site.agents['orchestrator'], owner },
      },
    },
  });
  const text = renderQuestion(view.question).replaceAll('\n    | ', '');
  expect(text).toMatch(/^ {2}delegated {4}\{"act": .*"person": "alice@example.com", /m);
  expect(await taskStatus(token, taskId)).toBe('working');
  await vote(opened(), ann, view.question.id);
  await expect.poll(() => taskStatus(token, taskId)).toBe('completed');
  expect(writes('one')).toBe(1);
  // A token of the same chain that was issued later finds it; the consent was not to one token.
  expect(
    await taskStatus(
      await onBehalfOf('u-alice', { sub: 'worker-sub', act: { sub: 'orchestrator-sub' } }),
      taskId,
    ),
  ).toBe('completed');
});

test('a parked call is nobody else’s: not the same agent’s alone, nor on behalf of another', async () => {
  const token = await onBehalfOf('u-alice');
  const { taskId, view } = await parked(token, 'two');
  const others = [
    site.apiKey,
    await site.token(),
    await onBehalfOf('u-ann'),
    await onBehalfOf('u-alice', { sub: 'worker-sub', act: { sub: 'orchestrator-sub' } }),
  ];
  for (const other of others) {
    expect(await taskStatus(other, taskId)).toBe(-32602);
    await site.say('tasks/cancel', { taskId }, other, { capabilities: TASKS });
  }
  expect(await taskStatus(token, taskId)).toBe('working');
  // The same call on behalf of another is another request.
  expect((await parked(others[2] ?? '', 'two')).view.question.id).not.toBe(view.question.id);
});

test('an agent’s own token and its API key are one: they share requests and tasks', async () => {
  const { taskId, view } = await parked(await site.token(), 'three');
  expect(view.question.bound.subject).toEqual({ type: 'identity', id: site.agents['worker'] });
  expect(view.question.bound.context).not.toHaveProperty('delegation');
  expect(await taskStatus(site.apiKey, taskId)).toBe('working');
});

test('the person on whose behalf it runs cannot approve it', async () => {
  const { view } = await parked(await onBehalfOf('u-ann'), 'four');
  await expect(vote(opened(), ann, view.question.id)).rejects.toMatchObject({ code: 'not_eligible' });
  expect((await vote(opened(), ben, view.question.id)).status).toBe('approved');
});

describe('where nobody knows who stands behind it, nobody can be asked', () => {
  test.each([
    ['a subject that maps to nobody', { sub: 'u-stranger' }],
    ['a subject that maps to nobody, with an actor', { sub: 'u-stranger', act: { sub: 'worker-sub' } }],
    ['a prior actor that maps to nobody', { sub: 'u-alice', act: { sub: 'worker-sub', act: { sub: 'x' } } }],
    [
      'a prior actor of an issuer that nobody configured',
      { sub: 'u-alice', act: { sub: 'worker-sub', act: { sub: 'u-alice', iss: 'https://else.example' } } },
    ],
  ])('%s', async (_name, claims) => {
    const token = await site.token(claims);
    const got = await site.call('write', token, { args: { text: 'five' }, capabilities: TASKS });
    expect(got.messages[0]).toMatchObject({
      result: {
        isError: true,
        _meta: { 'io.countersign/consent': { status: 'requester_unknown' } },
      },
    });
    // What needs nobody's consent goes on.
    expect((await site.call('read', token)).messages[0]).toMatchObject({
      result: { content: [{ text: 'done' }] },
    });
  });
});

describe('a sub-agent never has more than the chain above it', () => {
  test('what policy forbids to one above is forbidden', async () => {
    const token = await onBehalfOf('u-alice', { sub: 'worker-sub', act: { sub: 'weak-sub' } });
    expect((await site.call('read', token)).messages[0]).toMatchObject({
      result: { isError: true, _meta: { 'io.countersign/consent': { status: 'policy_denied' } } },
    });
  });

  test('the subject may be the agent above', async () => {
    const token = await site.token({ sub: 'weak-sub', act: { sub: 'worker-sub' } });
    expect((await site.call('read', token)).messages[0]).toMatchObject({ result: { isError: true } });
  });

  test('a suspended one above ends it', async () => {
    const token = await onBehalfOf('u-alice', { sub: 'worker-sub', act: { sub: 'orchestrator-sub' } });
    const { registry } = site.running.authority;
    const { taskId, view } = await parked(token, 'six');
    await registry.setAgentStatus('orchestrator', 'suspended');
    expect((await site.call('read', token)).messages[0]).toMatchObject({
      result: { isError: true, _meta: { 'io.countersign/consent': { status: 'agent_inactive' } } },
    });
    // What was parked before runs no more, whoever consents.
    await vote(opened(), ann, view.question.id);
    const { parkedCalls } = site.running.authority;
    await expect
      .poll(async () => (await parkedCalls.find(taskId, site.agents['worker'] ?? '', Date.now()))?.state)
      .toBe('ended');
    await registry.setAgentStatus('orchestrator', 'active');
    expect(await taskStatus(token, taskId)).toBe('completed');
    expect(writes('six')).toBe(0);
  });
});

test('a session is its agent’s on behalf of whom it was opened for', async () => {
  const token = await onBehalfOf('u-alice');
  const params = { protocolVersion: '2025-11-25', capabilities: {} };
  const begun = await site.sayLegacy({ id: 0, method: 'initialize', params }, token);
  const session = String(begun.headers['mcp-session-id']);
  const list = async (by: string): Promise<number> =>
    (await site.sayLegacy({ id: 1, method: 'tools/list' }, by, { session })).status;
  expect(await list(await onBehalfOf('u-alice'))).toBe(200);
  for (const other of [site.apiKey, await onBehalfOf('u-ann')]) expect(await list(other)).toBe(404);
});
