import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { question } from '../../../../test/vectors/question.ts';
import { CASES } from '../../../../test/vectors/text/cases.ts';
import { boundTuple } from '../authzen/binding.ts';
import { canonicalJson } from '../json/canonical.ts';
import { parseJson } from '../json/parse.ts';
import { checkJson, jsonEqual, type JsonObject, type JsonValue } from '../json/value.ts';
import { renderQuestion } from './render.ts';

/** How a line of ours begins, whatever a caller sent; `    | ` continues the line above. */
const OURS =
  /^(?:$|Consent request |(?:WHAT WOULD RUN|WHY CONSENT IS NEEDED|WHAT AN APPROVAL GRANTS|(?:ARGUMENTS|ACTION PROPERTIES|RESOURCE PROPERTIES|SUBJECT PROPERTIES|OTHER CONTEXT|OTHER MEMBERS|THE AGENT'S OWN WORDS \(not verified\))(?:, \d+ lines)?|RECORD)$|(?: {2})+(?:\u2066?"|\[|\{|-?\d|true|false|null|none)| {4}\| | {2}(?:action|on|by agent|on behalf of|upstream|method|delegated|reported by|effects|reaches out|definition|data carries|policy|scope|uses|lasts|needs|signed with|created|expires|authority|policy set|tool digest|binding) )/;

const HOSTILE = [
  '\n',
  '\r\n',
  '\u2028',
  '\u0085',
  '"',
  '\\',
  '\\u{',
  '}',
  '\u202e',
  '\u200b',
  '\u0430',
  'a',
  '0',
  ' ',
  ':',
  '\u0301',
  '\u05d0',
  '\u094d',
  '\u0928',
  '\ufe0f',
  '\u{e0061}',
  '\u{1d400}',
  '\u{1f600}',
  '\u2066',
  '\u2069',
  'RECORD',
  '\n  effects      read',
  '    | ',
];
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...HOSTILE), maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.string({ maxLength: 200 }),
);
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<JsonValue>(null, true, false, '', '[]', '{}', 'null', '1', 'none', {}, []),
    fc.integer(),
    text,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('[0]', '__proto__', '')), tie('json'), { maxKeys: 4 }),
  ),
}));

function textOf(args: JsonValue): string {
  return renderQuestion(question({ context: { arguments: args } }));
}

function sectionOf(rendered: string, title: string): string {
  const [, section = ''] = rendered.split(new RegExp(`\\n\\n${title}(?:, \\d+ lines)?\\n`));
  return section.split(/\n\n(?=[A-Z])/)[0] ?? '';
}

describe('golden texts', () => {
  it.each(Object.entries(CASES))('%s', async (name, asked) => {
    const file = new URL(`../../../../test/vectors/text/${name}.txt`, import.meta.url);
    await expect(renderQuestion(asked)).toMatchFileSnapshot(file.pathname);
  });
});

