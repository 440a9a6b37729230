import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type TestAgent } from '../e2e/agents.ts';
import { DECLARES, RawAgent, type Said } from '../e2e/raw-agent.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';

const EVERYTHING = resolve(import.meta.dirname, '../conformance/everything/main.ts');
const CONSENTED = ['json_schema_2020_12_tool', 'test_elicitation'];
const UPSTREAMS = ['older', 'newer'];
const TOOLS = UPSTREAMS.flatMap((name) => CONSENTED.map((tool) => `resource == tool::"${name}/${tool}"`));
const POLICY = `
@id("free") permit (principal, action, resource) unless { ${TOOLS.join(' || ')} };
@id("consented") @step_up("approvers") @ttl("15m") @uses("1") @assurance("key") @reason("a test")
permit (principal, action, resource) when { ${TOOLS.join(' || ')} };
`;
const FORMS = { ...DECLARES.tasks, elicitation: {} };

let gateway: OpenGateway;

beforeAll(async () => {
  const local = (era: string) => ({ command: process.execPath, args: [EVERYTHING, '--only', era] });
  gateway = await openGateway({ older: local('legacy'), newer: local('modern') }, POLICY);
  await gateway.site.enrolKey();
});
afterAll(() => gateway.close());

const named = (name: string) => ({ name, contactMethod: 'email', email: 'ann@example.com' });
const approve = async (): Promise<void> => gateway.site.vote('approve', await gateway.site.pending());

async function ended(agent: RawAgent, taskId: unknown): Promise<Said['result']> {
  let result: Said['result'];
  const status = async () => (result = (await agent.task(taskId)).result)?.['status'];
  await expect.poll(status, { timeout: 20_000 }).not.toBe('working');
  return result;
}

describe('a server of 2025-11-25, and a client of 2026-07-28', () => {
  let agent: RawAgent;
  beforeAll(() => {
    agent = new RawAgent(gateway.url('older'), gateway.agentKey);
  });

  test('whose client takes tasks: the call runs without it, over a session of ours', async () => {
    const { result } = await agent.call('json_schema_2020_12_tool', named('parked'));
    expect(result).toMatchObject({ resultType: 'task', status: 'working' });
    await approve();
    expect(await ended(agent, result?.['taskId'])).toMatchObject({
      status: 'completed',
      result: { resultType: 'complete', content: [{ text: expect.stringContaining('parked') }, {}] },
    });
  });

  test('what the server asks meanwhile is what the task asks, and its answer ends it', async () => {
    const { result } = await agent.call('test_elicitation', { message: 'who?' }, FORMS);
    await approve();
    const { taskId } = result ?? {};
    const asking = await ended(agent, taskId);
    expect(asking).toMatchObject({ status: 'input_required' });
    const [key = ''] = Object.keys(asking?.['inputRequests'] ?? {});
    const content = { username: 'ann', email: 'ann@example.com' };
    await agent.got(
      'tasks/update',
      { taskId, inputResponses: { [key]: { action: 'accept', content } } },
      FORMS,
    );
    await expect
      .poll(async () => JSON.stringify((await agent.task(taskId)).result), { timeout: 20_000 })
      .toMatch(/completed.*ann@example\.com/);
  });

  test('whose client opens pages is sent to one, and its retry runs', async () => {
    const { result } = await agent.call('json_schema_2020_12_tool', named('page'), DECLARES.url);
    expect(result).toMatchObject({ resultType: 'input_required' });
    await approve();
    const more = {
      inputResponses: { consent: { action: 'accept' } },
      requestState: result?.['requestState'],
    };
    const ran = await agent.call('json_schema_2020_12_tool', named('page'), DECLARES.url, more);
    expect(JSON.stringify(ran.result)).toContain('page');
  });
});

describe.each(UPSTREAMS)('%s', (upstream) => {
  test('consent given to a call of the one era is taken up by the identical call of the other, once', async () => {
    const newer = new RawAgent(gateway.url(upstream), gateway.agentKey);
    const args = named(`either ${upstream}`);
    await newer.call('json_schema_2020_12_tool', args, DECLARES.url);
    await approve();
    const door = { kind: 'http' as const, url: gateway.url(upstream), key: gateway.agentKey };
    const older: TestAgent = await connect('2025-11-25', door);
    expect(JSON.parse((await older.call('json_schema_2020_12_tool', args)).text)).toEqual(args);
    const again = await newer.call('json_schema_2020_12_tool', args, DECLARES.url);
    expect(again.result).toMatchObject({ resultType: 'input_required' });
    await gateway.site.vote('deny', await gateway.site.pending());
    await older.close();
  });
});
