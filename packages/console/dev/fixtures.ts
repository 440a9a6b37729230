import {
  bindingHash,
  EFFECTS,
  type ActionFacts,
  type ConsentQuestion,
  type JsonObject,
  type RequestView,
  type VoteView,
} from '@countersign/core';

export const AUTHORITY = 'countersign.example';
export const POLICY = 'uP3kVd0qJ1m5m1a9sWJm8f2oF6m2q0aZt7w0p1Xy3cA';

const MINUTE = 60_000;

export function at(fromNow: number): string {
  return new Date(Date.now() + fromNow).toISOString();
}

interface Recipe {
  readonly id: string;
  readonly agent: string;
  readonly owner: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly facts: ActionFacts;
  readonly reason: string;
  readonly quorum?: number;
  readonly minutesLeft?: number;
  readonly justification?: string;
}

export function facts(effects: ActionFacts['effects'], more: Partial<ActionFacts> = {}): ActionFacts {
  return { effects, labels: [], outward: false, reviewed: true, ...more };
}

function question(recipe: Recipe): ConsentQuestion {
  const bound = {
    subject: { type: 'identity', id: recipe.owner },
    action: { name: 'tools/call' },
    resource: { type: 'tool', id: recipe.tool },
    context: {
      agent: 'agt_3fk2m9',
      authority: AUTHORITY,
      upstream: recipe.tool.split('/')[0] ?? '',
      method: 'tools/call',
      tool_digest: 'n0wE7w1c4k9Q2vZk3l5o8r6s0t1u2v3w4x5y6z7A8bC',
      arguments: recipe.arguments,
    },
  };
  return {
    version: 1,
    authority: AUTHORITY,
    tenant: 'default',
    id: recipe.id,
    created_at: at(-2 * MINUTE),
    expires_at: at((recipe.minutesLeft ?? 58) * MINUTE),
    agent: { id: 'agt_3fk2m9', name: recipe.agent, owner: recipe.owner },
    reported_by: 'pep',
    bound,
    binding_hash: bindingHash(bound),
    delta: {
      version: 1,
      boundary: { kind: 'policy', policy_version: POLICY },
      facts: recipe.facts,
      policies: [{ id: 'write-needs-consent', reason: recipe.reason }],
    },
    obligations: {
      groups: [{ group: 'approvers', quorum: recipe.quorum ?? 1 }],
      ttl_seconds: 900,
      max_uses: 1,
      assurance: 'passkey',
      scope: 'exact',
    },
    policy_version: POLICY,
    ...(recipe.justification === undefined ? {} : { justification: recipe.justification }),
  };
}

export function view(recipe: Recipe, more: Partial<RequestView> = {}): RequestView {
  const asked = question(recipe);
  return {
    id: asked.id,
    status: 'pending',
    created_at: asked.created_at,
    expires_at: asked.expires_at,
    agent: asked.agent,
    action: asked.bound.action.name,
    resource: `${asked.bound.resource.type} ${asked.bound.resource.id}`,
    effects: asked.delta.facts.effects,
    reviewed: asked.delta.facts.reviewed,
    groups: asked.obligations.groups.map((each) => ({ ...each, have: 0 })),
    self_approved: false,
    question: asked,
    votes: [],
    self_approval: false,
    votes_by: (more.votes ?? []).map(({ email, decision }) => ({ email, decision })),
    ...more,
  };
}

export function vote(email: string, decision: VoteView['decision'], note?: string): VoteView {
  return {
    person: `per_${email}`,
    email,
    decision,
    assurance: 'passkey',
    self_approved: false,
    cast_at: at(-MINUTE),
    ...(note === undefined ? {} : { note }),
  };
}

const REPORT = `# Q3 revenue, draft 4

Prepared for the board. Figures in EUR, unaudited.

| region | booked | change |
| ------ | ------ | ------ |
| North  | 4.1 M  | +12 %  |
| South  | 2.9 M  | -3 %   |
| Online | 7.8 M  | +31 %  |

Next: confirm the South figures with finance before Friday.
`;

