import type { Challenge, ConsoleSession, SignInStore } from '../../principal/port.ts';
import type { Database } from './database.ts';
import { integer, text } from './columns.ts';

/** `SignInStore` on SQLite. */
export class SqliteSignIns implements SignInStore {
  readonly #db: Database;
  readonly #tenant: string;

  constructor(db: Database, tenant: string) {
    this.#db = db;
    this.#tenant = tenant;
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

  #challenge(id: string, kind: Challenge['kind'], now: number): Challenge | undefined {
    const row = this.#db.get(
      `SELECT payload, expires_at FROM challenge WHERE tenant = ? AND id = ? AND kind = ? AND expires_at > ?`,
      [this.#tenant, id, kind, now],
    );
    return row && { id, kind, payload: text(row, 'payload'), expires_at: integer(row, 'expires_at') };
  }
}
