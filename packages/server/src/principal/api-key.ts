import { hash } from 'node:crypto';
import { base64url } from '@countersign/core';
import type { AuthorityParts } from '../parts.ts';

/** A new API key: 256 random bits, recognisable to secret scanners by its prefix. Shown once. */
export function newApiKey(parts: Pick<AuthorityParts, 'random'>, kind: 'agent' | 'pep'): string {
  return `cs_${kind}_${base64url.encode(parts.random(32))}`;
}

/** What is stored of a key or token: its SHA-256 suffices, since the key is 256 random bits. */
export function secretHash(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
