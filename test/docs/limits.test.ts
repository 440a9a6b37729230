import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../packages/server/src/config/limits.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const ROWS = readFileSync(join(ROOT, 'docs/limits.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!what |---)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, what = '', amount = '', , where = '']) => [what, amount, where] as const);

const UNITS: Readonly<Record<string, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
};

/** `64 MiB` in bytes, `30 s` in milliseconds, `4,096` as it is. */
function amountOf(text: string): number {
  const [, digits, unit] = /^([\d,]+)(?: (\w+))?$/.exec(text) ?? [];
  if (digits === undefined) throw new Error(`no amount: ${text}`);
  const factor = unit === undefined ? 1 : UNITS[unit];
  if (factor === undefined) throw new Error(`no unit: ${text}`);
  return Number(digits.replaceAll(',', '')) * factor;
}

/** The value of a constant, or of a member of one, as its file writes it: a product of numbers and of other constants. */
function constantIn(path: string, name: string): number {
  const file = [join(ROOT, 'packages/server/src', path), join(ROOT, path)].find(existsSync);
  if (file === undefined) throw new Error(`no such file: ${path}`);
  const source = readFileSync(file, 'utf8');
  const [constant = '', member] = name.split('.');
  const [, declared] =
    new RegExp(`^(?:export )?const ${constant}\\b[^]*?(?<!=)=(?!>)\\s*([^;]+);`, 'm').exec(source) ?? [];
  const text =
    member === undefined ? declared : new RegExp(`\\b${member}: ([^,}]+)`).exec(declared ?? '')?.[1];
  if (text === undefined) throw new Error(`no constant ${name} in ${path}`);
  return text
    .split('*')
    .map((factor) => factor.trim())
    .map((factor) =>
      /^[\d_]+$/.test(factor)
        ? Number(factor.replaceAll('_', ''))
        : constantIn(importOf(source, factor, path), factor),
    )
    .reduce((product, factor) => product * factor, 1);
}

/** The file that a constant comes from, beside the one that names it. */
function importOf(source: string, name: string, path: string): string {
  const from = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from '\\./([^']+)'`).exec(source)?.[1];
  return from === undefined ? path : join(path, '..', from);
}

describe('docs/limits.md says what is', () => {
  test('it has rows, and names every key of the config', () => {
    expect(ROWS.length).toBeGreaterThan(30);
    const named = ROWS.flatMap(([, , where]) => /^`(\w+)`$/.exec(where)?.[1] ?? []);
    expect(named.toSorted()).toEqual(Object.keys(DEFAULT_LIMITS).toSorted());
  });

  test.each(ROWS)('%s: %s', (_what, amount, where) => {
    const [first, second] = [...where.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const limits: Readonly<Record<string, number>> = { ...DEFAULT_LIMITS };
    const value = second === undefined ? limits[first ?? ''] : constantIn(first ?? '', second);
    expect(value).toBe(amountOf(amount));
  });
});
