import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { Site } from '../e2e/countersign.ts';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');

test('guarded-function: asks, waits for a person, runs once', async () => {
  const site = new Site();
  await site.reservePort();
  site.writePolicies({ mailer: 'tools:\n  send: { effects: [create], labels: [], outward: false }\n' });
  site.configure({ public_url: site.url, upstreams: { mailer: { command: 'true', catalog: 'mailer' } } });
  const { id = '' } = await site.json('agent', 'add', 'bot', '--owner', 'owner@example.com');
  const { api_key = '' } = await site.json('pep', 'add', 'mailer-pep', '--agent', 'bot');
  await site.enrolKey();
  await site.start();
  const child = spawn(process.execPath, [resolve(EXAMPLES, 'guarded-function.ts'), id], {
    env: { ...process.env, COUNTERSIGN_URL: site.url, COUNTERSIGN_API_KEY: api_key },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise((end) => child.once('exit', end));
  await site.vote('approve', await site.pending());
  expect(await ended, said).toBe(0);
  expect(said).toMatch(/waiting for .* \(arq_\S+\)\nsent once, with consent\n$/);
  await site.close();
});
