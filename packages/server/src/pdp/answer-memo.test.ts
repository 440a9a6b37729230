import { expect, it } from 'vitest';
import { AnswerMemo } from './answer-memo.ts';
import type { CedarAnswer } from './cedar.ts';
import type { LookedAt } from './looked-at.ts';

const asked = (path: string) => ({ request: { path } });
const lookedAt: LookedAt = {
  context: new Map([['request', 'all']]),
  attributes: new Map(),
  hierarchy: false,
  tested: false,
};
const head = (text = 'a') => ({ text, lookedAt });
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

it('asks once for one question', () => {
  const memo = new AnswerMemo();
  const cedar = counting();
  for (const text of ['a', 'a', 'b', 'b'])
    expect(memo.answer(head(text), asked('/a'), cedar.ask)).toBe(allow);
  expect(cedar.asks).toBe(2);
});

it('takes any difference for another question', () => {
  const memo = new AnswerMemo();
  const cedar = counting();
  for (const context of [asked('/a'), asked('/b'), { ...asked('/a'), more: 1 }, {}])
    memo.answer(head(), context, cedar.ask);
  expect(cedar.asks).toBe(4);
});

it('does not keep what could not be evaluated, or what is long', () => {
  const memo = new AnswerMemo();
  const broken = counting({ kind: 'broken', why: 'no' });
  const long = counting();
  for (let i = 0; i < 2; i++) {
    memo.answer(head(), asked('/a'), broken.ask);
    memo.answer(head(), asked('x'.repeat(5000)), long.ask);
  }
  expect([broken.asks, long.asks]).toEqual([2, 2]);
});

it('counts what answers take up, too', () => {
  const memo = new AnswerMemo();
  const many = counting({
    kind: 'allow',
    determining: Array.from({ length: 1000 }, (_, n) => `policy-${n}`),
  });
  for (let i = 0; i < 1000; i++) memo.answer(head(), asked(`${i}`), many.ask);
  memo.answer(head(), asked('0'), many.ask);
  expect(many.asks).toBe(1001);
});

it('forgets the question that was asked the longest time ago', () => {
  const memo = new AnswerMemo();
  const cedar = counting();
  memo.answer(head(), asked('kept'), cedar.ask);
  memo.answer(head(), asked('lost'), cedar.ask);
  for (let i = 0; i < 3000; i++) {
    memo.answer(head(), asked(`${i}`.padEnd(3500, 'x')), cedar.ask);
    memo.answer(head(), asked('kept'), cedar.ask);
  }
  expect(cedar.asks).toBe(3002);
  memo.answer(head(), asked('lost'), cedar.ask);
  expect(cedar.asks).toBe(3003);
});
