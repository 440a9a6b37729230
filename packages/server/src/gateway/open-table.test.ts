import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OpenTable } from './open-table.ts';

it('is what a Map is, but for the order', () => {
  const key = fc.constantFrom<number | string>(1, 2, 3, '1', '2', 'a');
  const step = fc.oneof(
    fc.record({ set: key, value: fc.nat() }),
    fc.record({ delete: key }),
    fc.record({ cleared: fc.constant(true) }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const table = new OpenTable<number | string, number>();
      const map = new Map<number | string, number>();
      for (const each of steps) {
        if ('set' in each) {
          table.set(each.set, each.value);
          map.set(each.set, each.value);
        } else if ('delete' in each) {
          table.delete(each.delete);
          map.delete(each.delete);
        } else {
          for (const [member] of table) table.delete(member);
          map.clear();
        }
        expect(table.size).toBe(map.size);
        expect(new Map(table)).toEqual(map);
        expect(new Set(table.keys())).toEqual(new Set(map.keys()));
        for (const member of [1, 2, 3, '1', '2', 'a']) {
          expect(table.has(member)).toBe(map.has(member));
          expect(table.get(member)).toBe(map.get(member));
        }
      }
    }),
  );
});
