import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Site } from './countersign.ts';
import { CONSENT, DECLARES, DISPOSITION, RawAgent } from './raw-agent.ts';
import { SessionAgent, taskId } from './session-agent.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';

const NOTES = resolve(import.meta.dirname, 'upstream/note-server.ts');
const POLICY = `
@id("free") permit (principal, action, resource) unless { resource in mcp_server::"asked" && action == Action::"tools/call" };
@id("asked") @step_up("approvers") @assurance("key") permit (principal, action == Action::"tools/call", resource in mcp_server::"asked");
`;

let server: ListeningServer;
let gateway: OpenGateway;
beforeAll(async () => {
  const site = new Site();
  server = await startListening([NOTES, site.files, '--http']);
  const notes = { command: process.execPath, args: [NOTES, site.files], timeout: '2s' };
  gateway = await openGateway(
    {
      notes,
      older: { ...notes, era: '2025-11-25' },
      remote: { url: server.url, timeout: '2s' },
      newer: { url: server.url, timeout: '2s', era: '2026-07-28' },
      asked: notes,
    },
    POLICY,
    site,
  );
  await site.enrolKey();
});
afterAll(async () => {
  const verified = await gateway.site.run(['audit', 'verify', '--data', gateway.site.data]);
  expect(verified.code, verified.stderr + verified.stdout).toBe(0);
  await gateway.close();
  await server.close();
});

/** It takes the server five seconds to answer this. */
const slow = (name: string) => ({ name: 'write_note', arguments: { name: `slow-${name}`, text: 'x' } });
const ran = (name: string): number => gateway.site.writes().filter((each) => each === `slow-${name}`).length;
const UNKNOWN = { isError: true, _meta: { [CONSENT]: { status: 'outcome-unknown' } } };

describe('an upstream that takes longer than its timeout', () => {
  test.each(['notes', 'older', 'remote'])(
    '2026-07-28, %s: outcome unknown, and it is there for the next call',
    async (name) => {
      const agent = new RawAgent(gateway.url(name), gateway.agentKey);
      const { result } = await agent.say('tools/call', slow(`new-${name}`), DECLARES.nothing);
      expect(result).toMatchObject({ resultType: 'complete', ...UNKNOWN });
      expect(ran(`new-${name}`)).toBe(1);
      const next = await agent.call('write_note', { name: `quick-${name}`, text: 'x' }, DECLARES.nothing);
      expect(next.result).toMatchObject({ content: [{ text: `wrote quick-${name}` }] });
    },
  );

  test.each(['notes', 'newer'])('2025-11-25, %s: the same, in its session', async (name) => {
    const agent = new SessionAgent(gateway.url(name), gateway.agentKey);
    await agent.open({});
    expect((await agent.say('tools/call', slow(`old-${name}`))).result).toMatchObject(UNKNOWN);
    expect(ran(`old-${name}`)).toBe(1);
    const next = await agent.say('tools/call', {
      name: 'write_note',
      arguments: { name: `q-${name}`, text: 'x' },
    });
    expect(next.result).toMatchObject({ content: [{ text: `wrote q-${name}` }] });
  });

  test('a task that people consented to ends so, and is not repeated', async () => {
    const agent = new RawAgent(gateway.url('asked'), gateway.agentKey);
    const { result } = await agent.say('tools/call', slow('task'));
    await gateway.site.vote('approve', await gateway.site.pending());
    const task = async () => (await agent.task(result?.['taskId'])).result;
    await expect.poll(async () => (await task())?.['status'], { timeout: 20_000 }).toBe('completed');
    expect(await task()).toMatchObject({
      result: { isError: true, _meta: { [DISPOSITION]: 'outcome-unknown' } },
    });
    expect(ran('task')).toBe(1);
  });

  test('so does one of the older era', async () => {
    const agent = new SessionAgent(gateway.url('asked'), gateway.agentKey);
    await agent.open();
    const id = taskId(await agent.call('write_note', slow('old-task').arguments));
    await gateway.site.vote('approve', await gateway.site.pending());
    expect((await agent.say('tasks/result', { taskId: id })).result).toMatchObject({
      isError: true,
      _meta: { [DISPOSITION]: 'outcome-unknown' },
    });
    expect(ran('old-task')).toBe(1);
  });

  test('is told to the operator, without arguments', () => {
    const told = 'took longer than 2 s for tools/call: it was cancelled';
    expect(gateway.running.complaints()).toContain(told);
    expect(gateway.running.complaints()).not.toContain('slow-new');
  });
});
