import { expect, test } from 'vitest';
import type { ServerLine } from './child-server.ts';
import { EarlyServer } from './early-server.ts';

/** A server that says something at once, then repeats what it hears. */
const TALKS = `
  const say = (method) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', method }) + '\\n');
  for (const method of ['one', 'two', 'three']) say(method);
  process.stdin.on('data', (heard) => process.stdout.write(heard));
  process.stderr.write('started ' + process.pid);
`;

function started(script: string) {
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = new EarlyServer(
    { command: process.execPath, args: ['-e', script], env: {}, cwd: '.' },
    resolve,
  );
  return { server, overheard: promise };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('what a server said before it was opened is heard first, in its order', async () => {
  const { server, overheard } = started(TALKS);
  await overheard;
  await new Promise((said) => setTimeout(said, 100));
  const lines: (string | undefined)[] = [];
  const { promise: last, resolve } = Promise.withResolvers<void>();
  const connection = server.open(({ method }: ServerLine) => {
    lines.push(method);
    if (method === 'four') resolve();
  });
  expect(lines).toEqual([]);
  await connection.send({ jsonrpc: '2.0', method: 'four' });
  await last;
  expect(lines).toEqual(['one', 'two', 'three', 'four']);
  await server.close();
});

test('one that is never opened ends', async () => {
  const { server, overheard } = started(TALKS);
  const pid = Number((await overheard).split(' ')[1]);
  expect(isRunning(pid)).toBe(true);
  await server.close();
  expect(isRunning(pid)).toBe(false);
});

test('one that ended before it was opened has ended', async () => {
  const { server, overheard } = started(`process.stderr.write('x', () => process.exit(3))`);
  await overheard;
  await new Promise((ended) => setTimeout(ended, 500));
  const connection = server.open(() => {});
  expect(await connection.exited).toMatchObject({ kind: 'died', code: 3 });
  await expect(connection.send({ jsonrpc: '2.0', method: 'x' })).rejects.toThrow('it has ended');
  await server.close();
});
