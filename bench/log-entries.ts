import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder } from '../packages/server/src/stores/sqlite/data-folder.ts';
import { SqliteLog } from '../packages/server/src/stores/sqlite/log.ts';

export interface LogRates {
  /** Entries a second, each waiting for the one before. */
  readonly alone: number;
  /** Entries a second, 256 at a time sharing commits. */
  readonly together: number;
}

/** Durable, checkpointed entries in this process. */
export async function measureLog(): Promise<LogRates> {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  const folder = openDataFolder(dir);
  const log = new SqliteLog(folder.db, 'default', folder.signer, Date.now);
  const entry = {
    type: 'credential_revoked',
    credential: 'crd_0123456789abcdefghijkl',
    by: 'prs_0123456789',
  } as const;
  const one = async (count: number): Promise<number> => {
    const start = performance.now();
    for (let n = 0; n < count; n++) await log.appendAlone(entry);
    return (count / (performance.now() - start)) * 1000;
  };
  const many = async (count: number): Promise<number> => {
    const start = performance.now();
    for (let n = 0; n < count; n += 256)
      await Promise.all(Array.from({ length: 256 }, () => log.appendAlone(entry)));
    return (count / (performance.now() - start)) * 1000;
  };
  await one(200);
  const rates = { alone: await one(2000), together: await many(51_200) };
  folder.close();
  rmSync(dir, { recursive: true, force: true });
  return rates;
}
