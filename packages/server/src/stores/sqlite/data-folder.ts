import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  base64url,
  formatVerifierKey,
  verifierKey,
  type NoteSigner,
  type VerifierKey,
} from '@countersign/core';
import { syncFolder, writePrivate } from '../durable-file.ts';
import { Database, DataFolderError } from './database.ts';
import { text } from './columns.ts';

/** An opened data folder: owner-only, locked by this process until `close`. */
export interface DataFolder {
  readonly path: string;
  readonly db: Database;
  readonly authorityId: string;
  readonly signer: NoteSigner;
  /** P-256: signs what travels through a PEP. Another key than the log's, whose signatures mean something else. */
  readonly tokenKey: KeyObject;
  close(): void;
}

/**
 * Opens the folder, making what is missing. The lock is an exclusive transaction on a file beside the
 * database: it ends with the process however that ends, and readers of the database are not disturbed.
 * Throws `DataFolderError` when it is in use, was written by a newer version, or has lost the key of its log.
 */
export function openDataFolder(path: string): DataFolder {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  const lock = takeLock(join(path, 'lock.db'));
  let opened: Database | undefined;
  try {
    const db = (opened = new Database(join(path, 'countersign.db')));
    const authorityId = identify(db);
    db.syncNow();
    // Made anew, it would sign beside what it cannot open, and its public half would take the place of the other's.
    if (!existsSync(join(path, 'log.key')) && db.get(`SELECT 1 FROM checkpoint LIMIT 1`) !== undefined)
      throw new DataFolderError(`log.key is not in ${path}, and the log is signed with it: restore it`);
    const signer = noteSigner(
      authorityId,
      loadKey(join(path, 'log.key'), () => generateKeyPairSync('ed25519')),
    );
    writeFileSync(join(path, 'log.vkey'), `${formatVerifierKey(signer.key)}\n`, { mode: 0o644 });
    return {
      path,
      db,
      authorityId,
      signer,
      tokenKey: loadKey(join(path, 'token.key'), () => generateKeyPairSync('ec', { namedCurve: 'P-256' })),
      close() {
        db.close();
        if (lock.isOpen) lock.close();
      },
    };
  } catch (error) {
    opened?.close();
    lock.close();
    throw error;
  }
}

/** Throws `DataFolderError` where another process has it. */
export function takeLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(path);
  try {
    lock.exec('PRAGMA busy_timeout=0; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw new DataFolderError(
      'the data folder is in use by another countersign process: stop that one first',
      {
        cause: error,
      },
    );
  }
}

function identify(db: Database): string {
  const row = db.get(`SELECT value FROM meta WHERE key = 'authority'`);
  if (row !== undefined) return text(row, 'value');
  const id = `aut_${base64url.encode(randomBytes(12))}`;
  db.run(`INSERT INTO meta (key, value) VALUES ('authority', ?)`, [id]);
  return id;
}

/** Whole and on the disk before anything is signed with it: a start refuses what a key signed that is not there any more. */
function loadKey(path: string, generate: () => { readonly privateKey: KeyObject }): KeyObject {
  if (existsSync(path)) return createPrivateKey(readFileSync(path));
  const { privateKey } = generate();
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writePrivate(unfinished, pem);
  renameSync(unfinished, path);
  syncFolder(dirname(path));
  return privateKey;
}

function noteSigner(name: string, key: KeyObject): NoteSigner {
  return { key: publicHalf(name, key), sign: (message) => sign(null, message, key) };
}

function publicHalf(name: string, key: KeyObject): VerifierKey {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return verifierKey(name, base64url.decode(String(x)));
}
