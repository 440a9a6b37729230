import { RISKIEST, type ConsentQuestion } from '@countersign/core';
import { question } from '../question.ts';

/** Each is rendered to the file of its name beside this one. */
export const CASES: Readonly<Record<string, ConsentQuestion>> = {
  'filesystem-write': question({
    context: {
      arguments: { path: '/srv/reports/q3.md', content: '# Q3 revenue\n\n| North | 4.1 M |\n' },
    },
    changes: { justification: 'The user asked me to save the finished report.' },
  }),

  'hostile-arguments': question({
    context: {
      arguments: {
        path: '/home/\u202etxt.exe',
        'p\u0430th': '/\u200betc/passwd',
        host: 'p\u0430ypal.com',
        full: '\uff41\uff44\uff4d\uff49\uff4e \u{1d5ba}\u{1d5bd}',
        tags: 'ok\u{e0069}\u{e0067}\u{e006e}\u{e006f}\u{e0072}\u{e0065}',
        variation: 'run\ufe0f\u{e0100}',
        note: 'yes\n\nWHY CONSENT IS NEEDED\n  effects      read\n  definition   reviewed\r\u0007\u001b[2J',
        quote: '", "approved": "yes',
        escape: '\\u{200b} \u2216u{200b}',
        zalgo: `a${'\u0301'.repeat(6)}`,
        hebrew: '\u05e9\u05dc\u05d5\u05dd',
        mixed: '/a/\u05e9\u05dc\u05d5\u05dd/1',
        welcome: '\u043f\u0440\u0438\u0432\u0435\u0442, \u4e16\u754c, \u0928\u092e\u0938\u094d\u0924\u0947',
        lone: `${'x'.repeat(60)}${' '.repeat(20)}effects      read`,
      },
      '\u202eextra': 'not known to the authority',
    },
    bound: {
      resource: { type: 'tool', id: 'storage/purge\u200b_bucket', properties: { 'a\nb': 1 } },
      subject: { type: 'identity "x"', id: 'ana@ex\u0430mple.com' },
    },
    changes: {
      agent: { id: 'agt_1', name: 'cleanup\u202e"\n  definition   reviewed', owner: 'bo@example.com' },
      delta: {
        version: 1,
        boundary: { kind: 'policy', policy_version: 'uP3kVd0qJ1m5m1a9sWJm8f2oF6m2q0aZt7w0p1Xy3cA' },
        facts: RISKIEST,
        policies: [{ id: 'outside_boundary', reason: 'no policy permits this without consent' }],
      },
      reported_by: 'self',
      justification: 'Routine.\n\nRECORD\n  binding      approved already \u202e',
    },
  }),

  delegation: question({
    context: {
      arguments: { to: 'ops@example.com' },
      delegation: { sub: 'orchestrator', act: { sub: 'agt_1', act: { sub: 'helper \u202e' } } },
    },
    changes: {
      obligations: {
        groups: [
          { group: 'approvers', quorum: 2 },
          { group: 'security', quorum: 1 },
        ],
        ttl_seconds: 90,
        max_uses: 3,
        assurance: 'key',
        scope: 'exact',
      },
    },
  }),

  'long-arguments': question({
    context: {
      arguments: {
        body: Array.from({ length: 40 }, (_, line) => `line ${line + 1}`).join('\n'),
        token: 'abcdefghij'.repeat(30),
        wide: '\u4e00\u754c'.repeat(50),
        rows: Array.from({ length: 12 }, (_, row) => [row, { even: row % 2 === 0 }]),
        deep: { a: { b: { c: { d: [[[{ e: 'the end' }]]] } } } },
      },
    },
  }),

  'empty-arguments': question({
    context: { arguments: {} },
    bound: {
      action: { name: '', properties: {} },
      resource: { type: 'row', id: '', properties: { nothing: null, none: [], no: '', never: {} } },
    },
    changes: { justification: '' },
  }),

  'no-arguments': question({ bound: { action: { name: 'tools/list' } } }),
};
