import { EFFECTS, type Effect } from '@countersign/core';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Classification } from './classification.ts';

export interface Case {
  readonly name: string;
  /** Text, or what a classifier of documents takes. */
  readonly input?: unknown;
  /** The classifier's options. */
  readonly options?: unknown;
  /** Exactly these, in the order of EFFECTS; `unknown` is what must not be understood. */
  readonly effects: readonly Effect[] | 'unknown';
  readonly outward?: boolean | undefined;
  /** Names that must be among the touched. */
  readonly touches?: readonly string[] | undefined;
  /** Text that one of the reasons must contain. */
  readonly because?: string | undefined;
  /** An attempt to hide an effect: comments, encodings, nesting, aliases, quoting. */
  readonly hides: boolean;
}

const Cases: z.ZodType<readonly Case[]> = z.array(
  z.strictObject({
    name: z.string(),
    input: z.unknown(),
    options: z.unknown().optional(),
    effects: z.union([z.array(z.enum(EFFECTS)).min(1), z.literal('unknown')]),
    outward: z.boolean().optional(),
    touches: z.array(z.string()).optional(),
    because: z.string().optional(),
    hides: z.boolean().default(false),
  }),
);

/** The labelled inputs of `test/vectors/effects/<name>.yaml`. */
export function readCases(name: string): readonly Case[] {
  const file = new URL(`../../../test/vectors/effects/${name}.yaml`, import.meta.url);
  return Cases.parse(parse(readFileSync(file, 'utf8'), { merge: false }));
}

/** Holds a classifier against its labelled inputs. */
export function holdAgainstCases(
  name: string,
  classify: (input: never, options: never) => Classification,
): void {
  const cases = readCases(name);

  describe(`${name}.yaml`, () => {
    it('has a name of its own for each case', () => {
      expect(new Set(cases.map((each) => each.name)).size).toBe(cases.length);
    });

    it.each(cases)('$name', ({ input, options, effects, outward, touches, because }) => {
      const found = classify(input as never, options as never);
      if (effects === 'unknown') {
        expect(found.understood).toBe(false);
        expect(found.effects).toEqual(EFFECTS);
      } else {
        expect({ effects: found.effects, understood: found.understood }).toEqual({
          effects,
          understood: true,
        });
      }
      if (outward !== undefined) expect(found.outward).toBe(outward);
      expect(found.touches).toEqual(expect.arrayContaining([...(touches ?? [])]));
      if (because !== undefined) expect(found.because.join('\n')).toContain(because);
    });
  });
}
