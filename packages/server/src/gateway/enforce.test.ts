import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConsentError, type ConsentPort, type Decision, type DenialReason } from '@countersign/core';
import type { DeclaredMapping } from './coaz/declared-mapping.ts';
import { MappingError } from './coaz/mapping-error.ts';
import { enforce, type Surroundings, type Verdict } from './enforce.ts';
import { stepUpDenial, task } from './testing.ts';

const CALL = {
  issuer: 'cs.example',
  agentId: 'agt_1',
  upstream: 'files',
  method: 'tools/call',
  params: { name: 'write', arguments: {} },
};
const PERMIT: Decision = { decision: true, context: { evaluation_id: 'evl_1', evaluated_at: '' } };
const CLAIMED: Decision = {
  decision: true,
  context: {
    ...PERMIT.context,
    approval: { id: 'apr_1', approved_until: '', claim_id: 'clm_1', lease_until: '' },
  },
};

function denied(reason: DenialReason): Decision {
  return {
    decision: false,
    context: { evaluation_id: 'e', evaluated_at: '', reason, reason_user: 'no', next_action: 'none' },
  };
}

const live: Decision = {
  decision: false,
  context: { ...stepUpDenial().context, approval: { id: 'apr_1', approved_until: '' } } as never,
};

interface Script {
  readonly decisions: readonly (Decision | Error)[];
  readonly held?: Parameters<typeof task>[0] | Error;
  /** Why the request is not filed. */
  readonly unfiled?: Error;
  readonly digests?: readonly (string | undefined)[];
  readonly mapping?: DeclaredMapping | undefined;
  readonly present?: boolean;
}

async function play({
  decisions,
  held = 'approved',
  unfiled,
  digests = ['d', 'd'],
  present = true,
  mapping,
}: Script) {
  const said: (Decision | Error)[] = [];
  const keys: (string | undefined)[] = [];
  let looked = 0;
  const port: ConsentPort = {
    async evaluate(_question, options) {
      const next = decisions[said.length] ?? new Error('asked too often');
      said.push(next);
      keys.push(options?.idempotencyKey);
      if (next instanceof Error) throw next;
      return next;
    },
    async request() {
      if (unfiled !== undefined) throw unfiled;
      return task('pending');
    },
    async wait() {
      if (held instanceof Error) throw held;
      return task(held);
    },
    cancel: async () => task('cancelled'),
    renew: async () => ({ lease_until: '' }),
    report: async () => {},
  };
  const door: Surroundings = {
    port,
    holdMs: 1,
    async definition() {
      const digest = digests[looked++];
      return digest === undefined ? undefined : { digest, mapping };
    },
    present: () => present,
    gone: () => new AbortController().signal,
    holding: () => {},
    failed: () => {},
  };
  const verdict = await enforce(CALL, door);
  if (verdict.kind === 'run') await verdict.claim?.settle('approved-executed');
  return { verdict, said, keys };
}

const not = (kind: string, more: object = {}): object => ({ kind: 'not_run', why: { kind, ...more } });

