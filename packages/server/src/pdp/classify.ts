import { EFFECTS, type JsonObject, type JsonValue } from '@countersign/core';
import { Findings, notUnderstood, type Classification } from '@countersign/effects';
import { z } from 'zod';

/** Reads a tool's arguments for what they would do; undefined is a call without any. Total, as every classifier is. */
export type ArgumentClassifier = (args: JsonValue | undefined) => Classification;

/** Where an input stands in the arguments: a JSON pointer (RFC 6901). */
const pointer = z.string().regex(/^(?:\/(?:[^~/]|~[01])*)+$/, 'must be a JSON pointer, like /query');
const effect = z.enum(EFFECTS);

/** `at` with options, or the pointer alone where a classifier needs none. */
function terms<T extends z.ZodRawShape>(options: T) {
  return z.strictObject({ at: pointer, ...options });
}

/** What a catalog entry may say of a tool's arguments: which classifier reads which of them. */
export const classifyTerms = z
  .strictObject({})
  .refine((each) => Object.keys(each).length > 0, 'names no classifier');

export type ClassifyTerms = z.output<typeof classifyTerms>;

/** INVARIANT: what is not there is not understood: a tool that is to be read must be given what to read. */
export function argumentClassifier(_terms: ClassifyTerms, _domains: readonly string[]): ArgumentClassifier {
  return () => notUnderstood('nothing reads it');
}

void [Findings, terms, effect];
export type Unused = JsonObject;
