import type { JsonObject, JsonValue } from '@countersign/core';
import { isObject, metaOf } from '../message.ts';
import { toLegacyError, toModernError } from './errors.ts';
import { SERVER_INFO } from './wording.ts';

/** MCP 2026-07-28 §"Cacheable Results": these say how long they may be kept. A server that says nothing promises nothing. */
const CACHEABLE: ReadonlySet<string> = new Set([
  'server/discover',
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/** The answer of a server of the older era, for a client of the newer one. */
export function toModernAnswer(method: string, answer: JsonObject, serverInfo?: JsonObject): JsonObject {
  const { result, error } = answer;
  if (isObject(error)) return { ...answer, error: toModernError(error) };
  return isObject(result) ? { ...answer, result: toModernResult(method, result, serverInfo) } : answer;
}

/** The answer of a server of the newer era, for a client of the older one; not one that asks for more. */
export function toLegacyAnswer(method: string, answer: JsonObject): JsonObject {
  const { result, error } = answer;
  if (isObject(error)) return { ...answer, error: toLegacyError(error) };
  return isObject(result) ? { ...answer, result: toLegacyResult(method, result) } : answer;
}

function toModernResult(method: string, result: JsonObject, serverInfo?: JsonObject): JsonObject {
  const said = { ...(serverInfo === undefined ? {} : { [SERVER_INFO]: serverInfo }), ...metaOf(result) };
  return {
    resultType: 'complete',
    ...without(result, ['resultType']),
    ...(method === 'tools/list' ? toolsOf(result, ({ execution: _execution, ...tool }) => tool) : {}),
    ...(CACHEABLE.has(method) ? { ttlMs: 0, cacheScope: 'private' } : {}),
    ...(Object.keys(said).length === 0 ? {} : { _meta: said }),
  };
}

function toLegacyResult(method: string, result: JsonObject): JsonObject {
  const plain = without(result, ['resultType', ...(CACHEABLE.has(method) ? ['ttlMs', 'cacheScope'] : [])]);
  const { [SERVER_INFO]: _info, ...meta } = metaOf(result);
  const own =
    result['_meta'] === undefined
      ? plain
      : Object.keys(meta).length === 0
        ? without(plain, ['_meta'])
        : { ...plain, _meta: meta };
  switch (method) {
    case 'tools/list':
      return { ...own, ...toolsOf(result, withObjectOutput) };
    case 'tools/call':
      return withObjectContent(own);
    default:
      return own;
  }
}

/** A schema of something else than an object is none in the older era, whose clients refuse the whole list for it. */
function withObjectOutput(tool: JsonObject): JsonObject {
  const { outputSchema } = tool;
  return isObject(outputSchema) && outputSchema['type'] !== 'object' ? without(tool, ['outputSchema']) : tool;
}

/** What the older era cannot structure is said as text, where the server did not say it so itself. */
function withObjectContent(result: JsonObject): JsonObject {
  const { structuredContent, content } = result;
  if (structuredContent === undefined || isObject(structuredContent)) return result;
  const blocks = Array.isArray(content) ? (content as readonly JsonValue[]) : [];
  const isSaid = blocks.some((block) => isObject(block) && block['type'] === 'text');
  const text = { type: 'text', text: JSON.stringify(structuredContent) };
  return { ...without(result, ['structuredContent']), content: isSaid ? blocks : [...blocks, text] };
}

function toolsOf({ tools }: JsonObject, change: (tool: JsonObject) => JsonObject): JsonObject {
  if (!Array.isArray(tools)) return {};
  return { tools: (tools as readonly JsonValue[]).map((tool) => (isObject(tool) ? change(tool) : tool)) };
}

function without(value: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
