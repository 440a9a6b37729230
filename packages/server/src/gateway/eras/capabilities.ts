import type { JsonObject } from '@countersign/core';
import { isObject } from '../message.ts';
import { TASKS } from '../pending/form.ts';

/**
 * What a client declares, for a server of the other era. Tasks have another shape there and are declared to nobody;
 * that roots change is told to nobody either (MCP 2026-07-28 has no such notification).
 */
export function clientCapabilities(declared: JsonObject): JsonObject {
  const { tasks: _tasks, extensions, roots, ...rest } = declared;
  const { listChanged: _listChanged, ...plainRoots } = isObject(roots) ? roots : {};
  return { ...rest, ...(isObject(roots) ? { roots: plainRoots } : {}), ...withoutTasks(extensions) };
}

/** What a server declares, for a client of the other era. */
export function serverCapabilities(declared: JsonObject): JsonObject {
  const { tasks: _tasks, extensions, ...rest } = declared;
  return { ...rest, ...withoutTasks(extensions) };
}

/** Whether a client that declares these may be asked this. MCP 2026-07-28 §"Multi Round-Trip Requests". */
export function mayBeAsked(declared: JsonObject, method: string, params: JsonObject): boolean {
  return lackingFor(declared, method, params) === undefined;
}

/** What a client would have to declare to be asked this; undefined where it does. Another method is none at all. */
export function lackingFor(
  declared: JsonObject,
  method: string,
  params: JsonObject,
): JsonObject | 'no_such_request' | undefined {
  switch (method) {
    case 'roots/list':
      return isObject(declared['roots']) ? undefined : { roots: {} };
    case 'sampling/createMessage': {
      const { sampling } = declared;
      if (!isObject(sampling)) return { sampling: {} };
      const wantsTools = params['tools'] !== undefined || params['toolChoice'] !== undefined;
      return wantsTools && !isObject(sampling['tools']) ? { sampling: { tools: {} } } : undefined;
    }
    case 'elicitation/create': {
      const { elicitation } = declared;
      const mode = params['mode'] === 'url' ? 'url' : 'form';
      // "elicitation: {}" declares forms alone.
      const modes = isObject(elicitation) ? elicitation : undefined;
      const fits =
        modes !== undefined && (isObject(modes[mode]) || (mode === 'form' && !isObject(modes['url'])));
      return fits ? undefined : { elicitation: { [mode]: {} } };
    }
    default:
      return 'no_such_request';
  }
}

function withoutTasks(extensions: JsonObject[string] | undefined): JsonObject {
  if (!isObject(extensions)) return {};
  const { [TASKS]: _tasks, ...others } = extensions;
  return { extensions: others };
}
