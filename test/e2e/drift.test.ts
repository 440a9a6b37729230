import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CONSENT, DECLARES, RawAgent } from './raw-agent.ts';
import { openWorld, type World } from './world.ts';

const CATALOG = `
tools:
  read_note: { effects: [read], outward: false }
  write_note:
    effects: [update]
    outward: false
    precondition: { tool: read_note, arguments: { name: /name }, show: true }
`;

let world: World;
let agent: RawAgent;
beforeAll(async () => {
  world = await openWorld({ hold: '15s' }, {}, { notes: CATALOG });
  agent = new RawAgent(`${world.site.url}/mcp/notes`, world.agentKey);
});
afterAll(() => world.close());

const put = (name: string, text: string): void => writeFileSync(join(world.site.files, name), text);
const got = (name: string): string => readFileSync(join(world.site.files, name), 'utf8');
const shown = async (id: string): Promise<object> =>
  (await (await world.site.openVoter()).show(id)).question.bound.context;

/** Waits until another request than this one waits. */
async function askedAgain(id: string): Promise<string> {
  const voter = await world.site.openVoter();
  let next: string | undefined;
  await expect
    .poll(async () => (next = (await voter.waiting()).find((each) => each !== id)), { timeout: 10_000 })
    .toBeDefined();
  return next ?? '';
}

test('what nobody touched is changed as consented to', async () => {
  put('still.txt', 'one\n');
  const held = agent.call('write_note', { name: 'still.txt', text: 'two' }, DECLARES.nothing);
  const id = await world.site.pending();
  expect(await shown(id)).toMatchObject({
    precondition: { tool: 'read_note', arguments: { name: 'still.txt' }, value: 'one\n' },
  });
  await world.site.vote('approve', id);
  expect((await held).result).toMatchObject({ content: [{ text: 'wrote still.txt' }] });
  expect(got('still.txt')).toBe('two');
});

test('what moved meanwhile is asked about again, with the difference; a held call waits for it', async () => {
  put('moved.txt', 'a\nb\nc\n');
  const held = agent.call('write_note', { name: 'moved.txt', text: 'mine' }, DECLARES.nothing);
  const id = await world.site.pending();
  put('moved.txt', 'a\nB\nc\n');
  await world.site.vote('approve', id);
  const again = await askedAgain(id);
  expect(await shown(again)).toMatchObject({
    precondition: {
      value: 'a\nB\nc\n',
      was: { digest: expect.any(String), difference: ['  a', '- b', '+ B', '  c', '  '] },
    },
  });
  expect(got('moved.txt')).toBe('a\nB\nc\n');
  await world.site.vote('approve', again);
  expect((await held).result).toMatchObject({ content: [{ text: 'wrote moved.txt' }] });
  expect(got('moved.txt')).toBe('mine');
});

test('a parked call asks again by itself', async () => {
  put('parked.txt', 'before');
  const { result } = await agent.call('write_note', { name: 'parked.txt', text: 'mine' });
  const id = await world.site.pending();
  put('parked.txt', 'after');
  await world.site.vote('approve', id);
  const again = await askedAgain(id);
  expect(await shown(again)).toMatchObject({
    precondition: { value: 'after', was: { difference: ['- before', '+ after'] } },
  });
  expect((await agent.task(result?.['taskId'])).result).toMatchObject({ status: 'working' });
  await world.site.vote('approve', again);
  await expect
    .poll(async () => (await agent.task(result?.['taskId'])).result?.['status'], { timeout: 10_000 })
    .toBe('completed');
  expect(got('parked.txt')).toBe('mine');
});

test('a call made again finds the consent, and is asked about again when the world has moved since', async () => {
  put('later.txt', 'x');
  const look = () => agent.call('write_note', { name: 'later.txt', text: 'mine' }, DECLARES.url);
  expect((await look()).result).toMatchObject({ resultType: 'input_required' });
  const id = await world.site.pending();
  await world.site.vote('approve', id);
  put('later.txt', 'y');
  expect((await look()).result).toMatchObject({ resultType: 'input_required' });
  const again = await askedAgain(id);
  await world.site.vote('approve', again);
  expect((await look()).result).toMatchObject({ content: [{ text: 'wrote later.txt' }] });
});

test('what cannot be read is a state of its own, which consent covers', async () => {
  const held = agent.call('write_note', { name: 'new.txt', text: 'mine' }, DECLARES.nothing);
  const id = await world.site.pending();
  expect(await shown(id)).toMatchObject({ precondition: { digest: expect.any(String) } });
  put('new.txt', 'somebody was faster');
  await world.site.vote('approve', id);
  await world.site.vote('deny', await askedAgain(id));
  expect((await held).result).toMatchObject({ isError: true, _meta: { [CONSENT]: { status: 'denied' } } });
  expect(got('new.txt')).toBe('somebody was faster');
});
