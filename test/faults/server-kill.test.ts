import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestAgent } from '../e2e/agents.ts';
import type { Voter } from '../e2e/voter.ts';
import { openWorld, type World } from '../e2e/world.ts';

/** Rounds, each with a power cut at another moment between the call and its answer. */
const ROUNDS = 10;

let world: World;
beforeAll(async () => {
  world = await openWorld({ hold: '5s' });
});
afterAll(() => world.close());

/** A write that is in the server's hands when the power goes; nobody hears its answer. */
async function cutOff(name: string, afterVoteMs: number): Promise<void> {
  const agent = await world.agent('2025-11-25', 'http', 'notes');
  const gone = new AbortController();
  const held = agent
    .call('write_note', { name, text: 'once' }, { signal: gone.signal })
    .catch(() => undefined);
  const voter = await world.site.openVoter();
  const cast = await voter.prepare('approve', await voter.pending());
  const voting = cast().catch(() => undefined);
  await new Promise((later) => setTimeout(later, afterVoteMs));
  await world.restart('kill');
  // A client of this era waits for its own time-out when the connection is lost.
  gone.abort();
  await Promise.all([voting, held]);
  await agent.close().catch(() => {});
}

/** Resolves when something waits; ends by itself when the call is answered first. */
async function askedAgain(voter: Voter, call: Promise<unknown>): Promise<'asked again'> {
  const answered = call.then(() => true);
  for (;;) {
    if ((await voter.waiting()).length > 0) return 'asked again';
    const pause = new Promise<false>((later) => setTimeout(later, 20, false));
    if (await Promise.race([answered, pause])) return await new Promise<never>(() => {});
  }
}

async function verified(): Promise<void> {
  const { code, stderr } = await world.site.run(['audit', 'verify', '--data', world.site.data]);
  expect(code, stderr).toBe(0);
}

const effects = (name: string): number => world.site.writes().filter((each) => each === name).length;

test(`${ROUNDS} power cuts from the vote on: never twice, never without an entry, the log always whole`, async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const name = `cut-${round}.txt`;
    // From before the vote arrives until after the answer: the steps in between take some milliseconds each.
    await cutOff(name, round * 3);
    await verified();
    expect(effects(name)).toBeLessThanOrEqual(1);
    const ran = effects(name);

    const agent: TestAgent = await world.agent('2025-11-25', 'http', 'notes');
    const again = agent.call('write_note', { name, text: 'once' });
    const voter = await world.site.openVoter();
    // The lost call spent its approval, or did not: either way the same call again runs under consent alone.
    const answer = await Promise.race([again, askedAgain(voter, again)]);
    if (answer === 'asked again') {
      outcomes.add(ran === 1 ? 'ran, and is asked again' : 'spent or not voted, and is asked again');
      for (const id of await voter.waiting()) await voter.vote('deny', id);
      expect(await again).toMatchObject({ isError: true });
      expect(effects(name)).toBe(ran);
    } else {
      outcomes.add('had not run, runs now');
      expect(answer.isError).toBe(false);
      // It runs under the surviving approval only where that was not spent.
      expect(ran).toBe(0);
      expect(effects(name)).toBe(1);
    }
    await agent.close();
    await verified();
  }
  expect(outcomes.size).toBeGreaterThan(0);
  // Each round starts a server and verifies its log twice, in processes of their own.
}, 240_000);

test('a crash after the claim ends in outcome-unknown, and is not run again', async () => {
  const agent = await world.agent('2025-11-25', 'http', 'notes');
  const gone = new AbortController();
  const call = agent.call('write_note', { name: 'slow-claimed.txt', text: 'once' }, { signal: gone.signal });
  const held = call.catch(() => undefined);
  const voter = await world.site.openVoter();
  const id = await voter.pending();
  await voter.vote('approve', id);
  // The tool takes a while, so the claim is there and its answer is not.
  await expect.poll(async () => (await voter.show(id)).approval?.claims.length).toBe(1);
  await world.restart('kill');
  gone.abort();
  await held;
  await agent.close().catch(() => {});
  const [claim] = (await voter.show(id)).approval?.claims ?? [];
  expect(claim?.disposition).toBe('outcome-unknown');
  expect(effects('slow-claimed.txt')).toBeLessThanOrEqual(1);
  await verified();

  // Whoever has looked may say what came of it, once.
  const mark = (found: string) =>
    world.site.run(['claim', 'mark', claim?.id ?? '', '--found', found, '--data', world.site.data]);
  expect(await mark('perhaps')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('must be ran, failed or not-run'),
  });
  expect(await mark('ran')).toMatchObject({ code: 0 });
  expect((await voter.show(id)).approval?.claims[0]?.disposition).toBe('approved-executed');
  expect(await mark('failed')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('only a claim of unknown outcome can be marked'),
  });
  await verified();
});

/** How many answers each start of the server found without a signature, the latest last. */
function unsignedAtStarts(): (number | undefined)[] {
  const db = new DatabaseSync(join(world.site.data, 'countersign.db'), { readOnly: true });
  const rows = db.prepare(`SELECT leaf FROM entry ORDER BY idx`).all();
  db.close();
  return rows
    .map(({ leaf }) => JSON.parse(Buffer.from(leaf as Uint8Array).toString()).event)
    .filter(({ type }) => type === 'authority_started')
    .map(({ unsigned }) => unsigned);
}

test('the start after a crash says how many answers it found unsigned; after an orderly end there are none', async () => {
  await world.restart('stop');
  expect(unsignedAtStarts().at(-1)).toBeUndefined();
  const agent = await world.agent('2025-11-25', 'http', 'notes');
  // What it would be permitted is looked for, which is an entry.
  expect(await agent.tools()).toContain('write_note');
  await world.restart('kill');
  expect(unsignedAtStarts().at(-1)).toBeGreaterThan(0);
  await verified();
  await agent.close().catch(() => {});
});