describe('renderQuestion', () => {
  it('differs for any two different arguments', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(textOf(a) === textOf(b)).toBe(jsonEqual(a, b));
      }),
      { numRuns: 500 },
    );
  });

  it('differs for arguments that differ in one place', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const pairs: [JsonValue, JsonValue][] = [
          [a, b],
          [{ [a]: 1 }, { [b]: 1 }],
          [[a, b], [`${a}${b}`]],
          [[a], a],
          [{ k: [a] }, { k: { '[0]': a } }],
          [{ [a]: b }, { [`${a}: ${b}`]: '' }],
          [`${a}\n${b}`, [a, b]],
          [{ k: `${a}\n${b}` }, { k: { [a]: b } }],
        ];
        for (const [one, other] of pairs) {
          expect(textOf(one) === textOf(other), canonicalJson([one, other])).toBe(jsonEqual(one, other));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('can be read back: the text says all of the arguments', () => {
    fc.assert(
      fc.property(json, (args) => {
        expect(jsonEqual(readBack(sectionOf(textOf(args), 'ARGUMENTS')), args)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('begins every line itself and keeps it within 80 columns, wherever a caller writes', () => {
    fc.assert(
      fc.property(text, json, (words, value) => {
        const rendered = renderQuestion(hostile(words, value));
        for (const line of rendered.split('\n')) {
          expect(line).toMatch(OURS);
          expect(
            Array.from(line).reduce((sum, char) => sum + (char < '\u1100' ? 1 : 2), 0),
          ).toBeLessThanOrEqual(80);
        }
        expect(rendered).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}\p{Co}\p{Cs}](?<![\n\u2066\u2069])/u);
        expect(rendered.match(/^[A-Z].*$/gm)?.map((line) => line.replace(/, \d+ lines$/, ''))).toEqual(
          TITLES,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('says everything of its own before anything that callers can make long', () => {
    const rendered = textOf({ body: 'x\n'.repeat(5000), more: 'y'.repeat(100_000) });
    expect(rendered.indexOf('ARGUMENTS')).toBeLessThan(1500);
    for (const label of ['effects', 'reaches out', 'definition', 'policy', 'needs', 'lasts', 'signed with']) {
      expect(rendered.indexOf(`\n  ${label}`)).toBeGreaterThan(0);
      expect(rendered.indexOf(`\n  ${label}`)).toBeLessThan(rendered.indexOf('ARGUMENTS'));
    }
  });

  it('cuts nothing, however long or deep', () => {
    const long = Array.from({ length: 20_000 }, (_, index) => `item ${index}`);
    expect(jsonEqual(readBack(sectionOf(textOf(long), 'ARGUMENTS')), long)).toBe(true);
    let deep: JsonValue = 'the end';
    for (let i = 0; i < 64; i++) deep = i % 2 === 0 ? [deep] : { deeper: deep };
    expect(jsonEqual(readBack(sectionOf(textOf(deep), 'ARGUMENTS')), deep)).toBe(true);
  });

  it('takes time in proportion to the text', () => {
    const started = process.hrtime.bigint();
    for (const unit of ['a', '"', '\\', '\u0430', '\u05d0', '\n', '\u094d', '\u200b', ' ', 'a\u0430']) {
      textOf({ body: unit.repeat(200_000) });
    }
    expect(Number(process.hrtime.bigint() - started) / 1e9).toBeLessThan(20);
  });

  it.each<[string, Parameters<typeof question>[0]]>([
    ['upstream', { context: { upstream: 'other' } }],
    ['method', { context: { method: 'tools/list' } }],
    ['a member that nobody knows', { context: { 'x-mode': 'force' } }],
    ['a member called __proto__', { context: parseJson('{"__proto__":1}') as JsonObject }],
    ['type as text or word', { bound: { resource: { type: 'tool "filesystem/write_file"', id: '' } } }],
    ['a member of an entity beyond AuthZEN', { bound: { action: { name: 'tools/call', more: 1 } as never } }],
    ['properties', { bound: { action: { name: 'tools/call', properties: {} } } }],
    ['arguments that are null', { context: { arguments: null } }],
    ['arguments that say none', { context: { arguments: 'none' } }],
    ['a boolean where a word stands', { context: { method: true } }],
    ['who reports', { changes: { reported_by: 'self' } }],
    ['a justification', { changes: { justification: '' } }],
  ])('shows all that is bound: %s', (_name, recipe) => {
    expect(renderQuestion(question(recipe))).not.toBe(renderQuestion(question()));
  });

  it('shows no arguments that are not bound', () => {
    const sent = parseJson('{"__proto__":{"arguments":{"path":"/harmless"}}}') as JsonObject;
    const asked = question();
    const bound = boundTuple({ ...asked.bound, context: sent }, { authority: 'cs.example', agent: 'agt_1' });
    const rendered = renderQuestion({ ...asked, bound });
    expect(sectionOf(rendered, 'ARGUMENTS')).toBe('  none');
    expect(sectionOf(rendered, 'OTHER CONTEXT')).toContain('"__proto__":');
  });
});

const TITLES: string[] = [
  expect.stringMatching(/^Consent request /) as string,
  'WHAT WOULD RUN',
  'WHY CONSENT IS NEEDED',
  'WHAT AN APPROVAL GRANTS',
  'ARGUMENTS',
  'ACTION PROPERTIES',
  'RESOURCE PROPERTIES',
  'SUBJECT PROPERTIES',
  'OTHER CONTEXT',
  "THE AGENT'S OWN WORDS (not verified)",
  'RECORD',
];

/** A question with `words` and `value` wherever something is not the authority's own. */
function hostile(words: string, value: JsonValue): ReturnType<typeof question> {
  const properties = { [words]: value };
  return question({
    context: {
      [`x${words}`]: value,
      arguments: value,
      delegation: value,
      upstream: words,
      method: words,
      tool_digest: words,
    },
    bound: {
      subject: { type: words, id: words, properties },
      action: { name: words, properties },
      resource: { type: words, id: words, properties },
    },
    changes: {
      id: words,
      agent: { id: words, name: words, owner: words },
      justification: words,
      created_at: words,
      policy_version: words,
      delta: {
        version: 1,
        boundary: { kind: 'policy', policy_version: words },
        facts: { effects: [words as 'read'], labels: [words], outward: true, reviewed: false },
        policies: [{ id: words, reason: words }],
      },
    },
  });
}

/** Reads a section as a person would, sharing nothing with the renderer. */
function readBack(section: string): JsonValue {
  const lines = section
    .replaceAll('\n    | ', '')
    .replace(/[\u2066\u2069]/g, '')
    .split('\n')
    .map((line) => ({ depth: line.search(/[^ ]/) / 2, line: line.trimStart() }));
  let at = 0;
  const value = (depth: number): JsonValue => {
    const first = lines[at]!;
    const literal = /^"(?:[^"\\]|\\.)*"$/.test(first.line);
    if (literal) {
      let whole = '';
      while (lines[at]?.depth === depth && /^"(?:[^"\\]|\\.)*"$/.test(lines[at]!.line)) {
        whole += scalar(lines[at++]!.line) as string;
      }
      return whole;
    }
    const entries: [string, JsonValue][] = [];
    const member = /^("(?:[^"\\]|\\.)*"|\[\d+\]):(?: (.*))?$/s;
    if (!member.test(first.line)) return scalar(lines[at++]!.line);
    while (lines[at]?.depth === depth) {
      const [, key = '', inline] = member.exec(lines[at++]!.line)!;
      entries.push([key, inline === undefined ? value(depth + 1) : scalar(inline)]);
    }
    return first.line.startsWith('[')
      ? entries.map(([, item]) => item)
      : checkJson(Object.fromEntries(entries.map(([key, item]) => [scalar(key) as string, item])));
  };
  return value(1);
}

function scalar(shown: string): JsonValue {
  return JSON.parse(
    shown.replace(/\\(?:u\{([0-9a-f]+)\}|.)/g, (escape, code: string | undefined) =>
      code === undefined ? escape : JSON.stringify(String.fromCodePoint(parseInt(code, 16))).slice(1, -1),
    ),
  ) as JsonValue;
}
