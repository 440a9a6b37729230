import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject, JsonValue } from '@countersign/core';
import { decodedHeader, headerValue } from './header-value.ts';
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

/** The header that does not say what the arguments say, or undefined. MCP 2026-07-28 §"Server Behavior for Custom Headers". */
export function paramHeaderMismatch(
  wanted: readonly ParamHeader[],
  args: JsonValue | undefined,
  headers: IncomingHttpHeaders,
): string | undefined {
  return wanted.find(({ path, header }) => {
    const value = scalarAt(path, args);
    const sent = headers[header];
    if (value === undefined) return sent !== undefined;
    const text = decodedHeader(sent);
    // Numbers are the same number however they are written.
    // Number() takes no text at all for zero.
    return typeof value === 'number'
      ? text === undefined || text.trim() === '' || Number(text) !== value
      : text !== String(value);
  })?.header;
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
    const value = scalarAt(path, args);
    if (value !== undefined) headers[header] = headerValue(String(value));
  }
  return headers;
}

/** What stands at the path, where a header can say it. */
function scalarAt(
  path: readonly string[],
  args: JsonValue | undefined,
): string | number | boolean | undefined {
  const value = path.reduce<JsonValue | undefined>(
    (at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    args,
  );
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}
