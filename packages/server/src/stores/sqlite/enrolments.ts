import { canonicalHash, canonicalJson, readBack } from '@countersign/core';
import type {
  EnrolmentLink,
  EnrolmentStore,
  EnrolOutcome,
  NewCredential,
  PendingEnrolment,
} from '../../principal/port.ts';
import type { Database } from './database.ts';
import type { SqliteLog } from './log.ts';
import { integer, json, optionalText, text } from './columns.ts';
import { personFor } from './principals.ts';

/** `EnrolmentStore` on SQLite. */
export class SqliteEnrolments implements EnrolmentStore {
  readonly #db: Database;
  readonly #log: SqliteLog;
  readonly #tenant: string;

  constructor(db: Database, log: SqliteLog, tenant: string) {
    this.#db = db;
    this.#log = log;
    this.#tenant = tenant;
  }

  enrolFirst(credential: NewCredential, linkHash?: string): Promise<EnrolOutcome> {
    return this.#db.write((): EnrolOutcome => {
      if (this.#db.get(`SELECT 1 FROM credential WHERE tenant = ? LIMIT 1`, [this.#tenant]))
        return { kind: 'not_first' };
      if (linkHash !== undefined && !this.#spendLink(linkHash, credential.now)) return { kind: 'link_spent' };
      // The other way in closes with this one.
      this.#db.run(`DELETE FROM link WHERE tenant = ? AND kind = 'first'`, [this.#tenant]);
      return this.#insertCredential(credential, 'bootstrap');
    });
  }

