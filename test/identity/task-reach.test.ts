import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, TASKS, type Site } from './fixture.ts';

// A task's name is no credential: it reaches no further than the token that it comes with.
let site: Site;
beforeAll(async () => {
  site = await openSite({}, { scopes: { all: ['notes'], tools: { write: ['notes:write'] } } });
});
afterAll(() => site.close());

const WIDE = { scope: 'notes notes:write' };
const public_url = (): string => site.running.config.public_url;

async function parked(text: string): Promise<string> {
  const got = await site.call('write', await site.token(WIDE), { args: { text }, capabilities: TASKS });
  return (got.messages[0] as { result: { taskId: string } }).result.taskId;
}

async function say(method: string, taskId: string, token: string, path = '/mcp/notes'): Promise<unknown> {
  const params = method === 'tasks/update' ? { taskId, inputResponses: {} } : { taskId };
  const got = await site.say(method, params, token, { path, capabilities: TASKS });
  const { result, error } = got.messages[0] as { result?: { status?: string }; error?: { code: number } };
  return error?.code ?? result?.status ?? 'done';
}

test.each([
  ['for another upstream', () => site.token({ ...WIDE, aud: `${public_url()}/mcp/other` }), '/mcp/other'],
  [
    'for all upstreams, at another’s address',
    () => site.token({ ...WIDE, aud: `${public_url()}/mcp` }),
    '/mcp/other',
  ],
  ['too narrow for the tool', () => site.token({ scope: 'notes' }), '/mcp/notes'],
  [
    'too narrow for the tool, at the address of all',
    () => site.token({ scope: 'notes', aud: `${public_url()}/mcp` }),
    '/mcp',
  ],
])('a token %s knows no such task, and ends none', async (name, token, path) => {
  const taskId = await parked(name);
  for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel'])
    expect([method, await say(method, taskId, await token(), path)]).toEqual([method, -32602]);
  expect(await say('tasks/get', taskId, await site.token(WIDE))).toBe('working');
});

test('a token for all upstreams knows it at the address of all', async () => {
  const token = await site.token({ ...WIDE, aud: `${public_url()}/mcp` });
  expect(await say('tasks/get', await parked('all'), token, '/mcp')).toBe('working');
});
