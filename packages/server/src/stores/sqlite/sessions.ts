import type { SessionStore } from '../../session/port.ts';
import type { Database } from './database.ts';
import { Remembered } from './remembered.ts';
import { integer, text } from './columns.ts';

/** `SessionStore` on SQLite. */
export class SqliteSessions implements SessionStore {
  readonly #db: Database;
  readonly #tenant: string;
  /** By agent: each decision asks for them. */
  readonly #seen = new Remembered<readonly { readonly label: string; readonly at: number }[]>();

  constructor(db: Database, tenant: string) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async labels(agent: string, since: number): Promise<readonly string[]> {
    const seen = this.#seen.get(agent, () =>
      this.#db
        .all(`SELECT label, seen_at FROM session_label WHERE tenant = ? AND agent = ? ORDER BY label`, [
          this.#tenant,
          agent,
        ])
        .map((row) => ({ label: text(row, 'label'), at: integer(row, 'seen_at') })),
    );
    return seen.filter(({ at }) => at >= since).map(({ label }) => label);
  }

  touch(agent: string, labels: readonly string[], now: number): Promise<void> {
    return this.#db.write(() => {
      this.#seen.forget();
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
