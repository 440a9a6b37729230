import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseVerifierKey, utf8Encode, verifyProof } from '@countersign/core';
import { verifyDataFolder } from '../../packages/server/src/stores/sqlite/verify.ts';
import {
  addAgent,
  approved,
  enrolAnother,
  enrolFirst,
  openTestAuthority,
  vote,
  park,
  withApproval,
  writeCall,
  type Opened,
} from './fixture.ts';

const ENTRIES = 700;
let opened: Opened;
let early: string;
let approval: string;
const scratch = mkdtempSync(join(tmpdir(), 'countersign-tamper-'));

// One log with everything in it that can be logged, long enough for stored subtrees.
beforeAll(async () => {
  opened = await openTestAuthority();
  const ann = await enrolFirst(opened);
  await enrolAnother(opened, ann, 'bob@example.com');
  const { agent, port } = await addAgent(opened);
  early = (await opened.authority.log.checkpoint()) ?? '';
  approval = await approved(opened, ann, port, writeCall(agent));
  const permit = await port.evaluate(withApproval(writeCall(agent), approval));
  if (permit.decision) await port.report(permit.context.approval?.claim_id ?? '', 'approved-executed');
  await vote(opened, ann, await park(port, writeCall(agent, { path: 'denied' })), 'deny');
  opened.pdp.kind = 'permit';
  await Promise.all(Array.from({ length: ENTRIES }, (_, n) => port.evaluate(writeCall(agent, { n }))));
  await opened.authority.close();
});
afterAll(() => {
  rmSync(opened.dir, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

let copies = 0;
async function verifyAfter(change: (db: DatabaseSync) => void, kept?: string) {
  const dir = join(scratch, String(copies++));
  mkdirSync(dir);
  for (const file of ['countersign.db', 'log.vkey']) copyFileSync(join(opened.dir, file), join(dir, file));
  const db = new DatabaseSync(join(dir, 'countersign.db'));
  change(db);
  db.close();
  const report = await verifyDataFolder(dir, 'default', kept);
  rmSync(dir, { recursive: true });
  return report;
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << (at % 8));
  return copy;
}

describe('audit verify', () => {
  test('passes on what was written, and says what it did not prove', async () => {
    const report = await verifyAfter(() => {});
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(report.size).toBeGreaterThan(ENTRIES);
    expect(report.not_proven).toHaveLength(1);
    expect(await verifyAfter(() => {}, early)).toMatchObject({ ok: true, not_proven: [] });
  });

  test('finds any flipped bit of any entry, hash, subtree or checkpoint, and names the first bad entry', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(ENTRIES),
        fc.nat(100_000),
        fc.constantFrom('leaf', 'hash'),
        async (idx, at, column) => {
          const report = await verifyAfter((db) => {
            const row = db.prepare(`SELECT ${column} AS bytes FROM entry WHERE idx = ?`).get(idx);
            db.prepare(`UPDATE entry SET ${column} = ? WHERE idx = ?`).run(
              flip(row?.['bytes'] as Uint8Array, at),
              idx,
            );
          });
          expect(report.ok).toBe(false);
          expect(report.problems[0]).toContain(`entry ${idx}:`);
        },
      ),
      { numRuns: 40 },
    );
  });

  const edits: [string, string, RegExp][] = [
    [
      'an entry removed from the end',
      'DELETE FROM entry WHERE idx = (SELECT max(idx) FROM entry)',
      /entry \d+: the checkpoint signs/,
    ],
    ['an entry removed from the middle', 'DELETE FROM entry WHERE idx = 5', /entry 5 is missing/],
    [
      'a stored subtree changed',
      'UPDATE node SET hash = zeroblob(32) WHERE level = 8 AND idx = 0',
      /stored subtree 8\/0/,
    ],
    [
      'a stored subtree removed',
      'DELETE FROM node WHERE level = 8 AND idx = 1',
      /stored subtree 8\/1 is missing/,
    ],
    [
      'the checkpoint cut',
      `UPDATE checkpoint SET note = substr(note, 1, length(note) - 9)`,
      /checkpoint is refused/,
    ],
    [
      'the checkpoint of another size',
      `UPDATE checkpoint SET note = replace(note, char(10) || '7', char(10) || '8')`,
      /checkpoint is refused/,
    ],
    ['no checkpoint', 'DELETE FROM checkpoint', /no signed checkpoint/],
    [
      'the stored arguments of a request',
      `UPDATE request SET question = replace(question, '"x"', '"y"')`,
      /stored request is not the one logged/,
    ],
    [
      'a request approved by hand',
      `UPDATE request SET status = 'approved' WHERE status = 'denied'`,
      /another status/,
    ],
    [
      'a vote turned around',
      `UPDATE vote SET statement = replace(statement, '"deny"', '"approve"')`,
      /stored statement is not the one logged/,
    ],
    ['a vote removed', 'DELETE FROM vote', /its vote is not stored/],
    ['a use given back', 'DELETE FROM claim', /stored approval is not the one logged|claim is not stored/],
    [
      'a longer approval',
      'UPDATE approval SET approved_until = approved_until + 1000',
      /stored approval is not the one logged/,
    ],
    ['another disposition', `UPDATE claim SET disposition = 'denied-not-executed'`, /another disposition/],
  ];
  test.each(edits)('finds %s', async (_name, sql, problem) => {
    const report = await verifyAfter((db) => db.exec(sql));
    expect(report.ok).toBe(false);
    expect(report.problems.join('\n')).toMatch(problem);
  });

  test('finds another key put in the place of an approver’s', async () => {
    const report = await verifyAfter((db) => db.exec(`UPDATE credential SET public_key = 'AAAA' || id`));
    expect(report.problems[0]).toMatch(/stored key is not the one logged/);
  });

  test('a log rewritten with the log key is found by a checkpoint kept elsewhere', async () => {
    const other = await openTestAuthority();
    await addAgent(other);
    const foreign = (await other.authority.log.checkpoint()) ?? '';
    await other.close();
    expect(await verifyAfter(() => {}, foreign)).toMatchObject({ ok: false });
  });
});

test('a receipt verifies offline and only for its own entry', async () => {
  const again = await opened.reopen();
  try {
    const { proof, entry, vkey } = await again.authority.log.proof(approval);
    const key = parseVerifierKey(vkey);
    const log = { origin: key.name, keys: [key] };
    expect(verifyProof(proof, utf8Encode(entry), log)).toMatchObject({ ok: true });
    expect(verifyProof(proof, utf8Encode(entry.replace('apr_', 'apr-')), log)).toMatchObject({ ok: false });
    expect(verifyProof(proof.replace(/index \d+/, 'index 0'), utf8Encode(entry), log)).toMatchObject({
      ok: false,
    });
  } finally {
    await again.authority.close();
  }
});
