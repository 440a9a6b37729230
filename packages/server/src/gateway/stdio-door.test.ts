import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runStdioGateway } from './stdio-door.ts';
import { ScriptedPort } from './testing.ts';

const CHILD = fileURLToPath(new URL('testing-server.ts', import.meta.url));

/** A door in front of a server, and what its client and its operator are told. */
function open(command: string, args: readonly string[]) {
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
  });
  const say = (message: object): void =>
    void stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const messages = (): unknown[] =>
    told
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
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
