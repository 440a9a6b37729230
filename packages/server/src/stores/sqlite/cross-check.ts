import {
  canonicalHash,
  checkJson,
  MAX_DEPTH,
  statementChallenge,
  verifyKeySignature,
  type ConsentQuestion,
  type Evidence,
  type Statement,
  readBack,
} from '@countersign/core';
import type { AuditEntry } from '../../audit/entry.ts';
import { Passkeys, relyingParty } from '../../passkey/passkeys.ts';
import type { PrincipalStore } from '../../principal/port.ts';
import type { Database } from './database.ts';
import { integer, json, optionalText, text } from './columns.ts';

/** What a leaf vouches for beside itself: the record in the tables must be the one whose digest it holds. */
export function crossChecker(
  db: Database,
  tenant: string,
  principals: Pick<PrincipalStore, 'credential' | 'credentials'>,
): (entry: AuditEntry) => Promise<string | undefined> {
  // The log says itself for which site passkeys signed; before it says so, none can have.
  let passkeys: Passkeys | undefined;

  async function signature(statement: Statement, evidence: Evidence): Promise<string | undefined> {
    const credential = await principals.credential(evidence.credential);
    if (credential === undefined) return 'its credential is not stored';
    const good =
      evidence.kind === 'key'
        ? verifyKeySignature(statement, evidence.signature, credential.public_key)
        : await passkeys?.recheck(statementChallenge(statement), evidence, credential);
    return good === true ? undefined : 'its stored signature does not verify';
  }

  async function signed(
    row: { statement: string; evidence: string },
    event: { statement_hash?: string; evidence_hash?: string },
  ): Promise<string | undefined> {
    const statement = readBack(row.statement) as Statement;
    const evidence = readBack(row.evidence) as Evidence;
    if (canonicalHash(json(statement)) !== event.statement_hash)
      return 'the stored statement is not the one logged';
    if (canonicalHash(json(evidence)) !== event.evidence_hash)
      return 'the stored evidence is not the one logged';
    return await signature(statement, evidence);
  }

  return async ({ event }) => {
    switch (event.type) {
      case 'authority_started':
        passkeys = new Passkeys(relyingParty(event.public_url), principals);
        return undefined;
      case 'request_filed': {
        const row = db.get(`SELECT question FROM request WHERE tenant = ? AND id = ?`, [
          tenant,
          event.request_id,
        ]);
        if (row === undefined) return 'its request is not stored';
        const question = readBack(text(row, 'question')) as ConsentQuestion;
        const same = canonicalHash(checkJson(question, 2 * MAX_DEPTH)) === event.question_hash;
        return same ? undefined : 'the stored request is not the one logged';
      }
      case 'vote': {
        const row = db.get(
          `SELECT statement, evidence FROM vote WHERE tenant = ? AND request = ? AND person = ?`,
          [tenant, event.request_id, event.approver],
        );
        if (row === undefined) return 'its vote is not stored';
        return await signed({ statement: text(row, 'statement'), evidence: text(row, 'evidence') }, event);
      }
      case 'credential_enrolled': {
        const credential = await principals.credential(event.credential);
        if (credential === undefined) return 'its credential is not stored';
        if (canonicalHash(credential.public_key) !== event.public_key_hash)
          return 'the stored key is not the one logged';
        if (event.statement_hash === undefined) return undefined;
        for (const row of db.all(
          `SELECT statement, evidence FROM enrolment WHERE tenant = ? AND statement IS NOT NULL`,
          [tenant],
        )) {
          const statement = optionalText(row, 'statement') ?? '';
          if (canonicalHash(readBack(statement) as never) !== event.statement_hash) continue;
          return await signed({ statement, evidence: text(row, 'evidence') }, event);
        }
        return 'its signed statement is not stored';
      }
      case 'request_ended': {
        const row = db.get(`SELECT status FROM request WHERE tenant = ? AND id = ?`, [
          tenant,
          event.request_id,
        ]);
        if (row === undefined || text(row, 'status') !== event.status)
          return 'the stored request has another status';
        if (event.approval === undefined) return undefined;
        const approval = db.get(
          `SELECT approved_until, max_uses, uses,
             (SELECT count(*) FROM claim c WHERE c.tenant = a.tenant AND c.approval = a.id) AS claims
           FROM approval a WHERE a.tenant = ? AND a.id = ?`,
          [tenant, event.approval],
        );
        if (approval === undefined) return 'its approval is not stored';
        const same =
          new Date(integer(approval, 'approved_until')).toISOString() === event.approved_until &&
          integer(approval, 'max_uses') === event.max_uses &&
          integer(approval, 'uses') === integer(approval, 'claims');
        return same ? undefined : 'the stored approval is not the one logged';
      }
      case 'claim': {
        const row = db.get(
          `SELECT 1 FROM claim WHERE tenant = ? AND id = ? AND approval = ? AND credential = ?`,
          [tenant, event.claim_id, event.approval, event.credential],
        );
        return row === undefined ? 'its claim is not stored' : undefined;
      }
      case 'disposition': {
        const column = event.late ? 'late_disposition' : 'disposition';
        const row = db.get(`SELECT ${column} AS d FROM claim WHERE tenant = ? AND id = ?`, [
          tenant,
          event.claim_id,
        ]);
        const same = row !== undefined && optionalText(row, 'd') === event.disposition;
        return same ? undefined : 'the stored claim has another disposition';
      }
      default:
        return undefined;
    }
  };
}
