import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spliceId } from './splice-id.ts';

const splice = (text: string, id: string | number) => spliceId(Buffer.from(text), id).toString();

test.each<[string, string | number, string]>([
  ['{"jsonrpc":"2.0","id":7,"result":{"id":7}}', 'a', '{"jsonrpc":"2.0","id":"a","result":{"id":7}}'],
  ['{ "id" : 7 , "x" : [ {"id":1} ] }', 2, '{ "id" :2, "x" : [ {"id":1} ] }'],
  ['{"x":"\\"id\\":7","id":"old"}', 1, '{"x":"\\"id\\":7","id":1}'],
  ['{"\\u0069d":7}', 1, '{"\\u0069d":1}'],
  ['{"id":7,"id":8}', 1, '{"id":1,"id":1}'],
  ['{"x":"id","y":7,"id":3}', 9, '{"x":"id","y":7,"id":9}'],
  ['{"result":{"big":12345678901234567890},"id":1}', 5, '{"result":{"big":12345678901234567890},"id":5}'],
  ['{"a":"}{][,:","id":1}', 2, '{"a":"}{][,:","id":2}'],
])('%s', (text, id, expected) => {
  expect(splice(text, id)).toBe(expected);
});

test('changes the id and nothing else, whatever else is in it', () => {
  const id = fc.oneof(fc.integer(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      id,
      id,
      fc.integer({ min: 0, max: 3 }),
      (rest, was, is, indent) => {
        const text = JSON.stringify({ ...rest, id: was }, null, indent);
        expect(JSON.parse(splice(text, is))).toEqual(JSON.parse(JSON.stringify({ ...rest, id: is })));
      },
    ),
    { numRuns: 500 },
  );
});
