import type { RequestStatus } from '@countersign/core';
import type { Callback, CallbackStore, DueCallback } from '../../notify/port.ts';
import type { Database, Row } from './database.ts';
import { integer, optionalText, text } from './columns.ts';

/** `CallbackStore` on SQLite. */
export class SqliteCallbacks implements CallbackStore {
  readonly #db: Database;
  readonly #tenant: string;

  constructor(db: Database, tenant: string) {
    this.#db = db;
    this.#tenant = tenant;
  }

  async due(now: number, limit: number): Promise<readonly DueCallback[]> {
    return this.#db
      .all(
        `SELECT c.*, r.status, r.ended_at FROM callback c
         JOIN request r ON r.tenant = c.tenant AND r.id = c.request
         WHERE c.tenant = ? AND c.next_at <= ? AND r.ended_at IS NOT NULL ORDER BY c.next_at LIMIT ?`,
        [this.#tenant, now, limit],
      )
      .map(dueOf);
  }

  settle({ request, credential }: Callback): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(`DELETE FROM callback WHERE tenant = ? AND request = ? AND credential = ?`, [
        this.#tenant,
        request,
        credential,
      ]);
    });
  }

  postpone({ request, credential }: Callback, at: number): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(
        `UPDATE callback SET attempts = attempts + 1, next_at = ? WHERE tenant = ? AND request = ? AND credential = ?`,
        [at, this.#tenant, request, credential],
      );
    });
  }
}

/** Keeps a callback inside the transaction that files or joins its request; a later wish of one credential replaces it. */
export function keepCallback(
  db: Database,
  tenant: string,
  { request, credential, endpoint, state, events }: Callback,
): void {
  db.run(
    `INSERT OR REPLACE INTO callback (tenant, request, credential, endpoint, state, events, attempts, next_at)
     VALUES (?,?,?,?,?,?,0,0)`,
    [
      tenant,
      request,
      credential,
      endpoint,
      state ?? null,
      events === undefined ? null : JSON.stringify(events),
    ],
  );
}

function dueOf(row: Row): DueCallback {
  const state = optionalText(row, 'state');
  const events = optionalText(row, 'events');
  return {
    request: text(row, 'request'),
    credential: text(row, 'credential'),
    endpoint: text(row, 'endpoint'),
    status: text(row, 'status') as RequestStatus,
    ended_at: integer(row, 'ended_at'),
    attempts: integer(row, 'attempts'),
    ...(state === undefined ? {} : { state }),
    ...(events === undefined ? {} : { events: JSON.parse(events) as string[] }),
  };
}
