import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  base64url,
  RISKIEST,
  statementMessage,
  type Evaluation,
  type JsonObject,
  type Prospect,
  type Obligations,
  type RequestView,
  type Statement,
} from '@countersign/core';
import { composeAuthority } from '../../packages/server/src/authority.ts';
import { createLogReader } from '../../packages/server/src/audit/reader.ts';
import { defaultConfig } from '../../packages/server/src/config/load-config.ts';
import type { Config } from '../../packages/server/src/config/config.ts';
import { DOOR_PREFIX } from '../../packages/server/src/decision/acting-agent.ts';
import type { Approver, Authority, CallerPort } from '../../packages/server/src/faces.ts';
import { Events } from '../../packages/server/src/notify/events.ts';
import type { AuthorityParts } from '../../packages/server/src/parts.ts';
import type { Explanation, Pdp, PolicyAnswer, PolicySetInfo } from '../../packages/server/src/pdp/port.ts';
import { SqliteApprovals } from '../../packages/server/src/stores/sqlite/approvals.ts';
import { openDataFolder } from '../../packages/server/src/stores/sqlite/data-folder.ts';
import { SqliteLog } from '../../packages/server/src/stores/sqlite/log.ts';
import { SqliteEnrolments } from '../../packages/server/src/stores/sqlite/enrolments.ts';
import { SqliteParkedCalls } from '../../packages/server/src/stores/sqlite/parked-calls.ts';
import { SqlitePrincipals } from '../../packages/server/src/stores/sqlite/principals.ts';
import { SqliteSignIns } from '../../packages/server/src/stores/sqlite/sign-ins.ts';
import { SqliteAccessRequests } from '../../packages/server/src/stores/sqlite/requests.ts';
import { SqliteCallbacks } from '../../packages/server/src/stores/sqlite/callbacks.ts';
import { SqliteSessions } from '../../packages/server/src/stores/sqlite/sessions.ts';
import { verifyDataFolder } from '../../packages/server/src/stores/sqlite/verify.ts';
import { Tokens } from '../../packages/server/src/token/tokens.ts';
import type { Agent } from '../../packages/server/src/principal/port.ts';

export const OBLIGATIONS: Obligations = {
  groups: [{ group: 'approvers', quorum: 1 }],
  ttl_seconds: 900,
  max_uses: 1,
  assurance: 'key',
  scope: 'exact',
};

/** A policy decision point that a test steers: the authority may assume nothing more of the real one. */
export class SteeredPdp implements Pdp {
  kind: PolicyAnswer['kind'] = 'step_up';
  obligations: Obligations = OBLIGATIONS;
  policy_version = 'policy-1';
  catalog_version = 'catalog-1';
  groups: readonly string[] = ['approvers'];

  get info(): PolicySetInfo {
    const { policy_version, catalog_version, groups } = this;
    return { policy_version, catalog_version, groups, policies: [] };
  }

  readonly actions: readonly string[] = [];

  foresee(): Prospect {
    return { kind: 'open' };
  }

  explain(): Explanation {
    return { answer: this.decide(), nearly: [] };
  }

  entities(): readonly string[] {
    return [];
  }

  decide(): PolicyAnswer {
    const { policy_version, catalog_version } = this;
    const answered = {
      facts: RISKIEST,
      policies: [{ id: 'steered' }],
      duties: [],
      policy_version,
      catalog_version,
    };
    switch (this.kind) {
      case 'step_up':
        return { kind: 'step_up', obligations: this.obligations, ...answered };
      case 'indeterminate':
        return { kind: 'indeterminate', why: 'steered so', ...answered };
      case 'permit':
      case 'forbid':
        return { kind: this.kind, ...answered };
    }
  }
}

export interface Opened {
  readonly authority: Authority;
  readonly parts: AuthorityParts;
  readonly pdp: SteeredPdp;
  readonly dir: string;
  readonly time: { now: number };
  /** Closes and opens the same folder again, as a new process would. */
  readonly reopen: () => Promise<Opened>;
  readonly close: () => Promise<void>;
}

