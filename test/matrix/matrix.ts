import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Era } from './client.ts';
import { FORMS, Played, type Cell, type Outcome, type Seen } from './play.ts';
import { MatrixWorld, nameOf, type Behind, type Config, type Door } from './world.ts';

const ERAS: readonly Era[] = ['2025-11-25', '2026-07-28'];
const TABLE = resolve(import.meta.dirname, 'messages.yaml');
const WRITES = process.env['MATRIX_WRITE'] !== undefined;

/** Both eras, the older alone, the newer alone. */
function behinds(reached: Behind['reached']): readonly Behind[] {
  return [ERAS, ...ERAS.map((era) => [era])].map((eras) => ({ eras, reached }));
}

const DOORS: readonly Door[] = ['http', 'stdio', 'bridge'];

/**
 * What stands behind a door, in groups that are played side by side. The bridge passes on what the HTTP gateway says, so
 * whether a server is a child there matters to it only where something ends; each cell of it is two or more processes.
 */
function groupsOf(door: Door, outcome: Outcome): readonly (readonly Behind[])[] {
  if (door === 'stdio') return [behinds('child')];
  const ends = outcome === 'upstream gone' || outcome === 'gateway killed';
  return door === 'http' || ends ? [behinds('url'), behinds('child')] : [behinds('url')];
}

/** What each cell's agent sees, by its era, form and outcome; where one place of it differs, by that too. */
type Table = Record<string, Seen>;

function keyOf({ era, form, outcome }: Cell): string {
  return `${era}, ${form}, ${outcome}`;
}

/** From the narrowest on. */
function keysOf(cell: Cell): string[] {
  const { door, behind } = cell;
  const name = nameOf(behind);
  const reached = `before a ${behind.reached}`;
  const places = [`${door} before ${name}`, `${door} ${reached}`, door, `before ${name}`, reached];
  return [...places.map((place) => `${keyOf(cell)}, ${place}`), keyOf(cell)];
}

function expected(table: Table, cell: Cell): Seen | undefined {
  const key = keysOf(cell).find((each) => table[each] !== undefined);
  return key === undefined ? undefined : table[key];
}

function readTable(): Table {
  return (existsSync(TABLE) ? parse(readFileSync(TABLE, 'utf8')) : {}) as Table;
}

/** Outcomes, in one world after the other: where people have all the time, where they have little, where no call is held for long. */
const WORLDS: readonly { readonly config: Config; readonly outcomes: readonly Outcome[] }[] = [
  {
    config: { hold: '10m' },
    outcomes: ['approved', 'denied', 'cancelled', 'agent gone', 'upstream gone', 'gateway killed'],
  },
  { config: { hold: '10m', pending: '6s' }, outcomes: ['expired'] },
  { config: { hold: '1s' }, outcomes: ['unanswered'] },
];

/**
 * Every cell of one door; one that differs from the table is read, and `MATRIX_WRITE=1` adds what it saw. The cells of one
 * outcome are played at the same time, so that what it takes (an expiry, a killed gateway) is waited for once; each has a
 * call, a client and a folder of its own, and leaves no request behind.
 */
export function describeMatrix(door: Door): void {
  const table = readTable();
  const all = new Map<Cell, Seen>();
  let world: MatrixWorld;
  beforeAll(async () => {
    world = await MatrixWorld.open(groupsOf(door, 'upstream gone').flat());
  });
  afterAll(async () => {
    const verified = await world.site.run(['audit', 'verify', '--data', world.site.data]);
    await world.close();
    if (WRITES) write(all);
    expect(verified.code, verified.stderr).toBe(0);
  });
  for (const { config, outcomes } of WORLDS)
    describe(`held for ${config.hold}, pending for ${config.pending ?? 'an hour'}`, () => {
      beforeAll(() => world.configure(config));
      for (const outcome of outcomes)
        for (const behind of groupsOf(door, outcome))
          describe(`${outcome}, before ${behind.map(nameOf).join(', ')}`, () => {
            const cells = cellsOf(door, behind, outcome);
            let plays: ReadonlyMap<Cell, Promise<Seen>> = new Map();
            beforeAll(async () => {
              plays = playAll(world, outcome, behind, cells);
              await Promise.allSettled(plays.values());
            });
            test.each(cells.map((cell) => ({ cell, name: `${keyOf(cell)}, before ${nameOf(cell.behind)}` })))(
              '$name',
              async ({ cell }) => {
                const seen = await plays.get(cell);
                if (seen !== undefined) all.set(cell, seen);
                if (!WRITES) expect(seen).toEqual(expected(table, cell));
              },
            );
          });
    });
}

