import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { RULES } from './rules.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** The title of a test: the first argument of a call, and not of one that is skipped. */
const CITING = /(?<!\.(?:skip|todo|fails|skipIf\([^()]*\)))\(\s*(['"`])SEP-2848: (.+?)(?:; .*?)?\1\s*,/g;

function cited(): string[] {
  const files = globSync(['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: ROOT });
  return files.flatMap((file) =>
    [...readFileSync(resolve(ROOT, file), 'utf8').matchAll(CITING)].map(([, , rule = '']) => rule),
  );
}

test('every rule of SEP-2848 has a test that cites it, and no test cites another', () => {
  expect(new Set(RULES).size).toBe(RULES.length);
  expect([...new Set(cited())].toSorted()).toEqual([...RULES].toSorted());
});
