import { base64url } from '@countersign/core';
import type { AuthorityParts } from '../parts.ts';

/** Every id says what it names; 128 random bits, so that none can be guessed. */
export type IdPrefix = 'agt' | 'pep' | 'prs' | 'crd' | 'enr' | 'evl' | 'arq' | 'bnd' | 'apr' | 'clm' | 'tkt';

export function newId(parts: Pick<AuthorityParts, 'random'>, prefix: IdPrefix): string {
  return `${prefix}_${base64url.encode(parts.random(16))}`;
}
