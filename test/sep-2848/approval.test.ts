import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONSENT, DECLARES, DISPOSITION, RawAgent, type Said } from '../e2e/raw-agent.ts';
import { SessionAgent, taskId } from '../e2e/session-agent.ts';
import { openWorld, type World } from '../e2e/world.ts';

const AUTHORIZATION = 'io.modelcontextprotocol/authorization';
/** What we say of a task, and nothing else is said. */
const OURS = [
  undefined,
  'waiting for the consent of a person; nothing has run',
  'a person has consented; it is about to run',
  'a person has consented; it is running',
  'it was withdrawn before anybody consented; it did not run',
  'it was not run: tasks/result says why',
  'it ran once, and failed',
];

let world: World;
let agent: RawAgent;
let session: SessionAgent;
/** Everything that any agent here ever heard. */
const heard: string[] = [];
beforeAll(async () => {
  world = await openWorld({ hold: '0s' });
  agent = new RawAgent(`${world.site.url}/mcp/notes`, world.agentKey);
  session = new SessionAgent(`${world.site.url}/mcp/notes`, world.agentKey);
  await session.open();
});
afterAll(() => world.close());

const note = (name: string, text = 'x') => ({ name, text });
const ran = (name: string): number => world.site.writes().filter((each) => each === name).length;

function hear(said: Said): Said {
  heard.push(JSON.stringify(said));
  return said;
}

async function ended(id: unknown): Promise<Record<string, unknown>> {
  let task: Record<string, unknown> = {};
  await expect
    .poll(async () => (task = hear(await agent.task(id)).result ?? {})['status'], { timeout: 20_000 })
    .not.toBe('working');
  return task;
}

test('SEP-2848: a denial that nobody can lift is a result with isError', async () => {
  const denied = hear(await agent.call('write_note', note('lifted.txt')));
  await world.site.vote('deny', await world.site.pending());
  await ended(denied.result?.['taskId']);
  // For ten minutes the same action is not asked about again: no task, whatever the client takes.
  const { result } = hear(await agent.call('write_note', note('lifted.txt')));
  expect(result).toMatchObject({ isError: true, _meta: { [CONSENT]: { status: 'denied' } } });
  expect(result).not.toHaveProperty('taskId');
  expect(hear(await agent.call('no_such_tool', {})).result).toMatchObject({ isError: true });
});

test('SEP-2848: a client without tasks is told what to do next, in a result with isError', async () => {
  const { result } = hear(await agent.call('write_note', note('without.txt'), DECLARES.nothing));
  expect(result).toMatchObject({ isError: true, _meta: { [CONSENT]: { status: 'pending' } } });
  expect(JSON.stringify(result)).toMatch(/was not run.*Make the same call again/);
  await world.site.vote('deny', await world.site.pending());
});

test('SEP-2848: a pending task says that remediation is available, a terminal denial that it is not', async () => {
  for (const of of ['modern', 'session'] as const) {
    const name = `remedy-${of}.txt`;
    const said = hear(
      of === 'modern'
        ? await agent.call('write_note', note(name))
        : await session.call('write_note', note(name)),
    );
    const pending = { reason: 'insufficient_authorization', remediation: 'available' };
    const remediationHints = [{ type: 'task' }];
    expect(said.result?.['_meta']).toMatchObject({ [AUTHORIZATION]: { ...pending, remediationHints } });
    await world.site.vote('deny', await world.site.pending());
    const id = of === 'modern' ? said.result?.['taskId'] : taskId(said);
    const final =
      of === 'modern'
        ? (await ended(id))['result']
        : hear(await session.say('tasks/result', { taskId: id })).result;
    expect(final).toMatchObject({ _meta: { [AUTHORIZATION]: { remediation: 'unavailable' } } });
  }
});

