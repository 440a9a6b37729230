import type { SessionStore } from '../../session/port.ts';
import type { Database } from './database.ts';
import { text } from './columns.ts';

/** `SessionStore` on SQLite. */
export class SqliteSessions implements SessionStore {
  readonly #db: Database;
  readonly #tenant: string;

  constructor(db: Database, tenant: string) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async labels(agent: string, since: number): Promise<readonly string[]> {
    return this.#db
      .all(`SELECT label FROM session_label WHERE tenant = ? AND agent = ? AND seen_at >= ? ORDER BY label`, [
        this.#tenant,
        agent,
        since,
      ])
      .map((row) => text(row, 'label'));
  }

  touch(agent: string, labels: readonly string[], now: number): Promise<void> {
    return this.#db.write(() => {
      for (const label of labels) {
        this.#db.run(
          `INSERT INTO session_label (tenant, agent, label, seen_at) VALUES (?,?,?,?)
           ON CONFLICT (tenant, agent, label) DO UPDATE SET seen_at = max(seen_at, excluded.seen_at)`,
          [this.#tenant, agent, label, now],
        );
      }
    });
  }
}