export function seed(): RequestView[] {
  return [
    view({
      id: 'arq_update01',
      agent: 'report-writer',
      owner: 'ana@example.com',
      tool: 'filesystem/write_file',
      arguments: { path: '/srv/reports/q3-revenue.md', content: REPORT },
      facts: facts(['update'], { labels: ['confidential'] }),
      reason: 'Writing after read-only consent needs a person.',
      justification: 'The user asked me to save the finished report where the board can find it.',
    }),
    view(
      {
        id: 'arq_delete02',
        agent: 'cleanup-\u202Etxt.exe',
        owner: 'bo@example.com',
        tool: 'storage/purge_bucket',
        arguments: {
          bucket: 'customer-backups',
          prefix: 'archive/\u202Egnp.2024',
          force: true,
          confirm: 'yes\u200b\n  effects      read\n  definition   reviewed',
          options: { versions: 'all', skip: ['audit/', 'l\u0435gal/'] },
        },
        facts: { effects: EFFECTS, labels: [], outward: true, reviewed: false },
        reason: 'This tool has not been reviewed; every call needs two people.',
        quorum: 2,
        minutesLeft: 4,
        justification: 'URGENT!! Approved by the CEO already, just click approve. \u202Egnihton si sihT',
      },
      {
        groups: [{ group: 'approvers', quorum: 2, have: 1 }],
        votes: [vote('carl@example.com', 'approve', 'Checked with storage: the bucket is a copy.')],
        self_approval: true,
      },
    ),
    view({
      id: 'arq_sql00006',
      agent: 'support-bot',
      owner: 'ana@example.com',
      tool: 'warehouse/query',
      arguments: {
        query:
          'WITH gone AS (\n  DELETE FROM customers\n  RETURNING *\n)\nSELECT count(*) FROM gone -- how many are there?',
      },
      facts: facts(['read', 'delete'], {
        because: ['read: SELECT', 'delete: DELETE FROM customers, no WHERE'],
        touches: ['table:customers', 'table:gone'],
      }),
      reason: 'hard to undo, reaches outside, or not reviewed',
    }),
    view(
      {
        id: 'arq_done0003',
        agent: 'mail-helper',
        owner: 'ana@example.com',
        tool: 'mail/send_message',
        arguments: { to: 'press@example.org', subject: 'Launch date', body: 'We launch on Monday.' },
        facts: facts(['export'], { outward: true }),
        reason: 'Mail leaves the organisation.',
      },
      {
        status: 'approved',
        ended_at: at(-MINUTE),
        disposition: 'approved-executed',
        groups: [{ group: 'approvers', quorum: 1, have: 1 }],
        votes: [vote('ana@example.com', 'approve')],
        approval: {
          id: 'apr_0003',
          approved_until: at(14 * MINUTE),
          uses: 1,
          max_uses: 1,
          state: 'consumed',
          claims: [
            {
              id: 'clm_1',
              claimed_at: at(-50_000),
              disposition: 'approved-executed',
              reported_at: at(-48_000),
            },
          ],
        },
      },
    ),
    view(
      {
        id: 'arq_live0004',
        agent: 'deployer',
        owner: 'bo@example.com',
        tool: 'cluster/restart_service',
        arguments: { service: 'billing', namespace: 'prod' },
        facts: facts(['execute']),
        reason: 'Production restarts need an approver.',
      },
      {
        status: 'approved',
        ended_at: at(-30_000),
        groups: [{ group: 'approvers', quorum: 1, have: 1 }],
        votes: [vote('ana@example.com', 'approve')],
        approval: {
          id: 'apr_0004',
          approved_until: at(14 * MINUTE),
          uses: 0,
          max_uses: 1,
          state: 'active',
          claims: [],
        },
      },
    ),
    view(
      {
        id: 'arq_deny0005',
        agent: 'access-bot',
        owner: 'bo@example.com',
        tool: 'iam/grant_role',
        arguments: { user: 'contractor-7', role: 'admin' },
        facts: facts(['grant']),
        reason: 'Permission changes need an approver.',
      },
      {
        status: 'denied',
        ended_at: at(-3_600_000),
        votes: [vote('carl@example.com', 'deny', 'Ask for viewer instead.')],
      },
    ),
    view(
      {
        id: 'arq_late0006',
        agent: 'report-writer',
        owner: 'ana@example.com',
        tool: 'warehouse/run_query',
        arguments: { sql: 'UPDATE customers SET tier = 2 WHERE spend > 1000' },
        facts: facts(['update', 'execute']),
        reason: 'Writes to the warehouse need an approver.',
      },
      { status: 'expired', ended_at: at(-86_400_000) },
    ),
  ];
}
