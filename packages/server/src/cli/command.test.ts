import { expect, test } from 'vitest';
import { readArguments, SITE_OPTIONS, UsageError, type Command } from './command.ts';

const COMMAND: Command = {
  usage: 'x',
  summary: 'x',
  options: { ...SITE_OPTIONS, 'public-key': { type: 'string' }, agent: { type: 'string', multiple: true } },
  takes: [0, 2],
  run: async () => {},
};

test.each<[string[], string | undefined]>([
  [['--public-key', 'abc'], 'abc'],
  [['--public-key=abc'], 'abc'],
  [['--public-key', '-abc'], '-abc'],
  [['--public-key', '--abc'], '--abc'],
  [['--public-key=-abc'], '-abc'],
  [['--public-key', ''], ''],
  [['one', '--public-key', '-x', 'two', '--json'], '-x'],
  [['--json'], undefined],
])('%j', (args, value) => {
  expect(readArguments(COMMAND, args).text('public-key')).toBe(value);
});

test.each([
  [['--public-key']],
  [['--public-key', '--json']],
  [['--public-key', '--data=x']],
  [['--json=yes']],
  [['--unknown']],
  [['-x']],
  [['1', '2', '3']],
  [['--', 'command']],
])('%j is a usage error of one line', (args) => {
  expect(() => readArguments(COMMAND, args)).toThrow(UsageError);
  expect(() => readArguments(COMMAND, args)).toThrow(/^[^\n]+$/);
});

test('options given again, and what follows after --', () => {
  const typed = readArguments({ ...COMMAND, takesCommand: true }, [
    '--agent',
    'a',
    '--agent=b',
    'p',
    '--',
    'npx',
    '--json',
  ]);
  expect(typed.texts('agent')).toEqual(['a', 'b']);
  expect(typed.positionals).toEqual(['p']);
  expect(typed.rest).toEqual(['npx', '--json']);
  expect(typed.flag('json')).toBe(false);
});