/** The keys of the table, and the ones that cells are held against. */
export function keysOfTable(): { readonly all: readonly string[]; readonly used: readonly string[] } {
  const table = readTable();
  const outcomes = WORLDS.flatMap((world) => world.outcomes);
  const used = DOORS.flatMap((door) =>
    outcomes.flatMap((outcome) => cellsOf(door, groupsOf(door, outcome).flat(), outcome)),
  ).map((cell) => keysOf(cell).find((key) => key in table) ?? `none for ${keyOf(cell)}`);
  return { all: Object.keys(table), used: [...new Set(used)] };
}

function cellsOf(door: Door, behind: readonly Behind[], outcome: Outcome): readonly Cell[] {
  return behind.flatMap((each) =>
    ERAS.flatMap((era) => FORMS.map((form): Cell => ({ door, behind: each, era, form, outcome }))),
  );
}

/** Plays cells of one outcome side by side. */
function playAll(
  world: MatrixWorld,
  outcome: Outcome,
  behind: readonly Behind[],
  cells: readonly Cell[],
): ReadonlyMap<Cell, Promise<Seen>> {
  const plays = cells.map((cell) => new Played(world, cell, noteOf(cell)));
  const begun = plays.map((play) => play.begin());
  const struck = Promise.allSettled(begun).then(() => strike(world, outcome, behind));
  const met = plays.map(async (play, at) => {
    await begun[at];
    await struck;
    await play.meanwhile();
  });
  const restored = Promise.allSettled(met).then(() => restore(world, outcome, behind));
  const ended = plays.map(async (play, at) => {
    try {
      await met[at];
      await restored;
      await play.end();
      return play.seen;
    } finally {
      await restored;
      await play.leave();
    }
  });
  // Each is waited for by its test; until then nobody else need hear of a failure.
  for (const each of [...met, ...ended, struck, restored]) each.catch(() => {});
  return new Map(cells.map((cell, at) => [cell, ended[at] ?? Promise.reject(new Error('no play'))]));
}

async function strike(world: MatrixWorld, outcome: Outcome, behind: readonly Behind[]): Promise<void> {
  if (outcome === 'gateway killed') await world.killGateway();
  if (outcome !== 'upstream gone') return;
  await Promise.all(behind.map((each) => world.killUpstream(each)));
  // A child's last words are waited for before it counts as gone; no agent can see when that is.
  await new Promise((later) => setTimeout(later, 600));
}

async function restore(world: MatrixWorld, outcome: Outcome, behind: readonly Behind[]): Promise<void> {
  if (outcome === 'gateway killed') await world.startGateway();
  if (outcome === 'upstream gone') await Promise.all(behind.map((each) => world.restartUpstream(each)));
}

/** What the cell's one call is known by. */
function noteOf({ behind, era, form, outcome }: Cell): string {
  return `note-${nameOf(behind)}-${era}-${form}-${outcome.replace(' ', '-')}`;
}

/**
 * Adds what was seen to the table, each under the broadest key that is free. For whoever then reads every line of it, gives it
 * the key that it deserves, and says why at the top of the table, whose comments this keeps.
 */
function write(all: ReadonlyMap<Cell, Seen>): void {
  const table = readTable();
  const comments = existsSync(TABLE) ? (/^(?:#.*\n)*/.exec(readFileSync(TABLE, 'utf8'))?.[0] ?? '') : '';
  for (const [cell, seen] of all) {
    if (JSON.stringify(expected(table, cell)) === JSON.stringify(seen)) continue;
    const key = keysOf(cell).findLast((each) => table[each] === undefined);
    if (key !== undefined) table[key] = seen;
  }
  writeFileSync(TABLE, comments + stringify(table, { lineWidth: 120 }));
}
