import { expect, it } from 'vitest';
import { AnswerMemo } from './answer-memo.ts';
import type { CedarAnswer, CedarQuestion } from './cedar.ts';
import type { LookedAt } from './looked-at.ts';

const asked = (path: string): CedarQuestion => ({
  principal: { type: 'identity', id: 'agt_1' },
  action: { type: 'Action', id: 'tools/call' },
  resource: { type: 'tool', id: 'fs/read' },
  context: { request: { path } },
  entities: [],
});
const lookedAt: LookedAt = {
  context: new Map([['request', 'all']]),
  attributes: new Map(),
  hierarchy: false,
  tested: false,
};
const slice = (serial: number) => ({ serial, lookedAt });
const allow: CedarAnswer = { kind: 'allow', determining: ['a'] };

function counting(answer: CedarAnswer = allow): { ask: () => CedarAnswer; readonly asks: number } {
  let asks = 0;
  return {
    ask() {
      asks++;
      return answer;
    },
    get asks() {
      return asks;
    },
  };
}

it('asks once for one question of one slice', () => {
  const memo = new AnswerMemo();
  const cedar = counting();
  for (const serial of [1, 1, 2, 2]) expect(memo.answer(slice(serial), asked('/a'), cedar.ask)).toBe(allow);
  expect(cedar.asks).toBe(2);
});

it('takes any difference for another question', () => {
  const memo = new AnswerMemo();
  const cedar = counting();
  const first = asked('/a');
  const others: CedarQuestion[] = [
    asked('/b'),
    { ...first, principal: { type: 'identity', id: 'agt_2' } },
    { ...first, action: { type: 'Action', id: 'tools/list' } },
    { ...first, resource: { type: 'tool', id: 'fs/write' } },
    { ...first, entities: [{ uid: first.resource, attrs: {}, parents: [] }] },
  ];
  for (const question of [first, ...others]) memo.answer(slice(1), question, cedar.ask);
  expect(cedar.asks).toBe(6);
});

it('does not keep what could not be evaluated, or what is long', () => {
  const memo = new AnswerMemo();
  const broken = counting({ kind: 'broken', why: 'no' });
  const long = counting();
  for (let i = 0; i < 2; i++) {
    memo.answer(slice(1), asked('/a'), broken.ask);
    memo.answer(slice(1), asked('x'.repeat(5000)), long.ask);
  }
  expect([broken.asks, long.asks]).toEqual([2, 2]);
});

it('forgets the question that was asked the longest time ago', () => {
  const memo = new AnswerMemo();
  const cedar = counting();
  memo.answer(slice(1), asked('kept'), cedar.ask);
  memo.answer(slice(1), asked('lost'), cedar.ask);
  for (let i = 0; i < 3000; i++) {
    memo.answer(slice(1), asked(`${i}`.padEnd(3500, 'x')), cedar.ask);
    memo.answer(slice(1), asked('kept'), cedar.ask);
  }
  expect(cedar.asks).toBe(3002);
  memo.answer(slice(1), asked('lost'), cedar.ask);
  expect(cedar.asks).toBe(3003);
});
