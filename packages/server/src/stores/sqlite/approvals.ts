import type { ConsentQuestion, Disposition } from '@countersign/core';
import { readBack } from '@countersign/core';
import type {
  Approval,
  ApprovalStore,
  Claim,
  ClaimInput,
  ClaimOutcome,
  ReportOutcome,
} from '../../approval/port.ts';
import { standingFingerprint } from '../../approval/standing.ts';
import type { StandingVote } from '../../access-request/port.ts';
import type { Database, Row } from './database.ts';
import type { SqliteLog } from './log.ts';
import { integer, optionalInteger, optionalText, text } from './columns.ts';
import { countApprovers } from './principals.ts';
import { standingVotes } from './votes.ts';

/** `ApprovalStore` on SQLite. */
export class SqliteApprovals implements ApprovalStore {
  readonly #db: Database;
  readonly #log: SqliteLog;
  readonly #tenant: string;

  constructor(db: Database, log: SqliteLog, tenant: string) {
    this.#db = db;
    this.#log = log;
    this.#tenant = tenant;
  }

  async approval(id: string): Promise<Approval | undefined> {
    return this.#find(id);
  }

  async approvalOf(request: string): Promise<Approval | undefined> {
    const row = this.#db.get(`SELECT * FROM approval WHERE tenant = ? AND request = ?`, [
      this.#tenant,
      request,
    ]);
    return row && approvalOf(row);
  }

  async findLive(agent: string, bindingHash: string, now: number): Promise<Approval | undefined> {
    const row = this.#db.get(
      `SELECT * FROM approval WHERE tenant = ? AND agent = ? AND binding_hash = ? AND approved_until > ?
       AND uses < max_uses AND revoked_at IS NULL ORDER BY approved_until DESC LIMIT 1`,
      [this.#tenant, agent, bindingHash, now],
    );
    return row && approvalOf(row);
  }

  async grounds(
    approval: string,
  ): Promise<{ question: ConsentQuestion; votes: readonly StandingVote[]; approvers: number } | undefined> {
    return this.#grounds(approval);
  }

  async claims(approval: string): Promise<readonly Claim[]> {
    return this.#db
      .all(`SELECT * FROM claim WHERE tenant = ? AND approval = ? ORDER BY claimed_at`, [
        this.#tenant,
        approval,
      ])
      .map(claimOf);
  }

  claim(
    input: ClaimInput,
    pdp: () => { policy_version: string; catalog_version: string },
  ): Promise<ClaimOutcome> {
    return this.#db.write((): ClaimOutcome => {
      const approval = this.#find(input.approval);
      const grounds = this.#grounds(input.approval);
      if (approval === undefined || grounds === undefined || approval.agent !== input.agent)
        return { kind: 'unknown' };
      // Order: what was already claimed is answered before any limit, so that a lost answer finds its claim.
      const earlier = this.#db.get(
        `SELECT * FROM claim WHERE tenant = ? AND credential = ? AND approval = ? AND idempotency_key = ?`,
        [this.#tenant, input.credential, input.approval, input.idempotency_key],
      );
      if (earlier !== undefined) {
        const claim = claimOf(earlier);
        return claim.disposition === undefined
          ? { kind: 'claimed', claim, repeated: true }
          : { kind: 'consumed' };
      }
      if (approval.revoked_at !== undefined) return { kind: 'revoked' };
      if (Math.min(approval.approved_until, input.live_until) <= input.now) return { kind: 'expired' };
      if (approval.uses >= Math.min(approval.max_uses, input.max_uses)) return { kind: 'consumed' };
      if (this.#changed(input, pdp(), standingFingerprint(grounds.votes, grounds.approvers)))
        return { kind: 'changed' };
      const spent = this.#db.run(
        `UPDATE approval SET uses = uses + 1 WHERE tenant = ? AND id = ? AND uses = ? AND uses < max_uses`,
        [this.#tenant, approval.id, approval.uses],
      );
      if (spent !== 1) return { kind: 'consumed' };
      const claim: Claim = {
        id: input.claim_id,
        approval: approval.id,
        credential: input.credential,
        claimed_at: input.now,
        lease_until: input.now + input.lease_ms,
      };
      this.#db.run(
        `INSERT INTO claim (tenant, id, approval, credential, idempotency_key, claimed_at, lease_until) VALUES (?,?,?,?,?,?,?)`,
        [
          this.#tenant,
          claim.id,
          approval.id,
          input.credential,
          input.idempotency_key,
          claim.claimed_at,
          claim.lease_until,
        ],
      );
      this.#log.append({
        type: 'claim',
        claim_id: claim.id,
        evaluation_id: input.evaluation_id,
        approval: approval.id,
        request_id: approval.request,
        use: approval.uses + 1,
        agent: input.agent,
        credential: input.credential,
        binding_hash: approval.binding_hash,
        policy_version: input.seen.policy_version,
        catalog_version: input.seen.catalog_version,
      });
      return { kind: 'claimed', claim, repeated: false };
    });
  }

  renew(claim: string, credential: string, now: number, leaseMs: number): Promise<Claim | undefined> {
    return this.#db.write(() => {
      const renewed = this.#db.run(
        `UPDATE claim SET lease_until = max(lease_until, ?)
         WHERE tenant = ? AND id = ? AND credential = ? AND disposition IS NULL`,
        [now + leaseMs, this.#tenant, claim, credential],
      );
      return renewed === 0 ? undefined : this.#findClaim(claim);
    });
  }

  report(id: string, credential: string, disposition: Disposition, now: number): Promise<ReportOutcome> {
    return this.#db.write((): ReportOutcome => {
      const claim = this.#findClaim(id);
      if (claim === undefined || claim.credential !== credential) return { kind: 'unknown' };
      const first = claim.disposition === undefined;
      const late = claim.reported_at === undefined && claim.late_disposition === undefined;
      if (!first && !late) return { kind: 'already_reported', claim };
      this.#db.run(
        first
          ? `UPDATE claim SET disposition = ?, reported_at = ? WHERE tenant = ? AND id = ?`
          : `UPDATE claim SET late_disposition = ?, reported_at = ? WHERE tenant = ? AND id = ?`,
        [disposition, now, this.#tenant, id],
      );
      this.#log.append({ type: 'disposition', claim_id: id, disposition, by: 'pep', late: !first });
      const recorded = this.#findClaim(id);
      return recorded === undefined ? { kind: 'unknown' } : { kind: 'recorded', claim: recorded };
    });
  }

  mark(id: string, disposition: Disposition): Promise<ReportOutcome> {
    return this.#db.write((): ReportOutcome => {
      const claim = this.#findClaim(id);
      if (claim === undefined) return { kind: 'unknown' };
      if (claim.disposition !== 'outcome-unknown' || claim.late_disposition !== undefined)
        return { kind: 'already_reported', claim };
      this.#db.run(`UPDATE claim SET late_disposition = ? WHERE tenant = ? AND id = ?`, [
        disposition,
        this.#tenant,
        id,
      ]);
      this.#log.append({ type: 'disposition', claim_id: id, disposition, by: 'operator', late: true });
      return { kind: 'recorded', claim: { ...claim, late_disposition: disposition } };
    });
  }

  endLeases(now: number, restarted?: string): Promise<readonly string[]> {
    const open = `SELECT * FROM claim WHERE tenant = ? AND disposition IS NULL`;
    const due = (): Claim[] =>
      this.#db
        .all(open, [this.#tenant])
        .map(claimOf)
        .filter(
          (claim) =>
            claim.lease_until <= now || (restarted !== undefined && claim.credential.startsWith(restarted)),
        );
    if (due().length === 0) return Promise.resolve([]);
    return this.#db.write(() =>
      due().map((claim) => {
        this.#db.run(`UPDATE claim SET disposition = 'outcome-unknown' WHERE tenant = ? AND id = ?`, [
          this.#tenant,
          claim.id,
        ]);
        const by = claim.lease_until <= now ? 'lease' : 'restart';
        this.#log.append({
          type: 'disposition',
          claim_id: claim.id,
          disposition: 'outcome-unknown',
          by,
          late: false,
        });
        return claim.id;
      }),
    );
  }

  revoke(approval: string, by: string, now: number): Promise<boolean> {
    return this.#db.write(() => {
      const changed = this.#db.run(
        `UPDATE approval SET revoked_at = ? WHERE tenant = ? AND id = ? AND revoked_at IS NULL`,
        [now, this.#tenant, approval],
      );
      if (changed > 0) this.#log.append({ type: 'approval_revoked', approval, by });
      return changed > 0;
    });
  }

  #changed(
    input: ClaimInput,
    current: { policy_version: string; catalog_version: string },
    standing: string,
  ): boolean {
    const { agent_revision: revision, above } = input.seen;
    return (
      [{ agent: input.agent, revision }, ...above].some((seen) => this.#hasChanged(seen)) ||
      current.policy_version !== input.seen.policy_version ||
      current.catalog_version !== input.seen.catalog_version ||
      standing !== input.seen.standing
    );
  }

  #hasChanged(seen: { readonly agent: string; readonly revision: number }): boolean {
    const row = this.#db.get(`SELECT revision, status FROM agent WHERE tenant = ? AND id = ?`, [
      this.#tenant,
      seen.agent,
    ]);
    return (
      row === undefined || text(row, 'status') !== 'active' || integer(row, 'revision') !== seen.revision
    );
  }

  #grounds(approval: string) {
    const row = this.#db.get(
      `SELECT r.id, r.question FROM approval a JOIN request r ON r.tenant = a.tenant AND r.id = a.request
       WHERE a.tenant = ? AND a.id = ?`,
      [this.#tenant, approval],
    );
    return (
      row && {
        question: readBack(text(row, 'question')) as ConsentQuestion,
        votes: standingVotes(this.#db, this.#tenant, text(row, 'id')),
        approvers: countApprovers(this.#db, this.#tenant),
      }
    );
  }

  #find(id: string): Approval | undefined {
    const row = this.#db.get(`SELECT * FROM approval WHERE tenant = ? AND id = ?`, [this.#tenant, id]);
    return row && approvalOf(row);
  }

  #findClaim(id: string): Claim | undefined {
    const row = this.#db.get(`SELECT * FROM claim WHERE tenant = ? AND id = ?`, [this.#tenant, id]);
    return row && claimOf(row);
  }
}

function approvalOf(row: Row): Approval {
  const revoked = optionalInteger(row, 'revoked_at');
  return {
    id: text(row, 'id'),
    request: text(row, 'request'),
    agent: text(row, 'agent'),
    binding_hash: text(row, 'binding_hash'),
    approved_at: integer(row, 'approved_at'),
    approved_until: integer(row, 'approved_until'),
    max_uses: integer(row, 'max_uses'),
    uses: integer(row, 'uses'),
    ...(revoked === undefined ? {} : { revoked_at: revoked }),
  };
}

function claimOf(row: Row): Claim {
  const disposition = optionalText(row, 'disposition') as Disposition | undefined;
  const late = optionalText(row, 'late_disposition') as Disposition | undefined;
  const reported = optionalInteger(row, 'reported_at');
  return {
    id: text(row, 'id'),
    approval: text(row, 'approval'),
    credential: text(row, 'credential'),
    claimed_at: integer(row, 'claimed_at'),
    lease_until: integer(row, 'lease_until'),
    ...(disposition === undefined ? {} : { disposition }),
    ...(reported === undefined ? {} : { reported_at: reported }),
    ...(late === undefined ? {} : { late_disposition: late }),
  };
}
