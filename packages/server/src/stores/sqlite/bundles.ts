import { readBack } from '@countersign/core';
import type { Bundle } from '../../access-request/port.ts';
import type { Database, Row } from './database.ts';
import { integer, optionalText, text } from './columns.ts';

export function findBundle(db: Database, tenant: string, id: string, credential: string): Bundle | undefined {
  const row = db.get(`SELECT * FROM bundle WHERE tenant = ? AND id = ? AND credential = ?`, [
    tenant,
    id,
    credential,
  ]);
  return row && bundleOf(row);
}

export function findBundleByKey(
  db: Database,
  tenant: string,
  credential: string,
  key: string,
): { readonly bundle: Bundle; readonly body_hash: string | undefined } | undefined {
  const row = db.get(`SELECT * FROM bundle WHERE tenant = ? AND credential = ? AND idempotency_key = ?`, [
    tenant,
    credential,
    key,
  ]);
  return row && { bundle: bundleOf(row), body_hash: optionalText(row, 'body_hash') };
}

/** Inside the transaction that files what it holds. */
export function keepBundle(
  db: Database,
  tenant: string,
  credential: string,
  { id, items, created_at }: Bundle,
  idempotency: { readonly key: string; readonly body_hash: string } | undefined,
): void {
  db.run(
    `INSERT INTO bundle (tenant, id, credential, items, created_at, idempotency_key, body_hash) VALUES (?,?,?,?,?,?,?)`,
    [
      tenant,
      id,
      credential,
      JSON.stringify(items),
      created_at,
      idempotency?.key ?? null,
      idempotency?.body_hash ?? null,
    ],
  );
}

function bundleOf(row: Row): Bundle {
  return {
    id: text(row, 'id'),
    created_at: integer(row, 'created_at'),
    items: readBack(text(row, 'items')) as Bundle['items'],
  };
}
