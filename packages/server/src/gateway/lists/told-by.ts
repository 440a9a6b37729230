import type { JsonObject } from '@countersign/core';
import { looseObject } from '../loose-object.ts';
import type { McpRequest } from '../conversation.ts';
import type { Link, OpenCall } from '../upstream.ts';
import { toolsOf } from './tool-list.ts';
import { amendedBytes } from './told-tools.ts';

/** What its caller is told in place of an answer: as a value, or in its bytes where those alone are the caller's own. */
export function toldBy(amend: OpenCall['amend'], tell: OpenCall['tell']): Pick<OpenCall, 'amend' | 'tell'> {
  if (tell === undefined) return amend === undefined ? {} : { amend };
  return { tell: amend === undefined ? tell : (answer) => tell(amendedBytes(answer, amend)) };
}

/** The same of an answer that introduces its server, which is heard, too, and not changed by it. */
export function introducedBy(
  amend: OpenCall['amend'],
  hear: (answer: JsonObject) => void,
): Pick<OpenCall, 'amend' | 'tell'> {
  if (amend !== undefined)
    return {
      amend: (answer, session) => {
        hear(answer);
        return amend(answer, session);
      },
    };
  return {
    tell: async (answer) => {
      hear(looseObject(answer) ?? {});
      return answer;
    },
  };
}

/** What its caller is told in place of a list of tools; that it is told so is remembered for when it calls one. */
export function listedTo(
  { tools }: Pick<Link, 'tools'>,
  { params }: McpRequest,
  tell: (answer: Buffer) => Promise<Buffer>,
): (answer: Buffer) => Promise<Buffer> {
  let isFirst = params['cursor'] === undefined;
  return async (answer) => {
    const told = toolsOf(answer);
    // What else is said before it, and an answer that is no list, tells of no tool.
    if (told !== undefined) {
      await tools.tell(told, isFirst);
      isFirst = false;
    }
    return await tell(answer);
  };
}
