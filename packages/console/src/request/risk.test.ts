import { EFFECTS, RISKIEST, type Effect } from '@countersign/core';
import { describe, expect, it } from 'vitest';
import { confirmationWord, headline, worstFirst, riskTier } from './risk.ts';

describe('riskTier', () => {
  const plain: readonly Effect[] = ['read', 'create', 'update'];

  it.each(EFFECTS)('%s', (effect) => {
    expect(riskTier({ effects: [effect], reviewed: true })).toBe(
      plain.includes(effect) ? 'plain' : 'riskiest',
    );
  });

  it('is the riskiest as soon as one effect is, or when nobody reviewed it', () => {
    expect(riskTier({ effects: ['read', 'delete'], reviewed: true })).toBe('riskiest');
    expect(riskTier({ effects: ['read'], reviewed: false })).toBe('riskiest');
  });
});

describe('headline', () => {
  it('names the worst first, in our own words', () => {
    expect(headline({ effects: ['read', 'delete', 'export'], reviewed: true })).toBe(
      'This would send data out, delete something and read data',
    );
    expect(headline({ effects: ['update'], reviewed: true })).toBe('This would change something');
  });

  it('claims to know nothing of what nobody reviewed', () => {
    expect(headline(RISKIEST)).toBe('This could do anything');
  });
});

describe('confirmationWord', () => {
  it.each([
    ['filesystem/delete_file', 'delete_file'],
    ['/srv/data/customers.csv/', 'customers.csv'],
    ['C:\\data\\report', 'report'],
    ['prod', 'prod'],
    ['///', 'approve'],
    ['', 'approve'],
    [`x/${'a'.repeat(50)}`, 'a'.repeat(40)],
  ])('%j', (id, word) => {
    expect(confirmationWord(id)).toBe(word);
  });
});

it('puts the worst reason first, and what was not understood before all', () => {
  expect(worstFirst(['read: a', 'delete: b', 'not understood: c', 'update: d', 'delete: e'])).toEqual([
    'not understood: c',
    'delete: b',
    'delete: e',
    'update: d',
    'read: a',
  ]);
});
