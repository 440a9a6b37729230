import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, TASKS, type Site } from './fixture.ts';

// Suspending an agent holds at once, also for what it opened before and would hear from now on.
let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const listening = (token: string, taskIds?: string[]): Promise<{ readonly status: number }> =>
  site.say(
    'subscriptions/listen',
    { notifications: taskIds ? { taskIds } : { toolsListChanged: true } },
    token,
    {
      capabilities: TASKS,
      // It is heard that the stream is open, and then that it is cut off.
      on: () => {},
    },
  );

async function session(token: string): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities: {} };
  const begun = await site.sayLegacy({ id: 0, method: 'initialize', params }, token);
  return String(begun.headers['mcp-session-id']);
}

async function suspendedAndBack(agent: string): Promise<void> {
  const { registry } = site.running.authority;
  await registry.setAgentStatus(agent, 'suspended');
  await registry.setAgentStatus(agent, 'active');
}

const opened = (): Promise<void> => new Promise((later) => setTimeout(later, 300));

test('its streams end: of its sessions, of subscriptions, of its tasks', async () => {
  const own = site.apiKey;
  const streams = [
    site.sayLegacy(undefined, own, { session: await session(own) }),
    listening(own),
    listening(own, ['tsk_none']),
  ];
  let others = 0;
  const other = site.token({ client_id: 'orchestrator-client', sub: 'orchestrator-client' });
  const left = listening(await other).then(() => others++);
  await opened();
  await suspendedAndBack('worker');
  await Promise.all(streams);
  expect(others).toBe(0);
  await suspendedAndBack('orchestrator');
  await left;
});

test('and those of whoever calls by it', async () => {
  const token = await site.token({
    sub: 'u-alice',
    act: { sub: 'worker-sub', act: { sub: 'orchestrator-sub' } },
  });
  const stream = listening(token);
  await opened();
  await suspendedAndBack('orchestrator');
  await stream;
});
