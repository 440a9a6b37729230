import type { CedarQuestion, CedarValue } from './cedar.ts';
import { emptyRecord } from './cedar-value.ts';
import type { LookedAt, Part } from './looked-at.ts';
import { ValueTests } from './value-tests.ts';

/**
 * One text for all questions that are the same to policies which look at `lookedAt` of them. INVARIANT: two values
 * have one text only where every test that the policies make of them comes out alike. The mark of a class holds null,
 * which no value of Cedar's does, so that nobody can send one.
 */
export function questionClass(question: CedarQuestion, { context, attributes, tested }: LookedAt): string {
  if (!tested) return JSON.stringify(question);
  return JSON.stringify({
    ...question,
    context: classed(question.context, context),
    entities: question.entities.map((entity) => ({ ...entity, attrs: classed(entity.attrs, attributes) })),
  });
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
