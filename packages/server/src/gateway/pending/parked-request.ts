import type { JsonObject } from '@countersign/core';
import type { McpRequest } from '../conversation.ts';
import { CLIENT_CAPABILITIES, isObject, metaOf, PROTOCOL_VERSION, type Era } from '../message.ts';
import { capabilitiesOf, TASKS } from './form.ts';

/** The era of a parked message: only the stateless one says which it is. */
export function eraOf({ params }: JsonObject): Era {
  return isObject(params) && metaOf(params)[PROTOCOL_VERSION] !== undefined ? 'modern' : 'legacy';
}

/**
 * A parked message as it is sent: what was decided on, without what only a waiting client could take up, which is
 * progress and a task of the server's own. `more` is what the client answers to a server that asked for it.
 */
export function requestOf(message: JsonObject, more: JsonObject = {}): McpRequest {
  const given = message['params'];
  const { progressToken: _token, ...meta } = metaOf(isObject(given) ? given : {});
  if (eraOf(message) === 'legacy') {
    const { _meta, ...all } = isObject(given) ? given : {};
    const params: JsonObject = Object.keys(meta).length === 0 ? all : { ...all, _meta: meta };
    const value = { ...message, id: 1, params };
    return { kind: 'request', id: 1, method: 'tools/call', params, era: 'legacy', value };
  }
  const capabilities = capabilitiesOf(isObject(given) ? given : {});
  const { extensions } = capabilities;
  const { [TASKS]: _tasks, ...others } = isObject(extensions) ? extensions : {};
  const params: JsonObject = {
    ...(isObject(given) ? given : {}),
    ...more,
    _meta: { ...meta, [CLIENT_CAPABILITIES]: { ...capabilities, extensions: others } },
  };
  return {
    kind: 'request',
    id: 1,
    method: 'tools/call',
    params,
    era: 'modern',
    value: { ...message, id: 1, params },
  };
}
