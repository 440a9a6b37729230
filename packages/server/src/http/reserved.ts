import { ConsentError, type Evaluation, type JsonValue } from '@countersign/core';
import { findReservedKey } from '../pdp/cedar-value.ts';

/** Where caller data has a key by which Cedar's JSON names entities. Such never come from a caller. Design §3. */
export function reservedIn(question: Partial<Evaluation>): string | undefined {
  const { subject, action, resource, context } = question;
  const given = Object.entries({ subject, action, resource, context }).filter(
    ([, value]) => value !== undefined,
  );
  return findReservedKey(Object.fromEntries(given) as unknown as JsonValue);
}

/** Throws `reserved_key`. */
export function refuseReserved(question: Partial<Evaluation>): void {
  const found = reservedIn(question);
  if (found !== undefined) throw new ConsentError('reserved_key', `${found} is a reserved key`);
}
