import type { Agent, Caller, Credential, Pep, Person, PrincipalStore } from '../../principal/port.ts';
import type { Database, Row } from './database.ts';
import type { SqliteLog } from './log.ts';
import { Remembered } from './remembered.ts';
import { integer, optionalInteger, optionalText, text } from './columns.ts';

const AGENT = `SELECT a.*, p.email AS owner_email FROM agent a JOIN person p ON p.tenant = a.tenant AND p.id = a.owner`;

/** `PrincipalStore` on SQLite. */
export class SqlitePrincipals implements PrincipalStore {
  readonly #db: Database;
  readonly #log: SqliteLog;
  readonly #tenant: string;
  /** By id, and by the hash of the key: each call asks for both. An agent's owner keeps one address for ever. */
  readonly #agents = new Remembered<Agent>();
  readonly #callers = new Remembered<Caller>();

  constructor(db: Database, log: SqliteLog, tenant: string) {
    this.#db = db;
    this.#log = log;
    this.#tenant = tenant;
  }

  async findCaller(keyHash: string): Promise<Caller | undefined> {
    return this.#callers.get(keyHash, () => this.#readCaller(keyHash));
  }

  #readCaller(keyHash: string): Caller | undefined {
    const agent = this.#db.get(`${AGENT} WHERE a.tenant = ? AND a.key_hash = ?`, [this.#tenant, keyHash]);
    if (agent !== undefined) return { kind: 'agent', agent: agentOf(agent) };
    const pep = this.#db.get(`SELECT * FROM pep WHERE tenant = ? AND key_hash = ? AND status = 'active'`, [
      this.#tenant,
      keyHash,
    ]);
    return pep === undefined ? undefined : { kind: 'pep', pep: pepOf(pep) };
  }

  async agent(id: string): Promise<Agent | undefined> {
    return this.#agents.get(id, () => {
      const row = this.#db.get(`${AGENT} WHERE a.tenant = ? AND a.id = ?`, [this.#tenant, id]);
      return row && agentOf(row);
    });
  }

  #forget(): void {
    this.#agents.forget();
    this.#callers.forget();
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
      this.#forget();
      if (this.#db.get(`SELECT 1 FROM agent WHERE tenant = ? AND name = ?`, [this.#tenant, input.name]))
        return 'taken';
      const owner = personFor(this.#db, this.#tenant, input.owner_email, input.new_person_id, input.now);
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
      this.#forget();
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
      this.#forget();
      if (this.#db.get(`SELECT 1 FROM pep WHERE tenant = ? AND name = ?`, [this.#tenant, pep.name]))
        return 'taken';
      const agents = pep.agents === null ? null : JSON.stringify(pep.agents);
      this.#db.run(
        `INSERT INTO pep (tenant, id, name, status, agents, explains, key_hash, created_at) VALUES (?,?,?,'active',?,?,?,?)`,
        [this.#tenant, pep.id, pep.name, agents, pep.explains ? 1 : 0, pep.key_hash, pep.created_at],
      );
      this.#log.append({
        type: 'pep_added',
        pep: pep.id,
        name: pep.name,
        agents: pep.agents,
        explains: pep.explains,
      });
      const { key_hash: _, ...stored } = pep;
      return stored;
    });
  }

  revokePep(id: string): Promise<boolean> {
    return this.#db.write(() => {
      this.#forget();
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

/** The person of an address, made where it is new. */
export function personFor(db: Database, tenant: string, email: string, newId: string, now: number): string {
  const known = db.get(`SELECT id FROM person WHERE tenant = ? AND email = ?`, [tenant, email]);
  if (known !== undefined) return text(known, 'id');
  db.run(`INSERT INTO person (tenant, id, email, created_at) VALUES (?,?,?,?)`, [tenant, newId, email, now]);
  return newId;
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
    explains: integer(row, 'explains') === 1,
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
