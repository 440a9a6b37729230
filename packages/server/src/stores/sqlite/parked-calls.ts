import { canonicalJson, type DelegationParty, type JsonObject, readBack } from '@countersign/core';
import type {
  ExpectedRetry,
  ParkedCall,
  ParkedCallStore,
  ParkedState,
  ParkOutcome,
} from '../../gateway/port.ts';
import { integer, optionalText, text } from './columns.ts';
import type { Database, Row } from './database.ts';

const UNFINISHED = `state IN ('waiting', 'taken', 'sent', 'asking')`;

/** `ParkedCallStore` on SQLite. */
export class SqliteParkedCalls implements ParkedCallStore {
  readonly #db: Database;
  readonly #tenant: string;

  constructor(db: Database, tenant: string) {
    this.#db = db;
    this.#tenant = tenant;
  }

  park(call: Omit<ParkedCall, 'state' | 'updated_at'>, most: number): Promise<ParkOutcome> {
    const { agent, upstream, request } = call;
    return this.#db.write((): ParkOutcome => {
      const twin = this.#db.get(
        `SELECT * FROM parked_call WHERE tenant = ? AND agent = ? AND upstream = ? AND request = ? AND state = 'waiting'`,
        [this.#tenant, agent, upstream, request],
      );
      if (twin !== undefined) return { kind: 'parked', call: callOf(twin) };
      return this.#insert(call, 'waiting', most);
    });
  }

  begin(
    call: Omit<ParkedCall, 'state' | 'updated_at'>,
    most: { readonly unfinished: number; readonly ended: number },
  ): Promise<ParkOutcome> {
    return this.#db.write(() => {
      this.#db.run(
        `DELETE FROM parked_call WHERE tenant = ?1 AND id IN (
           SELECT id FROM parked_call WHERE tenant = ?1 AND agent = ?2 AND request = '' AND state = 'ended'
           ORDER BY updated_at DESC, id LIMIT -1 OFFSET ?3)`,
        [this.#tenant, call.agent, most.ended],
      );
      return this.#insert(call, 'sent', most.unfinished);
    });
  }

  async find(id: string, agent: string, now: number): Promise<ParkedCall | undefined> {
    const row = this.#db.get(
      `SELECT * FROM parked_call WHERE tenant = ? AND id = ? AND agent = ? AND expires_at > ?`,
      [this.#tenant, id, agent, now],
    );
    return row && callOf(row);
  }

  async list(
    { agent, delegation, upstream }: Pick<ParkedCall, 'agent' | 'delegation' | 'upstream'>,
    after: string,
    limit: number,
    now: number,
  ): Promise<readonly ParkedCall[]> {
    return this.#db
      .all(
        `SELECT * FROM parked_call
         WHERE tenant = ? AND agent = ? AND delegation IS ? AND upstream = ? AND id > ? AND expires_at > ?
         ORDER BY id LIMIT ?`,
        [this.#tenant, agent, textOf(delegation), upstream, after, now, limit],
      )
      .map(callOf);
  }

  async waitingFor(request: string): Promise<readonly ParkedCall[]> {
    return this.#db
      .all(`SELECT * FROM parked_call WHERE tenant = ? AND request = ? AND state = 'waiting'`, [
        this.#tenant,
        request,
      ])
      .map(callOf);
  }

  async unfinished(after: string, limit: number): Promise<readonly ParkedCall[]> {
    return this.#db
      .all(`SELECT * FROM parked_call WHERE tenant = ? AND ${UNFINISHED} AND id > ? ORDER BY id LIMIT ?`, [
        this.#tenant,
        after,
        limit,
      ])
      .map(callOf);
  }

  take(id: string, now: number): Promise<boolean> {
    return this.#move(id, `'waiting'`, 'taken', now);
  }

  send(id: string, from: 'taken' | 'asking', now: number): Promise<boolean> {
    return this.#move(id, `'${from}'`, 'sent', now);
  }

  ask(id: string, answer: JsonObject, now: number): Promise<boolean> {
    return this.#move(id, `'sent'`, 'asking', now, answer);
  }

  end(id: string, answer: JsonObject, now: number, expiresAt: number): Promise<boolean> {
    return this.#move(id, `'waiting', 'taken', 'sent', 'asking'`, 'ended', now, answer, expiresAt);
  }

  askAgain(
    id: string,
    request: string,
    world: JsonObject | undefined,
    now: number,
    expiresAt: number,
  ): Promise<boolean> {
    return this.#db.write(
      () =>
        this.#db.run(
          `UPDATE OR IGNORE parked_call SET state = 'waiting', request = ?, world = ?, updated_at = ?, expires_at = max(expires_at, ?)
           WHERE tenant = ? AND id = ? AND state = 'taken'`,
          [request, world === undefined ? null : JSON.stringify(world), now, expiresAt, this.#tenant, id],
        ) === 1,
    );
  }

  cancel(id: string, now: number): Promise<boolean> {
    return this.#move(id, `'waiting'`, 'cancelled', now);
  }

  expect(hash: string, retry: ExpectedRetry): Promise<void> {
    const { agent, upstream, call_hash, request, kept, expires_at } = retry;
    return this.#db.write(() => {
      this.#db.run(
        `INSERT INTO request_state (tenant, hash, agent, upstream, call_hash, request, kept, expires_at)
         VALUES (?,?,?,?,?,?,?,?)`,
        [this.#tenant, hash, agent, upstream, call_hash, request, JSON.stringify(kept), expires_at],
      );
    });
  }

  spend(
    hash: string,
    of: Pick<ExpectedRetry, 'agent' | 'upstream' | 'call_hash'>,
    now: number,
  ): Promise<ExpectedRetry | undefined> {
    return this.#db.write(() => {
      const row = this.#db.get(
        `DELETE FROM request_state
         WHERE tenant = ? AND hash = ? AND agent = ? AND upstream = ? AND call_hash = ? AND expires_at > ? RETURNING *`,
        [this.#tenant, hash, of.agent, of.upstream, of.call_hash, now],
      );
      return (
        row && {
          ...of,
          request: text(row, 'request'),
          kept: readBack(text(row, 'kept')) as JsonObject,
          expires_at: integer(row, 'expires_at'),
        }
      );
    });
  }

  async prune(now: number): Promise<void> {
    const late = this.#db.get(
      `SELECT 1 FROM parked_call WHERE tenant = ?1 AND expires_at <= ?2
       UNION ALL SELECT 1 FROM request_state WHERE tenant = ?1 AND expires_at <= ?2 LIMIT 1`,
      [this.#tenant, now],
    );
    if (late === undefined) return;
    await this.#db.write(() => {
      for (const table of ['parked_call', 'request_state'])
        this.#db.run(`DELETE FROM ${table} WHERE tenant = ? AND expires_at <= ?`, [this.#tenant, now]);
    });
  }

  /** Only inside `write`. */
  #insert(call: Omit<ParkedCall, 'state' | 'updated_at'>, state: ParkedState, most: number): ParkOutcome {
    const { id, agent, delegation, upstream, request, message, tool_digest, world, created_at, expires_at } =
      call;
    const own = this.#db.get(
      `SELECT count(*) AS n FROM parked_call WHERE tenant = ? AND agent = ? AND ${UNFINISHED}`,
      [this.#tenant, agent],
    );
    if (own !== undefined && integer(own, 'n') >= most) return { kind: 'too_many' };
    this.#db.run(
      `INSERT INTO parked_call
       (tenant, id, agent, delegation, upstream, request, message, tool_digest, world, state, created_at, updated_at, expires_at)
       VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
      [
        this.#tenant,
        id,
        agent,
        textOf(delegation),
        upstream,
        request,
        JSON.stringify(message),
        tool_digest,
        world === undefined ? null : JSON.stringify(world),
        state,
        created_at,
        created_at,
        expires_at,
      ],
    );
    return { kind: 'parked', call: { ...call, state, updated_at: created_at } };
  }

  #move(
    id: string,
    from: string,
    to: ParkedState,
    now: number,
    answer?: JsonObject,
    expiresAt = 0,
  ): Promise<boolean> {
    return this.#db.write(
      () =>
        this.#db.run(
          `UPDATE parked_call SET state = ?, updated_at = ?, answer = ?, expires_at = max(expires_at, ?)
           WHERE tenant = ? AND id = ? AND state IN (${from})`,
          [to, now, answer === undefined ? null : JSON.stringify(answer), expiresAt, this.#tenant, id],
        ) === 1,
    );
  }
}

/** One text for a chain, by which its calls are found. */
function textOf(delegation: ParkedCall['delegation']): string | null {
  return delegation === undefined ? null : canonicalJson(delegation as unknown as JsonObject);
}

function callOf(row: Row): ParkedCall {
  const answer = optionalText(row, 'answer');
  const world = optionalText(row, 'world');
  const delegation = optionalText(row, 'delegation');
  return {
    id: text(row, 'id'),
    agent: text(row, 'agent'),
    ...(delegation === undefined ? {} : { delegation: readBack(delegation) as DelegationParty }),
    upstream: text(row, 'upstream'),
    request: text(row, 'request'),
    message: readBack(text(row, 'message')) as JsonObject,
    tool_digest: text(row, 'tool_digest'),
    ...(world === undefined ? {} : { world: readBack(world) as JsonObject }),
    state: text(row, 'state') as ParkedState,
    ...(answer === undefined ? {} : { answer: readBack(answer) as JsonObject }),
    created_at: integer(row, 'created_at'),
    updated_at: integer(row, 'updated_at'),
    expires_at: integer(row, 'expires_at'),
  };
}
