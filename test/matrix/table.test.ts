import { expect, test } from 'vitest';
import { keysOfTable } from './matrix.ts';

test('every cell of the matrix is in its table, and nothing else is', () => {
  const { all, used } = keysOfTable();
  expect(used.toSorted()).toEqual(all.toSorted());
});
