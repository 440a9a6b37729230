import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openParkedFile } from '../stores/sqlite/parked-file.ts';
import { runStdioGateway } from './stdio-door.ts';
import { ScriptedPort } from './testing.ts';

const CHILD = fileURLToPath(new URL('testing-server.ts', import.meta.url));

/** A door in front of a server, and what its client and its operator are told. */
function open(command: string, args: readonly string[], parked?: string) {
  const port = new ScriptedPort();
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const complaints: string[] = [];
  let told = '';
  stdout.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const ended = runStdioGateway({
    server: { name: 'local', command, args, env: {}, cwd: '.' },
    port,
    agentId: 'agt_a',
    issuer: 'cs.example',
    holdMs: 20_000,
    stdin,
    stdout,
    complain: (text) => void complaints.push(text),
    overheard: () => {},
    ...(parked === undefined ? {} : { openParked: async () => openParkedFile(parked) }),
  });
  const say = (message: object): void =>
    void stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const messages = (): Record<string, unknown>[] =>
    told
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { ended, port, say, messages, complaints, leave: () => stdin.end() };
}

test('ends with its server, says how that ended, and what it was asked last is of unknown outcome', async () => {
  const door = open(process.execPath, [CHILD]);
  door.say({ id: 1, method: 'tools/call', params: { name: 'die' } });
  expect(await door.ended).toEqual({ kind: 'died', how: 'it ended with exit code 1', code: 1 });
  expect(door.messages()).toMatchObject([{ id: 1, result: { isError: true } }]);
  expect(door.complaints).toEqual(['the mcp server is gone: it ended with exit code 1']);
});

test('a call that is held when the server ends is told that it did not run, and never runs', async () => {
  const door = open(process.execPath, [CHILD]);
  door.port.stepUp.add('echo');
  door.say({ id: 1, method: 'tools/call', params: { name: 'echo' } });
  await expect.poll(() => door.port.answers).toHaveLength(1);
  door.say({ id: 2, method: 'tools/call', params: { name: 'die' } });
  await door.ended;
  door.port.answers[0]?.('approved');
  expect(door.messages()).toMatchObject([
    {
      id: 1,
      error: {
        code: -32603,
        message: expect.stringMatching(/^NOT RUN\. .* it has ended\./),
        data: { 'io.countersign/consent': { status: 'upstream_unavailable', retry_after: 1 } },
      },
    },
    { id: 2, result: { isError: true } },
  ]);
  expect(door.port.reports).toEqual([]);
});

test('says what it cannot start', async () => {
  const door = open('no-such-server', []);
  door.say({ id: 1, method: 'ping' });
  expect(await door.ended).toMatchObject({ kind: 'died' });
  expect(door.complaints).toEqual([
    'the mcp server is gone: cannot start `no-such-server`: spawn no-such-server ENOENT',
  ]);
});

test('ends its server when its client leaves, and complains of nothing', async () => {
  const door = open(process.execPath, [CHILD]);
  door.say({ id: 1, method: 'ping' });
  await expect.poll(() => door.messages()).toMatchObject([{ id: 1, result: {} }]);
  door.leave();
  expect(await door.ended).toEqual({ kind: 'closed' });
  expect(door.complaints).toEqual([]);
});

describe('who waits for a task when the server ends is answered', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'countersign-parked-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  type Door = ReturnType<typeof open>;
  const answerTo = (door: Door, id: number): Record<string, unknown> | undefined =>
    door.messages().find((each) => each['id'] === id && each['method'] === undefined);
  const opened = async (): Promise<Door> => {
    const door = open(process.execPath, [CHILD], join(folder, 'parked.db'));
    door.port.stepUp.add('echo');
    const clientInfo = { name: 't', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: { tasks: {} }, clientInfo };
    door.say({ id: 1, method: 'initialize', params });
    await expect.poll(() => answerTo(door, 1)).toMatchObject({ result: { capabilities: { tasks: {} } } });
    door.say({ method: 'notifications/initialized' });
    return door;
  };
  const created = async (door: Door, id: number): Promise<string> => {
    await expect.poll(() => answerTo(door, id)).toMatchObject({ result: { task: { status: 'working' } } });
    return taskId(answerTo(door, id));
  };
  const kill = (door: Door): void => door.say({ id: 99, method: 'tools/call', params: { name: 'die' } });

  test('2025-11-25, while people think: that it has not ended, and the next door finds it waiting', async () => {
    const door = await opened();
    door.say({ id: 2, method: 'tools/call', params: { name: 'echo', task: {} } });
    const task = await created(door, 2);
    door.say({ id: 3, method: 'tasks/result', params: { taskId: task } });
    kill(door);
    expect(await door.ended).toMatchObject({ kind: 'died' });
    expect(answerTo(door, 3)).toMatchObject({ error: { code: -32603, data: { code: 'stopping' } } });
    const next = await opened();
    next.say({ id: 2, method: 'tasks/get', params: { taskId: task } });
    await expect.poll(() => answerTo(next, 2)).toMatchObject({ result: { taskId: task, status: 'working' } });
    next.leave();
    await next.ended;
  });

  test('2025-11-25, while it runs: that its outcome is unknown, now and at the next door', async () => {
    const door = await opened();
    door.say({ id: 2, method: 'tools/call', params: { name: 'sleep', task: {} } });
    const task = await created(door, 2);
    door.say({ id: 3, method: 'tasks/result', params: { taskId: task } });
    kill(door);
    await door.ended;
    const unknown = { _meta: { 'io.countersign/consent': { status: 'outcome-unknown' } } };
    expect(answerTo(door, 3)).toMatchObject({ result: { isError: true, ...unknown } });
    const next = await opened();
    next.say({ id: 2, method: 'tasks/result', params: { taskId: task } });
    await expect.poll(() => answerTo(next, 2)).toMatchObject({ result: { isError: true, ...unknown } });
    next.leave();
    await next.ended;
  });

  test('2025-11-25, a wait that its client gave up is not', async () => {
    const door = await opened();
    door.say({ id: 2, method: 'tools/call', params: { name: 'echo', task: {} } });
    const task = await created(door, 2);
    door.say({ id: 3, method: 'tasks/result', params: { taskId: task } });
    door.say({ method: 'notifications/cancelled', params: { requestId: 3 } });
    kill(door);
    await door.ended;
    expect(answerTo(door, 3)).toBeUndefined();
  });

  test('2026-07-28: its subscription ends gracefully', async () => {
    const door = open(process.execPath, [CHILD], join(folder, 'parked.db'));
    door.port.stepUp.add('echo');
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
    };
    door.say({ id: 2, method: 'tools/call', params: { name: 'echo', _meta: meta } });
    await expect.poll(() => answerTo(door, 2)).toMatchObject({ result: { resultType: 'task' } });
    const task = taskId(answerTo(door, 2));
    door.say({
      id: 3,
      method: 'subscriptions/listen',
      params: { notifications: { taskIds: [task] }, _meta: meta },
    });
    await expect
      .poll(() => door.messages().some(({ method }) => method === 'notifications/tasks'))
      .toBe(true);
    door.say({ id: 99, method: 'tools/call', params: { name: 'die', _meta: meta } });
    await door.ended;
    expect(answerTo(door, 3)).toMatchObject({
      result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': 3 } },
    });
  });
});

/** The id of the task that an answer creates, in either era. */
function taskId({ result }: Record<string, unknown> = {}): string {
  const created = result as
    { readonly taskId?: string; readonly task?: { readonly taskId: string } } | undefined;
  return created?.task?.taskId ?? created?.taskId ?? '';
}
