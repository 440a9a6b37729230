import type { JsonObject, JsonValue } from '@countersign/core';
import { isObject } from '../message.ts';

/** What a tool's `inputSchema` declares as its mapping, undefined where it declares none. COAZ-MCP §"The Mapping". */
export function mappingIn(definition: JsonObject): JsonValue | undefined {
  const schema = definition['inputSchema'];
  return isObject(schema) && Object.hasOwn(schema, 'x-authzen-mapping')
    ? schema['x-authzen-mapping']
    : undefined;
}
