import type { ConsentQuestion, RequestStatus } from '@countersign/core';
import { readBack } from '@countersign/core';
import type { AccessRequest, FileInput, RememberedDenial, RequestFilter } from '../../access-request/port.ts';
import type { Database, Row } from './database.ts';
import { integer, optionalInteger, optionalText, text } from './columns.ts';

/** An access request as it is stored. */
export function requestOf(row: Row): AccessRequest {
  const ended = optionalInteger(row, 'ended_at');
  const ticket = optionalText(row, 'ticket');
  return {
    id: text(row, 'id'),
    agent: text(row, 'agent'),
    binding_hash: text(row, 'binding_hash'),
    status: text(row, 'status') as RequestStatus,
    question: readBack(text(row, 'question')) as ConsentQuestion,
    ...(ticket === undefined ? {} : { ticket }),
    created_at: integer(row, 'created_at'),
    expires_at: integer(row, 'expires_at'),
    ...(ended === undefined ? {} : { ended_at: ended }),
  };
}

/** Inside the transaction that files it. */
export function keepRequest(
  db: Database,
  tenant: string,
  {
    denial: { agent, binding_hash },
    question,
    ticket,
    now,
  }: Pick<FileInput, 'denial' | 'question' | 'ticket' | 'now'>,
): void {
  db.run(
    `INSERT INTO request (tenant, id, agent, binding_hash, status, question, ticket, created_at, expires_at)
     VALUES (?,?,?,?,'pending',?,?,?,?)`,
    [
      tenant,
      question.id,
      agent,
      binding_hash,
      JSON.stringify(question),
      ticket,
      now,
      Date.parse(question.expires_at),
    ],
  );
}

/** Inside the transaction that records the denial. */
export function keepDenial(db: Database, tenant: string, denial: RememberedDenial): void {
  db.run(
    `INSERT INTO denial (tenant, id, agent, credential, binding_hash, question, expires_at) VALUES (?,?,?,?,?,?,?)`,
    [
      tenant,
      denial.id,
      denial.agent,
      denial.credential,
      denial.binding_hash,
      JSON.stringify(denial.question),
      denial.expires_at,
    ],
  );
}

export function findDenial(db: Database, tenant: string, id: string): RememberedDenial | undefined {
  const row = db.get(`SELECT * FROM denial WHERE tenant = ? AND id = ?`, [tenant, id]);
  return (
    row && {
      id,
      agent: text(row, 'agent'),
      credential: text(row, 'credential'),
      binding_hash: text(row, 'binding_hash'),
      question: readBack(text(row, 'question')) as ConsentQuestion,
      expires_at: integer(row, 'expires_at'),
    }
  );
}

export function findTicketed(db: Database, tenant: string, ticket: string): AccessRequest | undefined {
  const row = db.get(`SELECT * FROM request WHERE tenant = ? AND ticket = ?`, [tenant, ticket]);
  return row && requestOf(row);
}

/** In milliseconds since the epoch. */
export function findLastDenied(
  db: Database,
  tenant: string,
  agent: string,
  bindingHash: string,
): number | undefined {
  const row = db.get(
    `SELECT ended_at FROM request WHERE tenant = ? AND agent = ? AND binding_hash = ? AND status = 'denied'
     ORDER BY ended_at DESC LIMIT 1`,
    [tenant, agent, bindingHash],
  );
  return row && integer(row, 'ended_at');
}

export function listRequests(db: Database, tenant: string, filter: RequestFilter): AccessRequest[] {
  const sql = filter.open
    ? `SELECT * FROM request WHERE tenant = ? AND status = 'pending' AND (expires_at, id) > (?, ?)
       ORDER BY expires_at, id LIMIT ?`
    : `SELECT * FROM request WHERE tenant = ? AND status <> 'pending' AND (created_at, id) < (?, ?)
       ORDER BY created_at DESC, id DESC LIMIT ?`;
  const start = filter.after ?? { time: filter.open ? 0 : Number.MAX_SAFE_INTEGER, id: '' };
  return db.all(sql, [tenant, start.time, start.id, filter.limit]).map(requestOf);
}
