import { describe, expect, it } from 'vitest';
import { facts, view } from '../../dev/fixtures.ts';
import { readableArguments, type ReadableValue } from './readable.ts';

function shown(value: Parameters<typeof view>[0]['arguments']): ReadableValue[] {
  const { question } = view({
    id: 'arq_1',
    agent: 'a',
    owner: 'o@example.com',
    tool: 'fs/write',
    arguments: value,
    facts: facts(['update']),
    reason: 'r',
  });
  return readableArguments(question);
}

describe('readableArguments', () => {
  it('keeps real line breaks and shows what hides', () => {
    expect(shown({ text: 'one\n\ttwo\u202e' })).toEqual([
      { name: 'text', lines: ['one', '\ttwo\\u{202e}'], size: '2 lines, 9 characters' },
    ]);
  });

  it('puts short values before long ones and leaves nothing out', () => {
    const body = 'x\n'.repeat(5000);
    const values = shown({ body, path: '/a' });
    expect(values.map(({ name }) => name)).toEqual(['path', 'body']);
    expect(values[1]?.lines.join('\n')).toBe(body);
  });

  it('makes names visible as well, and nested values one line each', () => {
    expect(shown({ 'a\u200b': { b: ['x\ny'] } })[0]).toEqual({
      name: 'a\\u{200b}',
      lines: ['{', '  "b": [', '    "x\\ny"', '  ]', '}'],
      size: '5 lines',
    });
  });

  it('says when a text is empty', () => {
    expect(shown({ path: '' })).toEqual([{ name: 'path', lines: [''], size: 'empty text' }]);
  });
});
