import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  ClientSecretBasic,
  ClientSecretPost,
  PrivateKeyJwt,
  type ClientAuth,
  type PrivateKey,
} from 'oauth4webapi';
import type { CredentialConfig } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';

/**
 * How we prove to an authorization server who we are, by the methods that it names. Files are read now, so that what is wrong
 * with them is known at the start. Throws `ConfigError`, which says which file and never what is in it.
 */
export function clientAuthentication(
  { client_secret, client_secret_file, private_key_file }: CredentialConfig,
  name: string,
): (methods: readonly string[]) => ClientAuth {
  if (private_key_file !== undefined) {
    const key = privateKey(private_key_file, name);
    return () => PrivateKeyJwt(key);
  }
  const secret = client_secret ?? readSecret(client_secret_file ?? '', name).trim();
  if (secret === '') throw new ConfigError(`${name}.client_secret_file: ${client_secret_file} is empty`);
  // RFC 6749 §2.3.1: every server takes the secret as HTTP Basic, unless its metadata (RFC 8414 §2) says otherwise.
  return (methods) =>
    methods.includes('client_secret_post') && !methods.includes('client_secret_basic')
      ? ClientSecretPost(secret)
      : ClientSecretBasic(secret);
}

function privateKey(path: string, name: string): PrivateKey {
  const text = readSecret(path, name);
  try {
    if (!text.trimStart().startsWith('{')) return { key: signingKey(createPrivateKey(text)) };
    const jwk = JSON.parse(text) as JsonWebKey;
    const key = signingKey(createPrivateKey({ key: jwk, format: 'jwk' }));
    const { kid } = jwk as { readonly kid?: unknown };
    return typeof kid === 'string' ? { key, kid } : { key };
  } catch {
    throw new ConfigError(
      `${name}.private_key_file: ${path} is no private key to sign with: PEM (PKCS #8) or JWK, of EC, Ed25519 or RSA`,
    );
  }
}

function signingKey(key: KeyObject): PrivateKey['key'] {
  // Node's type of it knows more uses than the one of the web.
  return cryptoKey(key) as PrivateKey['key'];
}

function cryptoKey(key: KeyObject): ReturnType<KeyObject['toCryptoKey']> {
  switch (key.asymmetricKeyType) {
    case 'ec':
      return key.toCryptoKey({ name: 'ECDSA', namedCurve: curveOf(key) }, false, ['sign']);
    case 'ed25519':
      return key.toCryptoKey({ name: 'Ed25519' }, false, ['sign']);
    case 'rsa':
      return key.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign']);
    default:
      throw new TypeError('no key to sign with');
  }
}

function curveOf({ asymmetricKeyDetails }: KeyObject): string {
  const curves: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
  return curves[asymmetricKeyDetails?.namedCurve ?? ''] ?? 'unknown';
}

function readSecret(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(`${name}: ${path} cannot be read (${code})`);
  }
}
