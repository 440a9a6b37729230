import type { CedarAnswer, CedarValue } from './cedar.ts';
import { classedContext } from './question-class.ts';
import type { QuestionHead } from './question-head.ts';

/** Together as many UTF-16 units of questions and answers as are remembered, and the longest single question. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
const MAX_QUESTION = 4096;

/**
 * Cedar's answers to questions put lately. Within one loaded set an answer depends on the question as it is put, and on
 * nothing else, no clock and no state. What policies do not look at is no part of the question, and what they only test
 * is told apart only as far as the tests do: the reads of all files of a folder by one agent are mostly one.
 */
export class AnswerMemo {
  readonly #answers = new Map<string, CedarAnswer>();
  #characters = 0;

  /** The remembered answer, or that of `ask`, which is then remembered. */
  answer(
    { text, lookedAt }: Pick<QuestionHead, 'text' | 'lookedAt'>,
    context: Readonly<Record<string, CedarValue>>,
    ask: () => CedarAnswer,
  ): CedarAnswer {
    const key = text + JSON.stringify(classedContext(context, lookedAt));
    const known = this.#answers.get(key);
    if (known !== undefined) {
      this.#answers.delete(key);
      this.#answers.set(key, known);
      return known;
    }
    const answer = ask();
    // What could not be evaluated is asked again: it may have been the machine.
    if (key.length > MAX_QUESTION || answer.kind === 'broken') return answer;
    this.#answers.set(key, answer);
    this.#characters += cost(key, answer);
    for (const [oldest, remembered] of this.#answers) {
      if (this.#characters <= MAX_CHARACTERS) break;
      this.#answers.delete(oldest);
      this.#characters -= cost(oldest, remembered);
    }
    return answer;
  }
}

/** What an id takes up besides its letters. */
const ID = 16;

function cost(key: string, answer: CedarAnswer): number {
  const ids = answer.kind === 'broken' ? [] : answer.determining;
  return ids.reduce((sum, id) => sum + ID + id.length, key.length);
}
