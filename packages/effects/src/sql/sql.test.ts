import { EFFECTS } from '@countersign/core';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { holdAgainstCases, readCases } from '../testing-cases.ts';
import { classifySql, loadSql } from './classify-sql.ts';

beforeAll(loadSql);

holdAgainstCases('sql', classifySql);

const inputs = readCases('sql')
  // No statement at all is less than any statement.
  .filter(({ because, options }) => options === undefined && because !== 'no statement')
  .map(({ input }) => String(input));
const sql = fc.constantFrom(...inputs);
/** No effect of a part is missing from the whole. */
const covers = (whole: string, ...parts: string[]): void => {
  const found = classifySql(whole).effects;
  for (const part of parts)
    expect(found, whole).toEqual(expect.arrayContaining([...classifySql(part).effects]));
};

it('never throws, whatever it is given', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .tuple(sql, fc.nat(200), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([base, at, more]) => base.slice(0, at) + more + base.slice(at)),
    fc
      .tuple(sql, fc.nat(200), fc.nat(9))
      .map(([base, at, gone]) => base.slice(0, at) + base.slice(at + gone)),
    fc
      .array(
        fc.constantFrom(
          ...'select delete from where ( ) , ; \' " -- /* */ $$ \\ E\' U&" as with t a 1 update set insert into values'.split(
            ' ',
          ),
        ),
        { maxLength: 40 },
      )
      .map((words) => words.join(' ')),
  );
  fc.assert(
    fc.property(text, (input) => {
      const { effects, understood } = classifySql(input);
      expect(effects.length).toBeGreaterThan(0);
      if (!understood) expect(effects).toEqual(EFFECTS);
    }),
    { numRuns: 3000 },
  );
});

it('a whole is never below its parts', () => {
  fc.assert(
    fc.property(sql, sql, (a, b) => {
      covers(`${a}\n;\n${b}`, a, b);
      covers(`EXPLAIN ANALYZE ${a}`, a);
      covers(`PREPARE p AS ${a}`, a);
      covers(`/* ${b.replaceAll('*/', '').replaceAll('/*', '')} */ ${a}`, a);
    }),
    { numRuns: 1000 },
  );
});

it.each([
  ['nested parentheses', (n: number) => `SELECT ${'('.repeat(n)}1${')'.repeat(n)}`],
  ['a long sum', (n: number) => `SELECT ${'1+'.repeat(n)}1`],
  ['NOT NOT NOT', (n: number) => `SELECT ${'NOT '.repeat(n)}true`],
  ['nested queries', (n: number) => `SELECT ${'(SELECT '.repeat(n)}1${')'.repeat(n)}`],
  ['many columns', (n: number) => `SELECT a${', b'.repeat(n)} FROM t`],
  ['many statements', (n: number) => 'SELECT 1;'.repeat(n)],
  ['an open comment', (n: number) => '/*'.repeat(n)],
  ['open quotes', (n: number) => `SELECT ${"'".repeat(n)}`],
  [
    'a deep condition of many clauses',
    (n: number) =>
      `MERGE INTO t USING s ON ${'a=a AND ('.repeat(40)}a IN (1${',1'.repeat(n)})${')'.repeat(40)} ${'WHEN MATCHED THEN DELETE '.repeat(400)}`,
  ],
  [
    'one alias of many functions',
    (n: number) => `SELECT 1 FROM ${Array.from({ length: n }, (_, i) => `f${i}()x`).join(',')}`,
  ],
  ['many texts in a text', (n: number) => `SELECT 1${",dblink('TABLE t')".repeat(n)}`],
  [
    'many columns in queries in queries',
    (n: number) => `SELECT ${'(SELECT '.repeat(30)}x.a${',x.a'.repeat(n)}${' FROM x)'.repeat(30)}`,
  ],
])('survives %s, and answers the next as before', (_what, make) => {
  for (const count of [100, 2000, 10_000, 500_000]) {
    classifySql(make(count));
    expect(classifySql('DELETE FROM t').effects).toEqual(['delete']);
  }
});
