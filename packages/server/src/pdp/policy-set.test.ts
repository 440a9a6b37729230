import { expect, test } from 'vitest';
import { PolicySetError } from './policy-set-error.ts';
import { readPolicySet } from './policy-set.ts';
import { filesOf } from './testing.ts';

const HEAD = '(principal, action, resource);';

test.each([
  ['no id', `permit ${HEAD}`, 'a.cedar:1: policy has no `@id`'],
  ['an id without a value', `@id\npermit ${HEAD}`, /^a\.cedar:1: `@id\(""\)` is not/],
  ['an id with a space', `@id("a b")\npermit ${HEAD}`, /^a\.cedar:1: `@id\("a b"\)` is not/],
  ['the reserved id', `@id("outside_boundary")\npermit ${HEAD}`, /is reserved$/],
  ['an unknown annotation', `@id("a") @audit("x")\npermit ${HEAD}`, 'a.cedar:1: unknown annotation `@audit`'],
  [
    '@scope',
    `@id("a") @step_up("g") @scope("exact") permit ${HEAD}`,
    'a.cedar:1: unknown annotation `@scope`',
  ],
  ['@emergency', `@id("a") @emergency("x") permit ${HEAD}`, 'a.cedar:1: unknown annotation `@emergency`'],
  [
    'an inherited name',
    `@id("a") @toString("x") permit ${HEAD}`,
    'a.cedar:1: unknown annotation `@toString`',
  ],
  ['@__proto__', `@id("a") @__proto__("x") permit ${HEAD}`, 'a.cedar:1: unknown annotation `@__proto__`'],
  [
    'a group with capitals',
    `@id("a") @step_up("Admins") permit ${HEAD}`,
    /`@step_up\("Admins"\)` is not a group/,
  ],
  ['@step_up without a group', `@id("a") @step_up permit ${HEAD}`, /`@step_up\(""\)` is not a group/],
  ['quorum 0', `@id("a") @step_up("g") @quorum("0") permit ${HEAD}`, /is not an integer from 1 to 20$/],
  ['quorum 21', `@id("a") @step_up("g") @quorum("21") permit ${HEAD}`, /is not an integer from 1 to 20$/],
  ['quorum 1.5', `@id("a") @step_up("g") @quorum("1.5") permit ${HEAD}`, /is not an integer from 1 to 20$/],
  ['quorum 01', `@id("a") @step_up("g") @quorum("01") permit ${HEAD}`, /is not an integer from 1 to 20$/],
  ['uses 0', `@id("a") @step_up("g") @uses("0") permit ${HEAD}`, /is not an integer from 1 to 1000$/],
  ['uses 1001', `@id("a") @step_up("g") @uses("1001") permit ${HEAD}`, /is not an integer from 1 to 1000$/],
  [
    'ttl 9s',
    `@id("a") @step_up("g") @ttl("9s") permit ${HEAD}`,
    /is not a duration like `15m`, from 10s to 24h$/,
  ],
  ['ttl 25h', `@id("a") @step_up("g") @ttl("25h") permit ${HEAD}`, /is not a duration/],
  ['ttl without unit', `@id("a") @step_up("g") @ttl("900") permit ${HEAD}`, /is not a duration/],
  [
    'assurance password',
    `@id("a") @step_up("g") @assurance("password") permit ${HEAD}`,
    /is not `key` or `passkey`$/,
  ],
  ['terms without @step_up', `@id("a") @ttl("5m") permit ${HEAD}`, 'a.cedar:1: `@ttl` needs `@step_up`'],
  ['@step_up on a forbid', `@id("a") @step_up("g") forbid ${HEAD}`, /^a\.cedar:1: `@step_up` on a forbid/],
  ['terms on a forbid', `@id("a") @quorum("2") forbid ${HEAD}`, 'a.cedar:1: `@quorum` needs `@step_up`'],
  ['a reason of two lines', `@id("a") @reason("x\\ny") permit ${HEAD}`, /is not one line/],
  [
    'a template',
    `@id("a") permit (principal == ?principal, action, resource);`,
    /^a\.cedar:1: policy is a template/,
  ],
  [
    'a syntax error',
    `// é\n\n@id("a") permit (principal, action resource);`,
    /^a\.cedar:3: unexpected token `resource`/,
  ],
  ['the same annotation twice', `@id("a") @id("b") permit ${HEAD}`, /^a\.cedar:1: duplicate annotation: @id/],
])('refuses %s', (_name, text, message) => {
  const [problem] = refusal({ 'a.cedar': text }).message.split('\n');
  if (typeof message === 'string') expect(problem).toBe(message);
  else expect(problem).toMatch(message);
});

test('refuses an id that two files use, where the second is', () => {
  const text = `@id("same") permit ${HEAD}`;
  expect(refusal({ 'a.cedar': text, 'b.cedar': `// other\n${text}` }).problems).toEqual([
    { file: 'b.cedar', line: 2, reason: '`@id("same")` is taken by a policy in a.cedar' },
  ]);
});

test('tells equal texts in one file apart', () => {
  const text = `@id("same") permit ${HEAD}`;
  expect(refusal({ 'a.cedar': `${text}\n\n${text}` }).problems[0]).toMatchObject({ line: 3 });
});

test('lists every problem of every file', () => {
  const { problems } = refusal({
    'a.cedar': `permit ${HEAD}\n@id("b") @x permit ${HEAD}`,
    'b.cedar': 'allow',
  });
  expect(problems.map(({ file, line }) => `${file}:${line}`).sort()).toEqual([
    'a.cedar:1',
    'a.cedar:2',
    'b.cedar:1',
  ]);
});

test('refuses bytes that are not utf-8', () => {
  const file = { name: 'a.cedar', bytes: new Uint8Array([0x2f, 0x2f, 0xff]) };
  expect(() => readPolicySet([file])).toThrow('a.cedar: file is not utf-8');
});

test('fills in the defaults of a bare @step_up', () => {
  const [policy] = readPolicySet(filesOf({ 'a.cedar': `@id("a") @step_up("ops") permit ${HEAD}` }));
  expect(policy?.meaning.obligations).toEqual({
    groups: [{ group: 'ops', quorum: 1 }],
    ttl_seconds: 900,
    max_uses: 1,
    assurance: 'passkey',
    scope: 'exact',
  });
});

function refusal(files: Readonly<Record<string, string>>): PolicySetError {
  try {
    readPolicySet(filesOf(files));
  } catch (error) {
    if (error instanceof PolicySetError) return error;
    throw error;
  }
  throw new Error('was not refused');
}
