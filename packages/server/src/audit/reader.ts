import {
  ConsentError,
  formatProof,
  formatVerifierKey,
  inclusionProof,
  openCheckpoint,
  utf8Decode,
  utf8Encode,
  type TrustedLog,
  type VerifierKey,
} from '@countersign/core';
import type { LogReader } from '../faces.ts';
import type { AuditStore } from './port.ts';
import type { AuditReport } from './verify.ts';

const PAGE = 1000;

/** The log for its readers: whole-log verification and offline receipts. */
export function createLogReader(
  audit: AuditStore,
  key: VerifierKey,
  verify: (kept?: string) => Promise<AuditReport>,
): LogReader {
  const log: TrustedLog = { origin: key.name, keys: [key] };
  const vkey = formatVerifierKey(key);
  return {
    vkey,
    checkpoint: () => audit.checkpoint(),
    async verify(options) {
      // What is not signed yet is signed before it is looked at; where that cannot be written, the check says what it did not prove.
      await audit.checkpoint().catch(() => undefined);
      return await verify(options?.checkpoint);
    },

    async proof(id) {
      const note = await audit.checkpoint();
      const opened = note === undefined ? undefined : openCheckpoint(note, log);
      if (note === undefined || opened?.ok !== true) throw new ConsentError('not_found', 'the log is empty');
      const { size } = opened.checkpoint;
      const found = await newestNaming(audit, id, size);
      if (found === undefined) throw new ConsentError('not_found', 'no log entry names that id');
      const hashes = inclusionProof(found.index, size, audit.hashes());
      return {
        // The entry travels with its proof, so that one file is all that an auditor needs.
        proof: formatProof({ extra: utf8Encode(found.entry), index: found.index, hashes, checkpoint: note }),
        entry: found.entry,
        vkey,
      };
    },
  };
}

async function newestNaming(
  audit: AuditStore,
  id: string,
  size: number,
): Promise<{ readonly index: number; readonly entry: string } | undefined> {
  const needle = JSON.stringify(id);
  for (let end = size; end > 0; end -= PAGE) {
    const start = Math.max(0, end - PAGE);
    const page = await audit.entries(start, end - start);
    for (const { index, leaf } of page.toReversed()) {
      const entry = utf8Decode(leaf);
      if (entry.includes(needle)) return { index, entry };
    }
  }
  return undefined;
}
