import type { ForeignDenial } from '../../access-request/port.ts';
import type { Database } from './database.ts';
import { text } from './columns.ts';

/** The request that a token of another PDP was spent on already, and by whom. */
export function spentOn(
  db: Database,
  tenant: string,
  { issuer, jti }: ForeignDenial,
): { readonly request: string; readonly credential: string } | undefined {
  const row = db.get(
    `SELECT request, credential FROM foreign_denial WHERE tenant = ? AND issuer = ? AND jti = ?`,
    [tenant, issuer, jti],
  );
  return row && { request: text(row, 'request'), credential: text(row, 'credential') };
}

/** Inside the transaction that files or joins the request. */
export function keepForeignDenial(
  db: Database,
  tenant: string,
  { issuer, jti, members }: ForeignDenial,
  { request, credential }: { readonly request: string; readonly credential: string },
): void {
  db.run(
    `INSERT INTO foreign_denial (tenant, issuer, jti, request, credential, members) VALUES (?,?,?,?,?,?)`,
    [tenant, issuer, jti, request, credential, JSON.stringify(members)],
  );
}

/** Of several tokens for one request the last counts. */
export function foreignDenialOf(
  db: Database,
  tenant: string,
  request: string,
  credential: string,
): ForeignDenial | undefined {
  const row = db.get(
    `SELECT issuer, jti, members FROM foreign_denial WHERE tenant = ? AND request = ? AND credential = ?
     ORDER BY rowid DESC LIMIT 1`,
    [tenant, request, credential],
  );
  return (
    row && {
      issuer: text(row, 'issuer'),
      jti: text(row, 'jti'),
      members: JSON.parse(text(row, 'members')) as string[],
    }
  );
}