test.each<[string, Script, object]>([
  ['a permit runs', { decisions: [PERMIT] }, { kind: 'run' }],
  [
    'a forbid does not',
    { decisions: [denied('policy_denied')] },
    not('refused', { reason: 'policy_denied' }),
  ],
  [
    'nor what was denied a moment ago',
    { decisions: [denied('recently_denied')] },
    not('refused', { reason: 'recently_denied' }),
  ],
  [
    'nor what no policy could judge',
    { decisions: [denied('indeterminate')] },
    not('refused', { reason: 'indeterminate' }),
  ],
  ['held and approved, it runs', { decisions: [stepUpDenial(), CLAIMED] }, { kind: 'run' }],
  ['a live approval needs no hold', { decisions: [live, CLAIMED], held: new Error('held') }, { kind: 'run' }],
  [
    'held and pending',
    { decisions: [stepUpDenial()], held: 'pending' },
    { kind: 'pending', pending: { task: { id: 'arq_1' } } },
  ],
  ['held and denied', { decisions: [stepUpDenial()], held: 'denied' }, not('ended', { status: 'denied' })],
  ['held and expired', { decisions: [stepUpDenial()], held: 'expired' }, not('ended', { status: 'expired' })],
  [
    'a mapping that cannot be resolved',
    {
      decisions: [PERMIT],
      mapping: {
        resolve() {
          throw new MappingError('no such field');
        },
      },
    },
    { kind: 'bad_params', why: 'authorization mapping: no such field' },
  ],
  ['a tool that nobody lists', { decisions: [PERMIT], digests: [undefined] }, not('unlisted')],
  [
    'a tool that changed while held',
    { decisions: [stepUpDenial(), CLAIMED], digests: ['d', 'e'] },
    not('definition_changed'),
  ],
  [
    'a tool that is gone after',
    { decisions: [stepUpDenial(), CLAIMED], digests: ['d', undefined] },
    not('definition_changed'),
  ],
  ['one that left while held', { decisions: [stepUpDenial()], held: 'pending', present: false }, not('gone')],
  ['a caller that left', { decisions: [stepUpDenial(), CLAIMED], present: false }, not('gone')],
  ['a use that is spent', { decisions: [stepUpDenial(), denied('approval_consumed')] }, not('already_run')],
  [
    'an approval that was revoked',
    { decisions: [stepUpDenial(), denied('approval_revoked')] },
    not('refused', { reason: 'approval_revoked' }),
  ],
  ['an authority out of reach', { decisions: [new Error('down')] }, not('unavailable')],
  ['one that fails at the claim', { decisions: [stepUpDenial(), new Error('down')] }, not('unavailable')],
  [
    'more than people can look at',
    { decisions: [stepUpDenial()], held: new ConsentError('too_many_pending', 'x') },
    not('refused', { reason: 'too_many_pending' }),
  ],
  [
    'more than people may be asked in a minute',
    { decisions: [stepUpDenial()], held: new ConsentError('too_many_requests', 'x') },
    not('refused', { reason: 'too_many_requests', retry_after: 60 }),
  ],
  [
    'one that a person denied before it was filed',
    {
      decisions: [stepUpDenial(), denied('recently_denied')],
      unfiled: new ConsentError('not_requestable', 'x'),
    },
    not('refused', { reason: 'recently_denied' }),
  ],
  [
    'one that cannot be filed though it can be asked for',
    { decisions: [stepUpDenial(), stepUpDenial()], unfiled: new ConsentError('not_requestable', 'x') },
    not('unavailable'),
  ],
  [
    'one that is permitted when it cannot be filed any more',
    { decisions: [stepUpDenial(), PERMIT], unfiled: new ConsentError('not_requestable', 'x') },
    not('unavailable'),
  ],
  ['one whose filing fails', { decisions: [stepUpDenial()], unfiled: new Error('down') }, not('unavailable')],
  ['one that fails while held', { decisions: [stepUpDenial()], held: new Error('down') }, not('unavailable')],
])('%s', async (_name, script, verdict) => {
  expect((await play(script)).verdict).toMatchObject(verdict);
});

test('what changed under a claim is judged again, under the same key, three times at most', async () => {
  const again = denied('state_changed');
  const lucky = await play({ decisions: [stepUpDenial(), again, again, CLAIMED] });
  expect(lucky.verdict.kind).toBe('run');
  expect(new Set(lucky.keys.slice(1)).size).toBe(1);
  expect(lucky.keys[1]).toBeDefined();
  const storm = await play({ decisions: [stepUpDenial(), again, again, again, CLAIMED] });
  expect(storm.verdict).toMatchObject(not('refused', { reason: 'state_changed' }));
});

test('whatever the authority answers, a call runs only on a permit that came last', async () => {
  const reasons: DenialReason[] = [
    'policy_denied',
    'state_changed',
    'approval_consumed',
    'out_of_scope',
    'log_unavailable',
  ];
  const decision = fc.oneof(
    fc.constant(PERMIT),
    fc.constant(CLAIMED),
    fc.constant(live),
    fc.constant(stepUpDenial()),
    fc.constantFrom(...reasons).map(denied),
    fc.constant(new Error('down')),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(decision, { maxLength: 6 }),
      fc.constantFrom('approved', 'pending', 'denied', 'expired', 'failed', new Error('down')),
      fc.constantFrom(['d', 'd'], ['d', 'e'], [undefined], ['d', undefined]),
      fc.boolean(),
      async (decisions, held, digests, present) => {
        const { verdict, said } = await play({ decisions, held: held as never, digests, present });
        const last = said.at(-1);
        const permitted = last !== undefined && !(last instanceof Error) && last.decision;
        const ran: Verdict['kind'] = 'run';
        if (verdict.kind === ran) expect(permitted).toBe(true);
        // And nothing that was claimed is then left undone.
        if (permitted && digests[0] !== undefined) expect(verdict.kind).toBe(ran);
      },
    ),
    { numRuns: 1000 },
  );
});
