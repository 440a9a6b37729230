import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  scryptSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { base64url, statementMessage, type Statement } from '@countersign/core';
import { z } from 'zod';
import { Failure } from './command.ts';

/** scrypt at 128 MiB: about half a second for its owner, and for each guess of a thief. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1 };
const MAX_N = 2 ** 20;
const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;

const bytes = z.string().regex(/^[A-Za-z0-9_-]+$/);
const keyFile = z.strictObject({
  countersign_key: z.literal(1),
  public_key: bytes,
  kdf: z.strictObject({
    name: z.literal('scrypt'),
    N: z.int().max(MAX_N),
    r: z.int().max(32),
    p: z.int().max(16),
    salt: bytes,
  }),
  cipher: z.strictObject({ name: z.literal(CIPHER), nonce: bytes, text: bytes }),
});

/** An approver's unlocked key. */
export interface SigningKey {
  readonly public_key: string;
  /** The Ed25519 signature over the statement's message, unpadded base64url. */
  sign(statement: Statement): string;
}

/** Writes a new Ed25519 key, encrypted; never over another file. Throws `Failure`. */
export function createKeyFile(path: string, passphrase: string): { readonly public_key: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const public_key = publicHalf(privateKey);
  const salt = randomBytes(32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv(CIPHER, stretch(passphrase, salt, SCRYPT), nonce);
  cipher.setAAD(Buffer.from(public_key));
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' });
  const text = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  const file: z.output<typeof keyFile> = {
    countersign_key: 1,
    public_key,
    kdf: { name: 'scrypt', ...SCRYPT, salt: base64url.encode(salt) },
    cipher: { name: CIPHER, nonce: base64url.encode(nonce), text: base64url.encode(text) },
  };
  try {
    writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new Failure(
      code === 'EEXIST'
        ? `${path} is there already: name another file`
        : `${path} cannot be written (${String(code)})`,
      { cause: error },
    );
  }
  return { public_key };
}

/** The public key of a file, without its passphrase. Throws `Failure`. */
export function readPublicKey(path: string): string {
  return readKeyFile(path).public_key;
}

/** Throws `Failure` when the file is no key or the passphrase is not its own. */
export function unlockKeyFile(path: string, passphrase: string): SigningKey {
  const { kdf, cipher, public_key } = readKeyFile(path);
  const text = base64url.decode(cipher.text);
  let key: KeyObject;
  try {
    const decipher = createDecipheriv(
      CIPHER,
      stretch(passphrase, base64url.decode(kdf.salt), kdf),
      base64url.decode(cipher.nonce),
      { authTagLength: TAG_BYTES },
    );
    decipher.setAAD(Buffer.from(public_key));
    decipher.setAuthTag(text.subarray(-TAG_BYTES));
    const secret = Buffer.concat([decipher.update(text.subarray(0, -TAG_BYTES)), decipher.final()]);
    key = createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw new Failure(`${path}: wrong passphrase, or the file was changed`, { cause: error });
  }
  return {
    public_key: publicHalf(key),
    sign: (statement) => base64url.encode(sign(null, statementMessage(statement), key)),
  };
}

function readKeyFile(path: string): z.output<typeof keyFile> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure(`${path} cannot be read: make a key with \`countersign key new ${path}\``, {
      cause: error,
    });
  }
  try {
    return keyFile.parse(JSON.parse(text));
  } catch (error) {
    throw new Failure(`${path} is not a countersign key file`, { cause: error });
  }
}

function stretch(
  passphrase: string,
  salt: Uint8Array,
  { N, r, p }: { N: number; r: number; p: number },
): Buffer {
  return scryptSync(passphrase.normalize('NFC'), salt, 32, { N, r, p, maxmem: 256 * N * r });
}

function publicHalf(key: KeyObject): string {
  return String(createPublicKey(key).export({ format: 'jwk' }).x);
}
