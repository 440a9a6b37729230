import { EFFECTS, type Effect } from '@countersign/core';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Classification } from '../classification.ts';
import { holdAgainstCases } from '../testing-cases.ts';
import { classifyShell } from './classify-shell.ts';

holdAgainstCases('shell', classifyShell);

const file = new URL('../../../../test/vectors/effects/shell.yaml', import.meta.url);
const inputs = (parse(readFileSync(file, 'utf8')) as { input: string }[]).map(({ input }) => input);
const anInput = fc.constantFrom(...inputs);
/** Whatever is composed with what is not understood is not understood, so these tell more. */
const anUnderstood = fc.constantFrom(...inputs.filter((input) => classifyShell(input).understood));

/** Text that a shell reads as one word and passes on unchanged. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Each has what the parts do. A newline ends each part, so that no comment or here-document of one reaches the next. */
const COMPOSED: Readonly<Record<string, (a: string, b: string) => string>> = {
  'one after the other': (a, b) => `${a}\n${b}\n`,
  and: (a, b) => `{ ${a}\n} && { ${b}\n}\n`,
  or: (a, b) => `{ ${a}\n} || { ${b}\n}\n`,
  pipe: (a, b) => `{ ${a}\n} | { ${b}\n}\n`,
  'in the background': (a, b) => `{ ${a}\n} & { ${b}\n} &\n`,
  subshell: (a, b) => `( ${a}\n); ( ${b}\n)\n`,
  'command substitution': (a, b) => `echo "$( ${a}\n)" $( ${b}\n)\n`,
  'bash -c': (a, b) => `bash -c ${quoted(a)}; bash -c ${quoted(b)}\n`,
  if: (a, b) => `if true; then ${a}\nelse ${b}\nfi\n`,
  loop: (a, b) => `while ${a}\ndo ${b}\ndone\n`,
  function: (a, b) => `composed() { ${a}\n${b}\n}\n`,
  case: (a, b) => `case x in a) ${a}\n;; *) ${b}\n;; esac\n`,
};

function expectAtLeast(whole: Classification, part: Classification): void {
  expect(whole.effects).toEqual(EFFECTS.filter((effect) => whole.effects.includes(effect)));
  for (const effect of part.effects) expect(whole.effects).toContain(effect);
  expect(whole.outward || !part.outward).toBe(true);
  expect(!whole.understood || part.understood).toBe(true);
}

describe('any input', () => {
  it('gets an answer', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom(...'$(){}`\'"\\;|&<>\n #=[]!*?~a-/'.split('')) }),
        ),
        (text) => {
          const found = classifyShell(text);
          expect(found.effects.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('gets an answer after characters are taken away, doubled or put in', () => {
    const aMutation = fc.record({
      input: anInput,
      at: fc.nat(),
      length: fc.nat(8),
      put: fc.string({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(aMutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        const text = mutations
          .map(
            ({ input, at, length, put }) =>
              input.slice(0, at % (input.length + 1)) + put + input.slice((at % (input.length + 1)) + length),
          )
          .join('');
        expect(classifyShell(text).effects.length).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('survives what is made to be slow', () => {
    const pieces = [
      '(',
      '$(',
      '`',
      '{ ',
      '${a:-',
      '$((',
      '<<a ',
      'ls;',
      '*a ',
      'a/*/',
      'sudo ',
      'x=$x$x\n',
      '-exec ',
      'cat $x;',
      "'",
      'f(){ ',
      '"$(',
      'if ',
    ];
    for (const piece of pieces) {
      const { effects } = classifyShell(`cat ${piece.repeat(65_000 / piece.length)}`);
      expect(effects.length, piece).toBeGreaterThan(0);
    }
    expect(classifyShell('ls '.repeat(350_000)).understood).toBe(false);
  });
});

/** Whether a here-document is never ended: whatever follows is its text, and no part of the whole. */
function isOpen(text: string): boolean {
  const lines = text.split('\n').map((line) => line.trim());
  return [...text.matchAll(/<<-?\s*(['"]?)(\w+)\1/g)].some(([, , word = '']) => !lines.includes(word));
}

describe('a whole', () => {
  it.each(Object.entries(COMPOSED))('has what its parts do: %s', (_, compose) => {
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: anUnderstood }, anInput), anUnderstood, (a, b) => {
        fc.pre(!isOpen(a));
        const whole = classifyShell(compose(a, b));
        expectAtLeast(whole, classifyShell(a));
        expectAtLeast(whole, classifyShell(b));
      }),
      { numRuns: 300 },
    );
  });

  it('has what each of its own words do', () => {
    const effects: readonly Effect[] = classifyShell(
      'sudo sh -c "rm -rf x; curl -d @y https://example.com"',
    ).effects;
    expect(effects).toEqual(['read', 'update', 'delete', 'export', 'grant', 'network']);
  });
});

describe('SQL', () => {
  const classifySql = (sql: string): Classification => ({
    effects: sql.startsWith('drop') ? ['delete'] : ['read'],
    outward: false,
    touches: ['table:t'],
    because: ['read: sql'],
    understood: true,
  });

  it('is for the classifier of SQL', () => {
    const found = classifyShell("psql -h localhost -c 'drop table t'", { classifySql });
    expect(found).toMatchObject({ effects: ['delete', 'network'], outward: false, understood: true });
    expect(found.touches).toContain('table:t');
  });

  it('may come in a here-document', () => {
    expect(classifyShell("psql <<'E'\ndrop table t\nE\n", { classifySql }).effects).toEqual([
      'delete',
      'network',
    ]);
  });

  it.each([
    String.raw`psql -c '\! rm x'`,
    'psql -c "$x"',
    'psql -f x.sql',
    'cat x | psql',
    "mysql -e 'system rm x'",
    "sqlite3 a.db '.shell rm x'",
    'sqlite3 a.db "select load_extension(\'x\')"',
  ])('is not understood in %s', (command) => {
    expect(classifyShell(command, { classifySql }).understood).toBe(false);
  });
});
