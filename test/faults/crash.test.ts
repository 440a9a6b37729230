import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8Decode } from '@countersign/core';
import type { AuditEntry } from '../../packages/server/src/audit/entry.ts';
import { addAgent, openTestAuthority, type Opened } from '../authority/fixture.ts';

const STEPS = ['open', 'decision', 'request', 'vote', 'claim', 'effect', 'report'];
const scratch = mkdtempSync(join(tmpdir(), 'countersign-crash-'));
const dir = join(scratch, 'data');
const effects = join(scratch, 'effects');
const keyFile = join(scratch, 'key.json');
const toldSoFar: [string, string][] = [];

beforeAll(async () => {
  const opened = await openTestAuthority({}, dir, { now: Date.now() });
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const public_key = String(publicKey.export({ format: 'jwk' }).x);
  await opened.authority.enrolment.enrolFirstKey({
    email: 'ann@example.com',
    group: 'approvers',
    public_key,
  });
  const { agent } = await addAgent(opened);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(keyFile, JSON.stringify({ key, publicKey: public_key, agentId: agent.id }), { mode: 0o600 });
  await opened.authority.close();
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the life until it is killed: by itself at a step, or by us after some milliseconds. */
async function liveAndDie(kill: { step: string; nth: number } | { afterMs: number }): Promise<void> {
  const script = join(import.meta.dirname, 'life-process.ts');
  const own = 'step' in kill ? [kill.step, String(kill.nth)] : [];
  const child = spawn(process.execPath, [script, dir, effects, keyFile, ...own], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let complaints = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if ('afterMs' in kill) timer ??= setTimeout(() => child.kill('SIGKILL'), kill.afterMs);
  });
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const signal = await new Promise((resolve) => child.on('exit', (_code, by) => resolve(by)));
  clearTimeout(timer);
  expect(signal, complaints).toBe('SIGKILL');
  for (const line of out.split('\n').slice(0, -1)) {
    const [step = '', id = ''] = line.split(' ');
    toldSoFar.push([step, id]);
  }
}

/** Opens what the crash left and holds it against everything that was ever told or done. */
async function checkWhatIsLeft(): Promise<void> {
  const opened: Opened = await openTestAuthority({}, dir, { now: Date.now() });
  try {
    const report = await opened.authority.log.verify();
    expect(report.problems).toEqual([]);
    const stored = await opened.parts.audit.entries(0, report.size);
    const events = stored.map(({ leaf }) => (JSON.parse(utf8Decode(leaf)) as AuditEntry).event);
    const ids = (type: string, member: string) =>
      events.flatMap((event) =>
        event.type === type ? [String((event as Record<string, unknown>)[member])] : [],
      );
    const told = (step: string) => toldSoFar.filter(([each]) => each === step).map(([, id]) => id);

    // Nothing that anybody was told is missing from the log.
    expect(ids('decision', 'evaluation_id')).toEqual(expect.arrayContaining(told('decision')));
    expect(ids('request_filed', 'request_id')).toEqual(expect.arrayContaining(told('request')));
    expect(ids('vote', 'request_id')).toEqual(expect.arrayContaining(told('vote')));
    const claims = ids('claim', 'claim_id');
    expect(claims).toEqual(expect.arrayContaining(told('claim')));

    // Every effect had its claim in the log before it, and no claim had two effects.
    const done = existsSync(effects) ? readFileSync(effects, 'utf8').split('\n').filter(Boolean) : [];
    expect(claims).toEqual(expect.arrayContaining(done));
    expect(new Set(done).size).toBe(done.length);

    // Every claim has come to an end; what was not reported is unknown, what was reported stays.
    const ended = new Map(
      events.flatMap((event) => (event.type === 'disposition' ? [[event.claim_id, event.disposition]] : [])),
    );
    expect([...ended.keys()].sort()).toEqual([...claims].sort());
    for (const id of told('report')) expect(ended.get(id)).toBe('approved-executed');
    for (const [id, disposition] of ended) {
      if (disposition === 'approved-executed') expect(done).toContain(id);
    }
  } finally {
    await opened.authority.close();
  }
}

describe('kill -9', () => {
  for (const step of STEPS) {
    for (const nth of step === 'open' ? [1] : [1, 3]) {
      test(`at ${step}, time ${nth}: nothing told is lost, nothing runs twice`, async () => {
        await liveAndDie({ step, nth });
        await checkWhatIsLeft();
      });
    }
  }

  test('anywhere, again and again', async () => {
    for (let round = 0; round < 12; round++) {
      await liveAndDie({ afterMs: (round * 37) % 90 });
      await checkWhatIsLeft();
    }
  });
});
