import {
  toolDefinitionDigest,
  type Evaluation,
  type JsonObject,
  type JsonValue,
  type Prospect,
} from '@countersign/core';
import type { Calling } from '../call-judge.ts';
import { looseObject } from '../loose-object.ts';
import { questionOf } from '../mapping.ts';
import type { Era } from '../message.ts';
import { isTool, listAsTold, toolsOf } from './tool-list.ts';

/** As many questions as the authority takes at once. */
const MAX_QUESTIONS = 1000;
const OPEN: Prospect = { kind: 'open' };

export interface Telling {
  readonly issuer: string;
  readonly upstream: string;
  readonly complain: (text: string) => void;
}

/**
 * Makes an answer to `tools/list` its caller's own: see `listAsTold`. INVARIANT: this permits and forbids nothing, every
 * call is decided when it is made; so whatever cannot be known, and a list at a moment when the authority cannot be
 * asked, is shown. Other answers pass as they are.
 */
export function tellTools(
  { agentId, port }: Calling,
  { issuer, upstream, complain }: Telling,
  era: Era,
): (answer: Buffer) => Promise<Buffer> {
  const ask = (tool: JsonValue): Evaluation | undefined => {
    if (!isTool(tool)) return undefined;
    const call = { agentId, issuer, upstream, method: 'tools/call', params: { name: tool.name } };
    try {
      // The definition as its server gives it: what we add to a description is no part of what is reviewed and bound.
      return questionOf(call, { digest: toolDefinitionDigest(tool), mapping: undefined });
    } catch {
      return undefined;
    }
  };
  return async (answer) => {
    const tools = toolsOf(answer);
    if (tools === undefined) return answer;
    const questions = tools.map(ask);
    const asked = questions.filter((question) => question !== undefined);
    const found: Prospect[] = [];
    try {
      for (let from = 0; from < asked.length; from += MAX_QUESTIONS)
        found.push(...((await port.foresee?.(asked.slice(from, from + MAX_QUESTIONS))) ?? []));
    } catch (error) {
      complain(`the tools are listed as they are: ${String(error)}`);
      found.length = 0;
    }
    let next = 0;
    const prospects = questions.map((question) => (question === undefined ? OPEN : (found[next++] ?? OPEN)));
    return listAsTold(answer, prospects, era);
  };
}

/** An answer with what is added to it as a value; one that nothing is added to keeps its bytes. */
export function amendedBytes(
  answer: Buffer,
  amend: (answer: JsonObject, session: undefined) => JsonObject,
): Buffer {
  const value = looseObject(answer);
  const amended = value && amend(value, undefined);
  return amended === undefined || amended === value ? answer : Buffer.from(JSON.stringify(amended));
}