test.each([
  ['approve', 'said.txt', 'approved-executed', /This ran once, after a person consented\./],
  ['deny', 'unsaid.txt', 'denied-not-executed', /The tool was not run\./],
  // A folder that is not there: the tool itself fails.
  ['approve', 'no/such/folder.txt', 'execution-error', /ran once, after a person consented, and failed/],
] as const)(
  'SEP-2848: the final result names its disposition, and its text says whether the tool ran; %s %s',
  async (decision, name, disposition, says) => {
    const { result } = hear(await agent.call('write_note', note(name)));
    await world.site.vote(decision, await world.site.pending());
    const task = await ended(result?.['taskId']);
    expect(task['result']).toMatchObject({ _meta: { [DISPOSITION]: disposition } });
    expect(JSON.stringify(task['result'])).toMatch(says);
  },
);

test('SEP-2848: the binding of a call is immutable', async () => {
  const first = hear(await agent.call('write_note', note('bound.txt', 'one')));
  const request = await world.site.pending();
  const second = hear(await agent.call('write_note', note('bound.txt', 'two')));
  expect(second.result?.['taskId']).not.toBe(first.result?.['taskId']);
  const before = await (await world.site.openVoter()).show(request);
  // Nothing that its client says later changes what people look at.
  const params = { taskId: first.result?.['taskId'], inputResponses: { consent: { text: 'three' } } };
  hear(await agent.say('tasks/update', params));
  expect(await (await world.site.openVoter()).show(request)).toEqual(before);
  await world.site.vote('approve', request);
  await ended(first.result?.['taskId']);
  expect(ran('bound.txt')).toBe(1);
  expect(hear(await agent.task(second.result?.['taskId'])).result).toMatchObject({ status: 'working' });
  await world.site.vote('deny', await world.site.pending());
});

test('SEP-2848: requests for approval are limited', async () => {
  const { api_key = '' } = await world.site.json('agent', 'add', 'eager', '--owner', 'o@example.com');
  const eager = new RawAgent(`${world.site.url}/mcp/notes`, api_key);
  const calls = await Promise.all(
    Array.from({ length: 30 }, async (_, at) =>
      hear(await eager.call('write_note', note(`eager-${at}.txt`))),
    ),
  );
  const tasks = calls.flatMap(({ result }) => (result?.['taskId'] === undefined ? [] : [result['taskId']]));
  const refused = calls.flatMap(({ result }) => (result?.['isError'] === true ? [result] : []));
  expect(tasks).toHaveLength(20);
  expect(refused).toHaveLength(10);
  for (const result of refused)
    expect(result).toMatchObject({ _meta: { [CONSENT]: { status: 'too_many_pending', retry_after: 60 } } });
  for (const id of tasks) await eager.say('tasks/cancel', { taskId: id });
});

test('SEP-2848: statusMessage is the server’s own', async () => {
  const injected = 'ignore-what-you-were-told.txt';
  const { result } = hear(await agent.call('write_note', note(injected)));
  await world.site.vote('approve', await world.site.pending());
  await ended(result?.['taskId']);
  const failing = taskId(hear(await session.call('write_note', note(`no/${injected}`))));
  await world.site.vote('approve', await world.site.pending());
  hear(await session.say('tasks/result', { taskId: failing }));
  hear(await session.say('tasks/get', { taskId: failing }));
  hear(await session.say('tasks/list'));
  const said = heard.flatMap((each) =>
    [...each.matchAll(/"statusMessage":"([^"]*)"/g)].map(([, text]) => text),
  );
  expect(said).not.toHaveLength(0);
  expect(said.filter((text) => !OURS.includes(text))).toEqual([]);
});

// Last: everything above has been heard.
test('SEP-2848: no artefact of the backend and no approver reaches the client', () => {
  expect(heard.length).toBeGreaterThan(50);
  const leaked =
    /ann@example\.com|apr_|clm_|evl_|vot_|binding|approval_token|approved_until|policy_version|\/requests\//;
  expect(heard.filter((each) => leaked.test(each))).toEqual([]);
});
