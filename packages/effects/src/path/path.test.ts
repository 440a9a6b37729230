import { EFFECTS } from '@countersign/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdAgainstCases } from '../testing-cases.ts';
import { classifyPath, type PathOptions } from './path.ts';

holdAgainstCases('path', classifyPath);

const options: PathOptions = { roots: ['/work'], effect: 'read', cwd: '/work', home: '/home/me' };
const piece = fc.constantFrom(
  '/',
  '.',
  '..',
  'work',
  'a',
  '~',
  '\\',
  '%2e',
  '\u2215',
  '\uff0e',
  ':',
  'C:',
  '.ssh',
  '$',
  '\0',
);
const path = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
);

describe('classifyPath', () => {
  it.each(['posix', 'windows'] as const)('never throws and always has the effect given: %s', (style) => {
    fc.assert(
      fc.property(path, fc.constantFrom(...EFFECTS), (text, effect) => {
        expect(classifyPath(text, { ...options, style, effect }).effects).toContain(effect);
      }),
    );
  });

  it('never understands what leaves the root by the plain reading', () => {
    fc.assert(
      fc.property(path, (text) => {
        const found = classifyPath(`/${text}`, options);
        const plain = new URL(`file:///${text.replaceAll(/[^./\w]/g, 'x')}`).pathname;
        if (!/^\/work(?:\/|$)/.test(plain.replaceAll(/\/+/g, '/'))) expect(found.understood).toBe(false);
      }),
    );
  });

  it('has every effect of its parts when more follows', () => {
    fc.assert(
      fc.property(path, path, (start, end) => {
        const effects = classifyPath(`/work/${start}`, options).effects;
        const whole = classifyPath(`/work/${start}/${end}`, options);
        if (!start.endsWith('.pub') && !/(?:sample|example)$/.test(start)) {
          expect(whole.effects).toEqual(expect.arrayContaining([...effects]));
        }
      }),
    );
  });

  it.each([
    '../'.repeat(300_000),
    '/a'.repeat(500_000),
    '%2e'.repeat(300_000),
    '/work/'.padEnd(65_000, '.a[]~ '),
  ])('answers what is made to be slow', (text) => {
    expect(classifyPath(text, options).effects.length).toBeGreaterThan(0);
    expect(classifyPath(text, { ...options, style: 'windows' }).effects.length).toBeGreaterThan(0);
  });
});
