import type { CedarEntity, CedarValue } from './cedar.ts';
import { emptyRecord } from './cedar-value.ts';
import type { LookedAt, Part } from './looked-at.ts';
import { ValueTests } from './value-tests.ts';

/**
 * A context as far as policies which look at `lookedAt` tell it from others. INVARIANT: two values become one only where
 * every test that the policies make of them comes out alike. The mark of a class holds null, which no value of Cedar's
 * does, so that nobody can send one.
 */
export function classedContext(
  context: Readonly<Record<string, CedarValue>>,
  { context: parts, tested }: LookedAt,
): Readonly<Record<string, unknown>> {
  return tested ? classed(context, parts) : context;
}

/** The same of entities. */
export function classedAttributes(
  entities: readonly CedarEntity[],
  { attributes, tested }: LookedAt,
): readonly unknown[] {
  if (!tested) return entities;
  return entities.map((entity) => ({ ...entity, attrs: classed(entity.attrs, attributes) }));
}

function classed(
  record: Readonly<Record<string, CedarValue>>,
  parts: ReadonlyMap<string, Part>,
): Record<string, unknown> {
  const marked: Record<string, unknown> = Object.assign(emptyRecord(), record);
  for (const [name, part] of parts) {
    const value: unknown = record[name];
    if (value === undefined || part === 'all') continue;
    if (part instanceof ValueTests) {
      const found = part.classOf(value);
      if (found !== undefined) marked[name] = [null, found];
    } else if (isRecord(value)) marked[name] = classed(value, part);
  }
  return marked;
}

function isRecord(value: unknown): value is Readonly<Record<string, CedarValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
