import {
  canonicalHash,
  ConsentError,
  deltaHash,
  nextStatus,
  tally,
  textHash,
  type RequestEvent,
} from '@countersign/core';
import type {
  AccessRequest,
  AccessRequestStore,
  Bundle,
  BundleInput,
  BundleOutcome,
  CastInput,
  CastOutcome,
  FileInput,
  FileOutcome,
  ForeignDenial,
  Judge,
  RememberedDenial,
  RequestFilter,
  StandingVote,
} from '../../access-request/port.ts';
import type { AuditEvent } from '../../audit/entry.ts';
import { findBundle, findBundleByKey, keepBundle } from './bundles.ts';
import { keepCallback } from './callbacks.ts';
import type { Database } from './database.ts';
import { foreignDenialOf, keepForeignDenial, spentOn } from './foreign-denials.ts';
import type { SqliteLog } from './log.ts';
import { integer, json, text } from './columns.ts';
import { countApprovers } from './principals.ts';
import {
  findDenial,
  findLastDenied,
  findTicketed,
  keepDenial,
  keepRequest,
  listRequests,
  requestOf,
} from './request-rows.ts';
import { castStanding, keepVote, standingVotes } from './votes.ts';

type NotFiledKind = Exclude<FileOutcome['kind'], 'filed' | 'joined'>;

/** Thrown inside the transaction of a bundle, so that those before it are not filed either. */
class NotFiled extends Error {
  readonly kind: NotFiledKind;

  constructor(kind: NotFiledKind) {
    super(kind);
    this.kind = kind;
  }
}

/** `AccessRequestStore` on SQLite. */
export class SqliteAccessRequests implements AccessRequestStore {
  readonly #db: Database;
  readonly #log: SqliteLog;
  readonly #tenant: string;

  constructor(db: Database, log: SqliteLog, tenant: string) {
    this.#db = db;
    this.#log = log;
    this.#tenant = tenant;
  }

