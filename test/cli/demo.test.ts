import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAIN, PASSPHRASE, Site } from '../e2e/countersign.ts';

/** What a person does who reads the terminal: waits for a line, then runs what it says. */
test('the demo tells its story, and does what it says', async () => {
  const site = new Site();
  const demo = spawn(process.execPath, [MAIN, 'serve', '--demo', '--port', '0', '--data', site.data], {
    cwd: site.dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  demo.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  demo.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise((end) => demo.once('exit', end));
  const until = (text: RegExp) => expect.poll(() => said, { timeout: 30_000 }).toMatch(text);
  const report = join(site.data, 'scratch/report.txt');

  await until(/The agent reads notes\.txt: goes through/);
  await until(/request approve \S+ --key approver\.key/);
  expect(existsSync(report)).toBe(false);
  const commands = [...said.matchAll(/npx countersign (.*)/g)].map(([, line = '']) => line.trim());
  expect(commands).toHaveLength(3);
  for (const line of commands) {
    const done = await site.run(line.split(' '), { COUNTERSIGN_PASSPHRASE: PASSPHRASE });
    expect(done.code, `${line}: ${done.stderr}`).toBe(0);
  }

  await until(/Approved, and run/);
  expect(readFileSync(report, 'utf8')).toBe('The release ships on Friday.\n');
  await until(/The replay is refused/);
  await until(/The log: whole/);
  await until(/audit proof (\S+) --out consent\.proof/);
  const [, proof = ''] = /npx countersign (audit proof .*)/.exec(said) ?? [];
  expect(await site.run(proof.trim().split(' '))).toMatchObject({ code: 0 });
  expect(await site.run(['audit', 'check', 'consent.proof', '--data', site.data])).toMatchObject({ code: 0 });
  await until(/Ctrl-C ends it/);
  demo.kill('SIGINT');
  expect(await ended).toBe(0);
  await site.close();
});
