import { expect, test } from 'vitest';
import { ProofMemory } from './proof-memory.ts';

test('a proof is taken once, for as long as it could be good', () => {
  const memory = new ProofMemory(1000);
  expect(memory.take('a', 0)).toBe('taken');
  expect(memory.take('a', 999)).toBe('replayed');
  expect(memory.take('a', 1000)).toBe('taken');
});

test('when it is full nothing more is taken, until something may be forgotten', () => {
  const memory = new ProofMemory(1000, 2);
  expect([memory.take('a', 0), memory.take('b', 1), memory.take('c', 2)]).toEqual(['taken', 'taken', 'full']);
  expect(memory.take('a', 2)).toBe('replayed');
  expect(memory.take('c', 1000)).toBe('taken');
});
