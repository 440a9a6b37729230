import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseVerifierKey } from '@countersign/core';
import { verifyLog, type AuditReport } from '../../audit/verify.ts';
import { blob, integer, optionalText } from './columns.ts';
import { crossChecker } from './cross-check.ts';
import { Database, DataFolderError } from './database.ts';
import { sqliteHashReader, storedEntries } from './log.ts';
import { findCredential } from './principals.ts';

/**
 * Verifies the log of a data folder from its bytes alone, beside a running server or without one; nothing
 * is written. Throws `DataFolderError` when there is no log.
 */
export async function verifyDataFolder(path: string, tenant: string, kept?: string): Promise<AuditReport> {
  const file = join(path, 'countersign.db');
  if (!existsSync(file))
    throw new DataFolderError(`no countersign data in ${path}: name the folder with --data`);
  const db = new Database(file, { readOnly: true });
  try {
    // One snapshot of the whole: a server that appends meanwhile disturbs nothing.
    db.beginSnapshot();
    const key = parseVerifierKey(readFileSync(join(path, 'log.vkey'), 'utf8').trim());
    const checkpoint = db.get(`SELECT note FROM checkpoint WHERE tenant = ?`, [tenant]);
    // The server's last batch may be on its way to the disk: what is reported here is there.
    db.syncNow();
    const credentials = {
      credential: async (id: string) => findCredential(db, tenant, 'id', id),
      credentials: async () => [],
    };
    return await verifyLog(
      {
        entries: (start, limit) => storedEntries(db, tenant, start, limit),
        hashes: sqliteHashReader(db, tenant),
        *nodes() {
          for (const row of db.all(`SELECT level, idx, hash FROM node WHERE tenant = ?`, [tenant])) {
            yield { level: integer(row, 'level'), index: integer(row, 'idx'), hash: blob(row, 'hash') };
          }
        },
        checkpoint: checkpoint && optionalText(checkpoint, 'note'),
        log: { origin: key.name, keys: [key] },
        crossCheck: crossChecker(db, tenant, credentials),
      },
      kept,
    );
  } finally {
    db.close();
  }
}
