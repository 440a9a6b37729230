import type { JsonObject, JsonValue } from '@countersign/core';
import { isObject } from './message.ts';

/** A member of a tool's arguments that its definition wants repeated in a header: `x-mcp-header`, MCP 2026-07-28. */
export interface ParamHeader {
  readonly path: readonly string[];
  /** Lower case. */
  readonly header: string;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What a tool's `inputSchema` wants repeated; only chains of `properties` count. */
export function paramHeadersOf(definition: JsonObject): ParamHeader[] {
  const found: ParamHeader[] = [];
  const walk = (schema: JsonValue | undefined, path: readonly string[]): void => {
    const properties = isObject(schema) ? schema['properties'] : undefined;
    if (!isObject(properties)) return;
    for (const [name, property] of Object.entries(properties)) {
      if (!isObject(property)) continue;
      const wanted = property['x-mcp-header'];
      if (typeof wanted === 'string' && TOKEN.test(wanted)) {
        found.push({ path: [...path, name], header: `mcp-param-${wanted.toLowerCase()}` });
      }
      walk(property, [...path, name]);
    }
  };
  walk(definition['inputSchema'], []);
  return found;
}

/**
 * The headers for these arguments. INVARIANT: they are made from the value that was decided on; what the
 * caller sent as such headers goes no further, so header and body cannot say two things.
 */
export function paramHeaderValues(
  wanted: readonly ParamHeader[],
  args: JsonValue | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { path, header } of wanted) {
    const value = path.reduce<JsonValue | undefined>(
      (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
      args,
    );
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      headers[header] = headerValue(String(value));
    }
  }
  return headers;
}

/** As it stands where it may, else in the encoding that MCP names for the rest. */
export function headerValue(text: string): string {
  const plain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);
  return plain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`;
}