/** A real authority over a real data folder, with a steered PDP and a hand-turned clock. */
export async function openTestAuthority(
  overrides: Partial<Config> = {},
  dir: string = mkdtempSync(join(tmpdir(), 'countersign-test-')),
  time: { now: number } = { now: Date.parse('2026-11-24T12:00:00Z') },
  pdp: SteeredPdp = new SteeredPdp(),
): Promise<Opened> {
  const config: Config = {
    public_url: 'http://localhost:7300',
    ...defaultConfig(),
    ...overrides,
  };
  const folder = openDataFolder(dir);
  const clock = () => time.now;
  const log = new SqliteLog(folder.db, 'default', folder.signer, clock);
  const parts: AuthorityParts = {
    id: folder.authorityId,
    tenant: 'default',
    config,
    pdp,
    principals: new SqlitePrincipals(folder.db, log, 'default'),
    enrolments: new SqliteEnrolments(folder.db, log, 'default'),
    signIns: new SqliteSignIns(folder.db, 'default'),
    requests: new SqliteAccessRequests(folder.db, log, 'default'),
    approvals: new SqliteApprovals(folder.db, log, 'default'),
    sessions: new SqliteSessions(folder.db, 'default'),
    audit: log,
    callbacks: new SqliteCallbacks(folder.db, 'default'),
    tokens: new Tokens(folder.tokenKey, new URL(config.public_url).origin, config.pdps, clock),
    events: new Events(),
    clock,
    random: (size) => randomBytes(size),
  };
  await parts.approvals.endLeases(clock(), DOOR_PREFIX);
  await log.appendAlone({
    type: 'authority_started',
    public_url: config.public_url,
    single_operator: config.single_operator,
    policy_version: pdp.info.policy_version,
  });
  const reader = createLogReader(log, folder.signer.key, (kept) => verifyDataFolder(dir, 'default', kept));
  const authority = composeAuthority(parts, reader, new SqliteParkedCalls(folder.db, 'default'), async () =>
    folder.close(),
  );
  return {
    authority,
    parts,
    pdp,
    dir,
    time,
    async reopen() {
      await authority.close();
      return await openTestAuthority(overrides, dir, time, pdp);
    },
    async close() {
      await authority.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface TestKey {
  readonly publicKey: string;
  readonly sign: (statement: Statement) => { readonly kind: 'key'; readonly signature: string };
}

export function newKey(): TestKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: String(publicKey.export({ format: 'jwk' }).x),
    sign: (statement) => ({ kind: 'key', signature: signed(statement, privateKey) }),
  };
}

function signed(statement: Statement, key: KeyObject): string {
  return base64url.encode(sign(null, statementMessage(statement), key));
}

/** The first approver, by key. */
export async function enrolFirst(
  { authority }: Opened,
  email = 'ann@example.com',
): Promise<{ key: TestKey; approver: Approver }> {
  const key = newKey();
  const approver = await authority.enrolment.enrolFirstKey({
    email,
    group: 'approvers',
    public_key: key.publicKey,
  });
  return { key, approver };
}

/** A later approver, let in by an earlier one. */
export async function enrolAnother(
  { authority }: Opened,
  by: { key: TestKey; approver: Approver },
  email: string,
  group = 'approvers',
  key: TestKey = newKey(),
): Promise<{ key: TestKey; approver: Approver }> {
  const pending = await authority.enrolment.proposeKey({ email, group, public_key: key.publicKey });
  const { statement } = await authority.enrolment.beginSignature(by.approver, pending.id);
  await authority.enrolment.finishSignature(by.approver, statement.nonce, by.key.sign(statement));
  return { key, approver: await authority.enrolment.approverByKey(key.publicKey) };
}

export async function addAgent(
  { authority }: Opened,
  name = 'bot',
  owner_email = 'owner@example.com',
): Promise<{ agent: Agent; port: CallerPort; api_key: string }> {
  const { agent, api_key } = await authority.registry.addAgent({ name, owner_email });
  return { agent, api_key, port: authority.consent({ kind: 'door', agent }) };
}

export function writeCall(agent: Agent, args: JsonObject = { path: 'a.txt', content: 'x' }): Evaluation {
  return {
    subject: { type: 'identity', id: agent.id },
    action: { name: 'tools/call' },
    resource: { type: 'tool', id: 'files/write_file' },
    context: { agent: agent.id, upstream: 'files', method: 'tools/call', tool_digest: 'd', arguments: args },
  };
}

export function withApproval(question: Evaluation, id: string): Evaluation {
  return { ...question, context: { ...question.context, approval: { id } } };
}

/** Evaluates and files; answers the task id. */
export async function park(port: CallerPort, question: Evaluation): Promise<string> {
  const denial = await port.evaluate(question);
  const task = await port.request({ ...question, denial: { evaluation_id: denial.context.evaluation_id } });
  return task.id;
}

export async function vote(
  { authority }: Opened,
  by: { key: TestKey; approver: Approver },
  request: string,
  decision: 'approve' | 'deny' = 'approve',
): Promise<RequestView> {
  const { statement } = await authority.desk.beginVote(by.approver, { request, decision });
  return await authority.desk.finishVote(by.approver, statement.nonce, by.key.sign(statement));
}

/** Parks, approves and answers the approval's id. */
export async function approved(
  opened: Opened,
  by: { key: TestKey; approver: Approver },
  port: CallerPort,
  question: Evaluation,
): Promise<string> {
  const view = await vote(opened, by, await park(port, question));
  if (view.approval === undefined) throw new Error('not approved');
  return view.approval.id;
}