  recordDecision(event: AuditEvent, denial?: RememberedDenial): Promise<void> {
    return this.#db.write(() => {
      this.#log.append(event);
      if (denial !== undefined) keepDenial(this.#db, this.#tenant, denial);
    });
  }

  async denial(id: string): Promise<RememberedDenial | undefined> {
    return findDenial(this.#db, this.#tenant, id);
  }

  file(input: FileInput): Promise<FileOutcome> {
    return this.#db.write((): FileOutcome => {
      const outcome = this.#file(input);
      const { callback, credential } = input;
      if (callback !== undefined && 'request' in outcome)
        keepCallback(this.#db, this.#tenant, { ...callback, credential, request: outcome.request.id });
      return outcome;
    });
  }

  #file(input: FileInput): FileOutcome {
    const { foreign, credential } = input;
    if (foreign === undefined) return this.#fileOwn(input);
    const spent = spentOn(this.#db, this.#tenant, foreign);
    if (spent !== undefined) {
      if (spent.credential !== credential)
        throw new ConsentError('invalid_denial_binding', 'the binding token was used already');
      return { kind: 'joined', request: this.#require(spent.request) };
    }
    const outcome = this.#fileOwn(input);
    if ('request' in outcome)
      keepForeignDenial(this.#db, this.#tenant, foreign, { request: outcome.request.id, credential });
    return outcome;
  }

  #fileOwn(input: FileInput): FileOutcome {
    const { denial, question, credential, idempotency, now } = input;
    if (idempotency !== undefined) {
      const used = this.#db.get(
        `SELECT body_hash, request FROM idempotency WHERE tenant = ? AND credential = ? AND key = ?`,
        [this.#tenant, credential, idempotency.key],
      );
      if (used !== undefined) {
        if (text(used, 'body_hash') !== idempotency.body_hash) return { kind: 'idempotency_conflict' };
        return { kind: 'joined', request: this.#require(text(used, 'request')) };
      }
    }
    const twin = this.#pending(denial.agent, denial.binding_hash, now);
    if (twin !== undefined) {
      this.#hold(twin.id, credential, idempotency);
      return { kind: 'joined', request: twin };
    }
    const denied = findLastDenied(this.#db, this.#tenant, denial.agent, denial.binding_hash);
    if (denied !== undefined && denied > input.denied_after) return { kind: 'denied_lately' };
    const pending = this.#db.get(
      `SELECT count(*) AS n FROM request WHERE tenant = ? AND agent = ? AND status = 'pending'`,
      [this.#tenant, denial.agent],
    );
    if (pending !== undefined && integer(pending, 'n') >= input.max_pending)
      return { kind: 'too_many_pending' };
    const filed = this.#db.get(
      `SELECT count(*) AS n FROM request WHERE tenant = ? AND agent = ? AND created_at > ?`,
      [this.#tenant, denial.agent, input.filed_after],
    );
    if (filed !== undefined && integer(filed, 'n') >= input.max_filed) return { kind: 'too_many_requests' };
    // A twin whose time is up but which no sweep has ended yet would hold the unique place.
    for (const late of this.#latePending(denial.agent, denial.binding_hash))
      this.#end(late, 'timed_out', now);
    keepRequest(this.#db, this.#tenant, input);
    this.#hold(question.id, credential, idempotency);
    this.#log.append({
      type: 'request_filed',
      request_id: question.id,
      evaluation_id: denial.id,
      agent: denial.agent,
      credential,
      binding_hash: denial.binding_hash,
      question_hash: canonicalHash(json(question)),
      text_hash: textHash(question),
      delta_hash: deltaHash(question),
      policy_version: question.policy_version,
    });
    return { kind: 'filed', request: this.#require(question.id) };
  }

  async fileBundle(input: BundleInput): Promise<BundleOutcome> {
    try {
      return await this.#fileAll(input);
    } catch (error) {
      if (error instanceof NotFiled) return { kind: error.kind };
      throw error;
    }
  }

  #fileAll({ id, credential, filings, idempotency, ...limits }: BundleInput): Promise<BundleOutcome> {
    return this.#db.write((): BundleOutcome => {
      const used = idempotency && findBundleByKey(this.#db, this.#tenant, credential, idempotency.key);
      if (used !== undefined) {
        return used.body_hash === idempotency?.body_hash
          ? { kind: 'filed', bundle: used.bundle }
          : { kind: 'idempotency_conflict' };
      }
      const items = filings.map(({ resource, action, ...filing }) => {
        const outcome = this.#file({ ...filing, credential, ...limits });
        if (!('request' in outcome)) throw new NotFiled(outcome.kind);
        return { request: outcome.request.id, resource, action };
      });
      const bundle: Bundle = { id, created_at: limits.now, items };
      keepBundle(this.#db, this.#tenant, credential, bundle, idempotency);
      return { kind: 'filed', bundle };
    });
  }

  async bundle(id: string, credential: string): Promise<Bundle | undefined> {
    return findBundle(this.#db, this.#tenant, id, credential);
  }

  async request(id: string): Promise<AccessRequest | undefined> {
    return this.#find(id);
  }

  async ticketed(ticket: string): Promise<AccessRequest | undefined> {
    return findTicketed(this.#db, this.#tenant, ticket);
  }

  async foreignDenial(request: string, credential: string): Promise<ForeignDenial | undefined> {
    return foreignDenialOf(this.#db, this.#tenant, request, credential);
  }

  async holds(request: string, credential: string): Promise<boolean> {
    return (
      this.#db.get(`SELECT 1 FROM holder WHERE tenant = ? AND request = ? AND credential = ?`, [
        this.#tenant,
        request,
        credential,
      ]) !== undefined
    );
  }

  async pendingFor(agent: string, bindingHash: string, now: number): Promise<AccessRequest | undefined> {
    return this.#pending(agent, bindingHash, now);
  }

  async lastDenied(agent: string, bindingHash: string): Promise<number | undefined> {
    return findLastDenied(this.#db, this.#tenant, agent, bindingHash);
  }

  async list(filter: RequestFilter): Promise<readonly AccessRequest[]> {
    return listRequests(this.#db, this.#tenant, filter);
  }

  async votes(request: string): Promise<readonly StandingVote[]> {
    return standingVotes(this.#db, this.#tenant, request);
  }

  cast(input: CastInput, judge: Judge): Promise<CastOutcome> {
    return this.#db.write((): CastOutcome => {
      const { statement, evidence, now } = input;
      const request = this.#find(input.request);
      if (request === undefined) return { kind: 'unknown' };
      if (request.status !== 'pending') return { kind: 'not_pending', status: request.status };
      if (request.expires_at <= now) {
        return { kind: 'not_pending', status: this.#end(request, 'timed_out', now).status };
      }
      const voted = this.#db.get(`SELECT 1 FROM vote WHERE tenant = ? AND request = ? AND person = ?`, [
        this.#tenant,
        request.id,
        statement.approver,
      ]);
      if (voted !== undefined) return { kind: 'already_voted' };
      const approvers = countApprovers(this.#db, this.#tenant);
      const cast = castStanding(this.#db, this.#tenant, input);
      if (cast === undefined) return { kind: 'not_eligible', why: 'the credential is not enrolled any more' };
      const earlier = standingVotes(this.#db, this.#tenant, request.id);
      const standings = judge(request.question, [...earlier, cast], approvers);
      const own = standings.at(-1);
      if (own?.ineligible !== undefined) return { kind: 'not_eligible', why: own.ineligible };
      const fresh = this.#db.run(
        `DELETE FROM challenge WHERE tenant = ? AND id = ? AND kind = 'vote' AND expires_at > ?`,
        [this.#tenant, input.challenge, now],
      );
      if (fresh === 0) return { kind: 'stale' };
      keepVote(this.#db, this.#tenant, input);
      this.#log.append({
        type: 'vote',
        request_id: request.id,
        binding_hash: request.binding_hash,
        approver: statement.approver,
        credential: statement.credential,
        assurance: input.assurance,
        decision: statement.decision,
        self_approved: statement.self_approved,
        policy_version: statement.policy_version,
        statement_hash: canonicalHash(json(statement)),
        evidence_hash: canonicalHash(json(evidence)),
      });
      const counted = tally(request.question.obligations, standings);
      switch (counted.outcome) {
        case 'pending':
          return { kind: 'counted', request, tally: counted };
        case 'denied':
          return { kind: 'counted', request: this.#end(request, 'eligible_deny', now), tally: counted };
        case 'approved':
          return {
            kind: 'counted',
            request: this.#grant(request, [...earlier, cast], input),
            tally: counted,
          };
      }
    });
  }

  end(request: string, status: 'cancelled' | 'failed', now: number): Promise<AccessRequest | undefined> {
    return this.#db.write(() => {
      const found = this.#find(request);
      return found && this.#end(found, status === 'cancelled' ? 'withdrawn' : 'broken', now);
    });
  }

  expireDue(now: number): Promise<readonly string[]> {
    const due = `SELECT * FROM request WHERE tenant = ? AND status = 'pending' AND expires_at <= ?`;
    // A sweep that finds nothing writes nothing.
    if (this.#db.get(`${due} LIMIT 1`, [this.#tenant, now]) === undefined) return Promise.resolve([]);
    return this.#db.write(() =>
      this.#db.all(due, [this.#tenant, now]).map((row) => this.#end(requestOf(row), 'timed_out', now).id),
    );
  }

  async prune(now: number): Promise<void> {
    const stale = this.#db.get(`SELECT 1 FROM denial WHERE tenant = ? AND expires_at <= ? LIMIT 1`, [
      this.#tenant,
      now,
    ]);
    if (stale === undefined) return;
    await this.#db.write(() => {
      this.#db.run(`DELETE FROM denial WHERE tenant = ? AND expires_at <= ?`, [this.#tenant, now]);
      this.#db.run(`DELETE FROM challenge WHERE tenant = ? AND expires_at <= ?`, [this.#tenant, now]);
      this.#db.run(`DELETE FROM console_session WHERE tenant = ? AND expires_at <= ?`, [this.#tenant, now]);
    });
  }

  #grant(request: AccessRequest, votes: readonly StandingVote[], input: CastInput): AccessRequest {
    const { obligations } = request.question;
    const limits = votes
      .filter((vote) => vote.statement.decision === 'approve')
      .map((vote) => Date.parse(vote.statement.not_after));
    const until = Math.min(input.now + obligations.ttl_seconds * 1000, ...limits);
    this.#db.run(
      `INSERT INTO approval (tenant, id, request, agent, binding_hash, approved_at, approved_until, max_uses)
       VALUES (?,?,?,?,?,?,?,?)`,
      [
        this.#tenant,
        input.approval_id,
        request.id,
        request.agent,
        request.binding_hash,
        input.now,
        until,
        obligations.max_uses,
      ],
    );
    return this.#end(request, 'quorum_met', input.now, {
      approval: input.approval_id,
      approved_until: new Date(until).toISOString(),
      max_uses: obligations.max_uses,
    });
  }

  #end(request: AccessRequest, event: RequestEvent, now: number, granted: object = {}): AccessRequest {
    const status = nextStatus(request.status, event);
    if (status === undefined) return request;
    this.#db.run(
      `UPDATE request SET status = ?, ended_at = ? WHERE tenant = ? AND id = ? AND status = 'pending'`,
      [status, now, this.#tenant, request.id],
    );
    this.#log.append({ type: 'request_ended', request_id: request.id, status, ...granted });
    return { ...request, status, ended_at: now };
  }

  #hold(request: string, credential: string, idempotency: FileInput['idempotency']): void {
    this.#db.run(`INSERT OR IGNORE INTO holder (tenant, request, credential) VALUES (?,?,?)`, [
      this.#tenant,
      request,
      credential,
    ]);
    if (idempotency === undefined) return;
    this.#db.run(`INSERT INTO idempotency (tenant, credential, key, body_hash, request) VALUES (?,?,?,?,?)`, [
      this.#tenant,
      credential,
      idempotency.key,
      idempotency.body_hash,
      request,
    ]);
  }

  #pending(agent: string, bindingHash: string, now: number): AccessRequest | undefined {
    const row = this.#db.get(
      `SELECT * FROM request WHERE tenant = ? AND agent = ? AND binding_hash = ? AND status = 'pending' AND expires_at > ?`,
      [this.#tenant, agent, bindingHash, now],
    );
    return row && requestOf(row);
  }

  #latePending(agent: string, bindingHash: string): AccessRequest[] {
    return this.#db
      .all(
        `SELECT * FROM request WHERE tenant = ? AND agent = ? AND binding_hash = ? AND status = 'pending'`,
        [this.#tenant, agent, bindingHash],
      )
      .map(requestOf);
  }

  #find(id: string): AccessRequest | undefined {
    const row = this.#db.get(`SELECT * FROM request WHERE tenant = ? AND id = ?`, [this.#tenant, id]);
    return row && requestOf(row);
  }

  #require(id: string): AccessRequest {
    const found = this.#find(id);
    if (found === undefined) throw new Error('a request that was named is not there');
    return found;
  }
}
