import { canonicalJson, type Evidence, type VoteStatement, readBack } from '@countersign/core';
import type { CastInput, StandingVote } from '../../access-request/port.ts';
import { integer, json, text } from './columns.ts';
import type { Database } from './database.ts';
import { groupsOf } from './principals.ts';

/** The votes on a request in the order cast, each with its caster's standing now. */
export function standingVotes(db: Database, tenant: string, request: string): StandingVote[] {
  return db
    .all(
      `SELECT v.statement, v.evidence, v.cast_at, v.person, p.email, c.revoked_at
       FROM vote v
       JOIN person p ON p.tenant = v.tenant AND p.id = v.person
       JOIN credential c ON c.tenant = v.tenant AND c.id = json_extract(v.statement, '$.credential')
       WHERE v.tenant = ? AND v.request = ? ORDER BY v.cast_at, v.person`,
      [tenant, request],
    )
    .map((row) => ({
      request,
      statement: readBack(text(row, 'statement')) as VoteStatement,
      evidence: readBack(text(row, 'evidence')) as Evidence,
      cast_at: integer(row, 'cast_at'),
      email: text(row, 'email'),
      groups: groupsOf(db, tenant, text(row, 'person')),
      credential_revoked: row['revoked_at'] !== null,
    }));
}

/** The vote being cast, with its caster's standing of this moment; undefined where the credential is not theirs any more. */
export function castStanding(
  db: Database,
  tenant: string,
  { request, statement, evidence, now }: CastInput,
): StandingVote | undefined {
  const row = db.get(
    `SELECT p.email, c.revoked_at FROM credential c JOIN person p ON p.tenant = c.tenant AND p.id = c.person
     WHERE c.tenant = ? AND c.id = ? AND c.person = ?`,
    [tenant, statement.credential, statement.approver],
  );
  if (row === undefined) return undefined;
  return {
    request,
    statement,
    evidence,
    cast_at: now,
    email: text(row, 'email'),
    groups: groupsOf(db, tenant, statement.approver),
    credential_revoked: row['revoked_at'] !== null,
  };
}

/** Only inside `write`. */
export function keepVote(
  db: Database,
  tenant: string,
  { request, statement, evidence, now }: CastInput,
): void {
  db.run(`INSERT INTO vote (tenant, request, person, statement, evidence, cast_at) VALUES (?,?,?,?,?,?)`, [
    tenant,
    request,
    statement.approver,
    canonicalJson(json(statement)),
    canonicalJson(json(evidence)),
    now,
  ]);
}
