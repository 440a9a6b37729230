import type {
  Agent,
  Caller,
  Challenge,
  ConsoleSession,
  Credential,
  EnrolmentLink,
  EnrolOutcome,
  NewCredential,
  Pep,
  PendingEnrolment,
  Person,
  PrincipalStore,
} from '../../principal/port.ts';
import { canonicalHash, canonicalJson } from '@countersign/core';
import type { Database, Row } from './database.ts';
import type { SqliteLog } from './log.ts';
import { integer, json, optionalInteger, optionalText, text } from './columns.ts';

const AGENT = `SELECT a.*, p.email AS owner_email FROM agent a JOIN person p ON p.tenant = a.tenant AND p.id = a.owner`;

/** `PrincipalStore` on SQLite. */
export class SqlitePrincipals implements PrincipalStore {
  readonly #db: Database;
  readonly #log: SqliteLog;
  readonly #tenant: string;

  constructor(db: Database, log: SqliteLog, tenant: string) {
    this.#db = db;
    this.#log = log;
    this.#tenant = tenant;
  }

  async findCaller(keyHash: string): Promise<Caller | undefined> {
    const agent = this.#db.get(`${AGENT} WHERE a.tenant = ? AND a.key_hash = ?`, [this.#tenant, keyHash]);
    if (agent !== undefined) return { kind: 'agent', agent: agentOf(agent) };
    const pep = this.#db.get(`SELECT * FROM pep WHERE tenant = ? AND key_hash = ? AND status = 'active'`, [
      this.#tenant,
      keyHash,
    ]);
    return pep === undefined ? undefined : { kind: 'pep', pep: pepOf(pep) };
  }

  async agent(id: string): Promise<Agent | undefined> {
    const row = this.#db.get(`${AGENT} WHERE a.tenant = ? AND a.id = ?`, [this.#tenant, id]);
    return row && agentOf(row);
  }

  async agentByName(name: string): Promise<Agent | undefined> {
    const row = this.#db.get(`${AGENT} WHERE a.tenant = ? AND a.name = ?`, [this.#tenant, name]);
    return row && agentOf(row);
  }

  async agents(): Promise<readonly Agent[]> {
    return this.#db.all(`${AGENT} WHERE a.tenant = ? ORDER BY a.name`, [this.#tenant]).map(agentOf);
  }

  addAgent(input: Parameters<PrincipalStore['addAgent']>[0]): Promise<Agent | 'taken'> {
    return this.#db.write(() => {
      if (this.#db.get(`SELECT 1 FROM agent WHERE tenant = ? AND name = ?`, [this.#tenant, input.name]))
        return 'taken';
      const owner = this.#personFor(input.owner_email, input.new_person_id, input.now);
      this.#db.run(
        `INSERT INTO agent (tenant, id, name, owner, status, revision, key_hash, created_at) VALUES (?,?,?,?,'active',1,?,?)`,
        [this.#tenant, input.id, input.name, owner, input.key_hash, input.now],
      );
      this.#log.append({ type: 'agent_added', agent: input.id, name: input.name, owner });
      return this.#requireAgent(input.id);
    });
  }

  setAgentStatus(id: string, status: Agent['status']): Promise<Agent | undefined> {
    return this.#db.write(() => {
      const changed = this.#db.run(
        `UPDATE agent SET status = ?, revision = revision + 1 WHERE tenant = ? AND id = ? AND status <> ?`,
        [status, this.#tenant, id, status],
      );
      const row = this.#db.get(`${AGENT} WHERE a.tenant = ? AND a.id = ?`, [this.#tenant, id]);
      if (row === undefined) return undefined;
      const agent = agentOf(row);
      if (changed > 0)
        this.#log.append({ type: 'agent_changed', agent: id, status, revision: agent.revision });
      return agent;
    });
  }

  addPep(pep: Pep & { readonly key_hash: string }): Promise<Pep | 'taken'> {
    return this.#db.write(() => {
      if (this.#db.get(`SELECT 1 FROM pep WHERE tenant = ? AND name = ?`, [this.#tenant, pep.name]))
        return 'taken';
      const agents = pep.agents === null ? null : JSON.stringify(pep.agents);
      this.#db.run(
        `INSERT INTO pep (tenant, id, name, status, agents, key_hash, created_at) VALUES (?,?,?,'active',?,?,?)`,
        [this.#tenant, pep.id, pep.name, agents, pep.key_hash, pep.created_at],
      );
      this.#log.append({ type: 'pep_added', pep: pep.id, name: pep.name, agents: pep.agents });
      const { key_hash: _, ...stored } = pep;
      return stored;
    });
  }

  revokePep(id: string): Promise<boolean> {
    return this.#db.write(() => {
      const changed = this.#db.run(
        `UPDATE pep SET status = 'revoked' WHERE tenant = ? AND id = ? AND status = 'active'`,
        [this.#tenant, id],
      );
      if (changed > 0) this.#log.append({ type: 'pep_revoked', pep: id });
      return changed > 0;
    });
  }

  async person(id: string): Promise<Person | undefined> {
    const row = this.#db.get(`SELECT * FROM person WHERE tenant = ? AND id = ?`, [this.#tenant, id]);
    return row && this.#personOf(row);
  }

  async personByEmail(email: string): Promise<Person | undefined> {
    const row = this.#db.get(`SELECT * FROM person WHERE tenant = ? AND email = ?`, [this.#tenant, email]);
    return row && this.#personOf(row);
  }

  async people(): Promise<readonly Person[]> {
    return this.#db
      .all(`SELECT * FROM person WHERE tenant = ? ORDER BY email`, [this.#tenant])
      .map((row) => this.#personOf(row));
  }

  async approverCount(): Promise<number> {
    return countApprovers(this.#db, this.#tenant);
  }

  async credential(id: string): Promise<Credential | undefined> {
    return findCredential(this.#db, this.#tenant, 'id', id);
  }

  async credentialByKey(publicKey: string): Promise<Credential | undefined> {
    return findCredential(this.#db, this.#tenant, 'public_key', publicKey);
  }

  async credentialByWebauthnId(id: string): Promise<Credential | undefined> {
    return findCredential(this.#db, this.#tenant, 'webauthn_id', id);
  }

  async credentials(person?: string): Promise<readonly Credential[]> {
    const rows =
      person === undefined
        ? this.#db.all(`SELECT * FROM credential WHERE tenant = ? ORDER BY created_at`, [this.#tenant])
        : this.#db.all(`SELECT * FROM credential WHERE tenant = ? AND person = ? ORDER BY created_at`, [
            this.#tenant,
            person,
          ]);
    return rows.map(credentialOf);
  }

  raiseCounter(credential: string, counter: number): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(`UPDATE credential SET counter = max(counter, ?) WHERE tenant = ? AND id = ?`, [
        counter,
        this.#tenant,
        credential,
      ]);
    });
  }

  revokeCredential(id: string, by: string, now: number): Promise<'revoked' | 'unknown' | 'last'> {
    return this.#db.write(() => {
      const live = this.#db.all(`SELECT id FROM credential WHERE tenant = ? AND revoked_at IS NULL LIMIT 2`, [
        this.#tenant,
      ]);
      if (live.length === 1 && live.some((row) => text(row, 'id') === id)) return 'last';
      const changed = this.#db.run(
        `UPDATE credential SET revoked_at = ? WHERE tenant = ? AND id = ? AND revoked_at IS NULL`,
        [now, this.#tenant, id],
      );
      if (changed === 0) return 'unknown';
      this.#db.run(`DELETE FROM console_session WHERE tenant = ? AND credential = ?`, [this.#tenant, id]);
      this.#log.append({ type: 'credential_revoked', credential: id, by });
      return 'revoked';
    });
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
    proof: Parameters<PrincipalStore['enrolSigned']>[1],
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
    return row && (JSON.parse(text(row, 'body')) as PendingEnrolment);
  }

  async pendings(now: number): Promise<readonly PendingEnrolment[]> {
    return this.#db
      .all(
        `SELECT body FROM enrolment WHERE tenant = ? AND statement IS NULL AND expires_at > ? ORDER BY expires_at`,
        [this.#tenant, now],
      )
      .map((row) => JSON.parse(text(row, 'body')) as PendingEnrolment);
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

  putChallenge(challenge: Challenge): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(`INSERT INTO challenge (tenant, id, kind, payload, expires_at) VALUES (?,?,?,?,?)`, [
        this.#tenant,
        challenge.id,
        challenge.kind,
        challenge.payload,
        challenge.expires_at,
      ]);
    });
  }

  takeChallenge(id: string, kind: Challenge['kind'], now: number): Promise<Challenge | undefined> {
    return this.#db.write(() => {
      const found = this.#challenge(id, kind, now);
      this.#db.run(`DELETE FROM challenge WHERE tenant = ? AND id = ? AND kind = ?`, [
        this.#tenant,
        id,
        kind,
      ]);
      return found;
    });
  }

  async peekChallenge(id: string, kind: Challenge['kind'], now: number): Promise<Challenge | undefined> {
    return this.#challenge(id, kind, now);
  }

  putSession(session: ConsoleSession): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(
        `INSERT INTO console_session (tenant, token_hash, person, credential, expires_at) VALUES (?,?,?,?,?)`,
        [this.#tenant, session.token_hash, session.person, session.credential, session.expires_at],
      );
    });
  }

  async session(tokenHash: string, now: number): Promise<ConsoleSession | undefined> {
    const row = this.#db.get(
      `SELECT * FROM console_session WHERE tenant = ? AND token_hash = ? AND expires_at > ?`,
      [this.#tenant, tokenHash, now],
    );
    return (
      row && {
        token_hash: tokenHash,
        person: text(row, 'person'),
        credential: text(row, 'credential'),
        expires_at: integer(row, 'expires_at'),
      }
    );
  }

  dropSession(tokenHash: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(`DELETE FROM console_session WHERE tenant = ? AND token_hash = ?`, [
        this.#tenant,
        tokenHash,
      ]);
    });
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
    const person = this.#personFor(input.email, input.person, input.now);
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

  #personFor(email: string, newId: string, now: number): string {
    const known = this.#db.get(`SELECT id FROM person WHERE tenant = ? AND email = ?`, [this.#tenant, email]);
    if (known !== undefined) return text(known, 'id');
    this.#db.run(`INSERT INTO person (tenant, id, email, created_at) VALUES (?,?,?,?)`, [
      this.#tenant,
      newId,
      email,
      now,
    ]);
    return newId;
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

  #challenge(id: string, kind: Challenge['kind'], now: number): Challenge | undefined {
    const row = this.#db.get(
      `SELECT payload, expires_at FROM challenge WHERE tenant = ? AND id = ? AND kind = ? AND expires_at > ?`,
      [this.#tenant, id, kind, now],
    );
    return row && { id, kind, payload: text(row, 'payload'), expires_at: integer(row, 'expires_at') };
  }

  #requireAgent(id: string): Agent {
    const row = this.#db.get(`${AGENT} WHERE a.tenant = ? AND a.id = ?`, [this.#tenant, id]);
    if (row === undefined) throw new Error('the agent just written is not there');
    return agentOf(row);
  }

  #personOf(row: Row): Person {
    return {
      id: text(row, 'id'),
      email: text(row, 'email'),
      groups: groupsOf(this.#db, this.#tenant, text(row, 'id')),
    };
  }
}

