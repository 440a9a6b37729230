import { JsonError, parseJson } from './parse.ts';

/** Deeper than anything of ours, and bounded: our parser goes down the stack. */
const DEEPEST = 1000;

/**
 * JSON that we or a peer wrote, as it was written: where members' names have escapes, V8's `JSON.parse` may take one name
 * for another, or lose a member (nodejs/node issue 63785). So texts with a backslash are read by our own parser; those
 * that it refuses are nothing that we wrote, and are read as JavaScript reads them. Throws `SyntaxError`.
 */
export function readBack(text: string): unknown {
  if (text.includes('\\')) {
    try {
      return parseJson(text, { maxDepth: DEEPEST, maxBytes: Number.POSITIVE_INFINITY });
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
    }
  }
  return JSON.parse(text) as unknown;
}