  enrolSigned(
    credential: NewCredential,
    proof: Parameters<EnrolmentStore['enrolSigned']>[1],
  ): Promise<EnrolOutcome> {
    return this.#db.write((): EnrolOutcome => {
      const { statement, evidence } = proof;
      const fresh = this.#db.run(
        `DELETE FROM challenge WHERE tenant = ? AND id = ? AND kind = 'enrolment' AND expires_at > ?`,
        [this.#tenant, proof.challenge, credential.now],
      );
      if (fresh === 0) return { kind: 'gone' };
      // INVARIANT: the signer's standing is that of this moment, not of when the statement was made.
      const standing = this.#db.get(
        `SELECT 1 FROM credential WHERE tenant = ? AND id = ? AND revoked_at IS NULL`,
        [this.#tenant, statement.signer_credential],
      );
      if (standing === undefined) return { kind: 'gone' };
      const pended = this.#db.run(
        `UPDATE enrolment SET statement = ?, evidence = ?, credential = ?
         WHERE tenant = ? AND id = ? AND statement IS NULL AND expires_at > ?`,
        [
          canonicalJson(json(statement)),
          canonicalJson(json(evidence)),
          credential.credential,
          this.#tenant,
          proof.pending,
          credential.now,
        ],
      );
      if (pended === 0) return { kind: 'gone' };
      return this.#insertCredential(credential, statement.signer, {
        statement_hash: canonicalHash(json(statement)),
        evidence_hash: canonicalHash(json(evidence)),
      });
    });
  }

  putLink(link: EnrolmentLink): Promise<void> {
    return this.#db.write(() => {
      if (link.kind === 'first')
        this.#db.run(`DELETE FROM link WHERE tenant = ? AND kind = 'first'`, [this.#tenant]);
      this.#db.run(
        `INSERT INTO link (tenant, secret_hash, kind, email, grp, expires_at) VALUES (?,?,?,?,?,?)`,
        [this.#tenant, link.secret_hash, link.kind, link.email ?? null, link.group ?? null, link.expires_at],
      );
    });
  }

  async findLink(secretHash: string, now: number): Promise<EnrolmentLink | undefined> {
    const row = this.#db.get(`SELECT * FROM link WHERE tenant = ? AND secret_hash = ? AND expires_at > ?`, [
      this.#tenant,
      secretHash,
      now,
    ]);
    if (row === undefined) return undefined;
    const email = optionalText(row, 'email');
    const group = optionalText(row, 'grp');
    return {
      secret_hash: secretHash,
      kind: text(row, 'kind') === 'first' ? 'first' : 'invitation',
      ...(email === undefined ? {} : { email }),
      ...(group === undefined ? {} : { group }),
      expires_at: integer(row, 'expires_at'),
    };
  }

  pendFromLink(linkHash: string, pending: PendingEnrolment): Promise<'pending' | 'link_spent'> {
    return this.#db.write(() => {
      if (!this.#spendLink(linkHash, pending.created_at)) return 'link_spent';
      this.#insertPending(pending);
      return 'pending';
    });
  }

  putPending(pending: PendingEnrolment): Promise<void> {
    return this.#db.write(() => this.#insertPending(pending));
  }

  async pending(id: string, now: number): Promise<PendingEnrolment | undefined> {
    const row = this.#db.get(
      `SELECT body FROM enrolment WHERE tenant = ? AND id = ? AND statement IS NULL AND expires_at > ?`,
      [this.#tenant, id, now],
    );
    return row && (readBack(text(row, 'body')) as PendingEnrolment);
  }

  async pendings(now: number): Promise<readonly PendingEnrolment[]> {
    return this.#db
      .all(
        `SELECT body FROM enrolment WHERE tenant = ? AND statement IS NULL AND expires_at > ? ORDER BY expires_at`,
        [this.#tenant, now],
      )
      .map((row) => readBack(text(row, 'body')) as PendingEnrolment);
  }

  discardPending(id: string): Promise<boolean> {
    return this.#db.write(
      () =>
        this.#db.run(`DELETE FROM enrolment WHERE tenant = ? AND id = ? AND statement IS NULL`, [
          this.#tenant,
          id,
        ]) > 0,
    );
  }

  #insertCredential(
    input: NewCredential,
    by: string,
    signed?: { readonly statement_hash: string; readonly evidence_hash: string },
  ): EnrolOutcome {
    const taken = this.#db.get(
      `SELECT id, person, kind FROM credential WHERE tenant = ? AND public_key = ? AND revoked_at IS NULL`,
      [this.#tenant, input.public_key],
    );
    const person = personFor(this.#db, this.#tenant, input.email, input.person, input.now);
    // The same credential into one more group is a membership; the same key under two names is refused.
    const credential = taken === undefined ? input.credential : text(taken, 'id');
    if (taken !== undefined && text(taken, 'person') !== person) return { kind: 'key_taken' };
    if (taken === undefined) {
      const clash = this.#db.get(
        `SELECT 1 FROM credential WHERE tenant = ? AND (public_key = ? OR webauthn_id = ?)`,
        [this.#tenant, input.public_key, input.webauthn?.id ?? null],
      );
      if (clash !== undefined) return { kind: 'key_taken' };
      this.#db.run(
        `INSERT INTO credential (tenant, id, person, kind, public_key, webauthn_id, counter, transports, created_at)
         VALUES (?,?,?,?,?,?,?,?,?)`,
        [
          this.#tenant,
          credential,
          person,
          input.kind,
          input.public_key,
          input.webauthn?.id ?? null,
          input.webauthn?.counter ?? 0,
          JSON.stringify(input.webauthn?.transports ?? []),
          input.now,
        ],
      );
    }
    for (const group of input.groups) {
      this.#db.run(`INSERT OR IGNORE INTO membership (tenant, person, grp) VALUES (?,?,?)`, [
        this.#tenant,
        person,
        group,
      ]);
      this.#log.append({
        type: 'credential_enrolled',
        person,
        credential,
        kind: input.kind,
        group,
        public_key_hash: canonicalHash(input.public_key),
        by,
        ...signed,
      });
    }
    return { kind: 'enrolled', person, credential };
  }

  #insertPending(pending: PendingEnrolment): void {
    this.#db.run(`INSERT INTO enrolment (tenant, id, body, expires_at) VALUES (?,?,?,?)`, [
      this.#tenant,
      pending.id,
      JSON.stringify(pending),
      pending.expires_at,
    ]);
  }

  #spendLink(hash: string, now: number): boolean {
    return (
      this.#db.run(`DELETE FROM link WHERE tenant = ? AND secret_hash = ? AND expires_at > ?`, [
        this.#tenant,
        hash,
        now,
      ]) > 0
    );
  }
}