/** The groups of a person, sorted. */
export function groupsOf(db: Database, tenant: string, person: string): string[] {
  return db
    .all(`SELECT grp FROM membership WHERE tenant = ? AND person = ? ORDER BY grp`, [tenant, person])
    .map((row) => text(row, 'grp'));
}

/** The credential with that id, public key or WebAuthn id, revoked or not. */
export function findCredential(
  db: Database,
  tenant: string,
  column: 'id' | 'public_key' | 'webauthn_id',
  value: string,
): Credential | undefined {
  const row = db.get(`SELECT * FROM credential WHERE tenant = ? AND ${column} = ?`, [tenant, value]);
  return row && credentialOf(row);
}

/** People with at least one credential that is not revoked. */
export function countApprovers(db: Database, tenant: string): number {
  const row = db.get(
    `SELECT count(DISTINCT person) AS n FROM credential WHERE tenant = ? AND revoked_at IS NULL`,
    [tenant],
  );
  return row === undefined ? 0 : integer(row, 'n');
}

function agentOf(row: Row): Agent {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    owner: text(row, 'owner'),
    owner_email: text(row, 'owner_email'),
    status: text(row, 'status') === 'active' ? 'active' : 'suspended',
    revision: integer(row, 'revision'),
    created_at: integer(row, 'created_at'),
  };
}

function pepOf(row: Row): Pep {
  const agents = optionalText(row, 'agents');
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    status: text(row, 'status') === 'active' ? 'active' : 'revoked',
    agents: agents === undefined ? null : (JSON.parse(agents) as string[]),
    created_at: integer(row, 'created_at'),
  };
}

function credentialOf(row: Row): Credential {
  const webauthnId = optionalText(row, 'webauthn_id');
  const revoked = optionalInteger(row, 'revoked_at');
  return {
    id: text(row, 'id'),
    person: text(row, 'person'),
    kind: text(row, 'kind') === 'passkey' ? 'passkey' : 'key',
    public_key: text(row, 'public_key'),
    ...(webauthnId === undefined
      ? {}
      : {
          webauthn: {
            id: webauthnId,
            counter: integer(row, 'counter'),
            transports: JSON.parse(text(row, 'transports')) as string[],
          },
        }),
    created_at: integer(row, 'created_at'),
    ...(revoked === undefined ? {} : { revoked_at: revoked }),
  };
}
