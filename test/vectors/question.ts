import { bindingHash, type ConsentQuestion, type JsonObject } from '@countersign/core';

/** What a test says of a request; the rest is as plain as can be. */
export interface Recipe {
  readonly context?: JsonObject;
  readonly changes?: Partial<Omit<ConsentQuestion, 'bound' | 'binding_hash'>>;
  readonly bound?: Partial<ConsentQuestion['bound']>;
}

/** A request to write a file, changed by `recipe`, with the binding hash that it then has. */
export function question({ context = {}, changes = {}, bound: parts = {} }: Recipe = {}): ConsentQuestion {
  const bound: ConsentQuestion['bound'] = {
    subject: { type: 'identity', id: 'ana@example.com' },
    action: { name: 'tools/call' },
    resource: { type: 'tool', id: 'filesystem/write_file' },
    ...parts,
    context: {
      authority: 'cs.example',
      agent: 'agt_1',
      upstream: 'filesystem',
      method: 'tools/call',
      tool_digest: 'n0wE7w1c4k9Q2vZk3l5o8r6s0t1u2v3w4x5y6z7A8bC',
      ...context,
    },
  };
  return {
    version: 1,
    authority: 'cs.example',
    tenant: 'default',
    id: 'arq_1',
    created_at: '2026-11-24T12:00:00.000Z',
    expires_at: '2026-11-24T13:00:00.000Z',
    agent: { id: 'agt_1', name: 'report-writer', owner: 'ana@example.com' },
    reported_by: 'pep',
    delta: {
      version: 1,
      boundary: { kind: 'policy', policy_version: 'uP3kVd0qJ1m5m1a9sWJm8f2oF6m2q0aZt7w0p1Xy3cA' },
      facts: { effects: ['create', 'update'], labels: [], outward: false, reviewed: true },
      policies: [{ id: 'write-needs-consent', reason: 'Writing after read-only consent needs a person.' }],
    },
    obligations: {
      groups: [{ group: 'approvers', quorum: 1 }],
      ttl_seconds: 900,
      max_uses: 1,
      assurance: 'passkey',
      scope: 'exact',
    },
    policy_version: 'uP3kVd0qJ1m5m1a9sWJm8f2oF6m2q0aZt7w0p1Xy3cA',
    ...changes,
    bound,
    binding_hash: bindingHash(bound),
  };
}
