import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineDifference } from './line-difference.ts';
import { isSameWorld, lookAtWorld, movedWorld, preconditionOf } from './world.ts';

const wanted = { tool: 'read', arguments: { path: 'a' }, show: true };
const text = (words: string) => async () => ({
  content: [{ type: 'text', text: words }],
  _meta: { at: Math.random() },
});

test('the same answer is the same world, whatever the server says of the answer', async () => {
  const one = await lookAtWorld(wanted, text('a'));
  expect(one).toMatchObject({ tool: 'read', arguments: { path: 'a' }, value: 'a' });
  expect(isSameWorld(one, await lookAtWorld(wanted, text('a')))).toBe(true);
  expect(isSameWorld(one, await lookAtWorld(wanted, text('b')))).toBe(false);
});

test('what is not to be shown is not in it', async () => {
  const world = await lookAtWorld({ ...wanted, show: false }, text('words'));
  expect(JSON.stringify(world)).not.toContain('words');
  expect(world['digest']).toEqual(expect.any(String));
  expect(preconditionOf(world)).toEqual({ ...wanted, show: false });
});

test.each<[string, () => Promise<never>]>([
  ['throws', () => Promise.reject(new Error('no'))],
  ['answers nothing', () => Promise.resolve(undefined as never)],
])('a server that %s leaves it unread, which is no other state than itself', async (_what, read) => {
  const unread = await lookAtWorld(wanted, read);
  expect(unread).toHaveProperty('unread');
  expect(isSameWorld(unread, await lookAtWorld(wanted, read))).toBe(true);
  expect(isSameWorld(unread, await lookAtWorld(wanted, text('')))).toBe(false);
});

test('numbers that we do not take, halves of pairs and long texts can be compared', async () => {
  const big = await lookAtWorld(wanted, async () => ({ content: [], structuredContent: { n: 2 ** 60 } }));
  expect(big['digest']).toEqual(expect.any(String));
  const long = await lookAtWorld(wanted, text('\ud800'.repeat(5000)));
  expect(long).toMatchObject({ characters_not_shown: 1000 });
  expect(JSON.stringify(long['value'])).not.toContain('\\ud800');
});

test('what it was is told once, of the look before', async () => {
  const [a, b, c] = await Promise.all(
    ['1\n2', '1\n3', '1\n4'].map((each) => lookAtWorld(wanted, text(each))),
  );
  const moved = movedWorld(movedWorld(a ?? {}, b ?? {}), c ?? {});
  expect(moved).toMatchObject({ value: '1\n4', was: { difference: ['  1', '- 3', '+ 4'] } });
  expect(preconditionOf(moved)).toEqual(wanted);
});

test('a difference tells every line that went and came, as often as it did', () => {
  const line = fc.constantFrom('a', 'b', 'c', '');
  const lines = fc.array(line, { maxLength: 12 }).map((all) => all.join('\n'));
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const told = lineDifference(before, after);
      const count = (all: readonly string[], what: string) => all.filter((each) => each === what).length;
      for (const each of ['a', 'b', 'c', '']) {
        const balance = count(told, `+ ${each}`) - count(told, `- ${each}`);
        expect(balance).toBe(count(after.split('\n'), each) - count(before.split('\n'), each));
      }
      if (before === after) expect(told.filter((each) => !each.startsWith('  '))).toEqual([]);
    }),
  );
});
