import type { JsonObject, JsonValue, Prospect } from '@countersign/core';
import { looseObject } from '../loose-object.ts';
import { isObject, type Era } from '../message.ts';
import {
  edited,
  elementsAt,
  listed,
  memberAt,
  membersAt,
  wholeOf,
  type Edit,
  type Place,
} from './json-places.ts';

/** A list that we have changed may change with our policies: no client should keep it for longer. Milliseconds. */
const MAX_TTL_MS = 60_000;

/** The tools of an answer to `tools/list`; undefined for any other answer, such as an error. */
export function toolsOf(answer: Buffer): readonly JsonValue[] | undefined {
  const result = looseObject(answer)?.['result'];
  const tools = isObject(result) ? result['tools'] : undefined;
  return Array.isArray(tools) ? (tools as readonly JsonValue[]) : undefined;
}

/**
 * The list as its caller is told it: what could never be permitted is left out, what takes consent says so. `answer`
 * must have tools; `prospects` stand in their order. Not a byte of the rest changes.
 */
export function listAsTold(answer: Buffer, prospects: readonly Prospect[], era: Era): Buffer {
  const result = memberAt(answer, wholeOf(answer), 'result');
  const tools = memberAt(answer, result, 'tools');
  if (result === undefined || tools === undefined) return answer;
  const edits = toolEdits(answer, tools, prospects);
  // What is one agent's own must not be kept for another: MCP 2026-07-28 §"Caching".
  const cache = era === 'modern' ? cacheEdits(answer, result, edits.length > 0) : [];
  return edited(answer, [...edits, ...cache]);
}

function toolEdits(answer: Buffer, tools: Place, prospects: readonly Prospect[]): Edit[] {
  const places = elementsAt(answer, tools);
  const kept = places.filter((_place, index) => prospects[index]?.kind !== 'never');
  const said = places.flatMap((place, index) => {
    const words = wordsFor(prospects[index]);
    return words === undefined ? [] : descriptionEdits(answer, place, words);
  });
  if (kept.length === places.length) return said;
  // Those that stay stand as they stood; the list around them is written anew.
  const list = kept.map((place) => edited(answer.subarray(place.start, place.end), within(said, place)));
  return [{ start: tools.start + 1, end: tools.end - 1, bytes: listed(list) }];
}

function within(edits: readonly Edit[], { start, end }: Place): Edit[] {
  return edits
    .filter((edit) => edit.start >= start && edit.end <= end)
    .map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
}

/** Words of ours alone: neither the agent nor the server has a say in them, and a group's name is of `[a-z0-9-]`. */
function wordsFor(prospect: Prospect | undefined): string | undefined {
  switch (prospect?.kind) {
    case 'consent':
      return `[needs a person's consent (${prospect.groups.join(', ')})]`;
    case 'perhaps_consent':
      return `[may need a person's consent (${prospect.groups.join(', ')})]`;
    case 'never':
    case 'open':
    case undefined:
      return undefined;
  }
}

/** At the end of the description, or as one where there is none. */
function descriptionEdits(answer: Buffer, tool: Place, words: string): Edit[] {
  const members = membersAt(answer, tool).filter(({ name }) => name === 'description');
  if (members.length === 0) {
    const at = tool.start + 1;
    return [{ start: at, end: at, bytes: `"description":${JSON.stringify(words)},` }];
  }
  return members.flatMap(({ value }) => {
    // What is no text is no description, and no client would take it for one.
    if (answer[value.start] !== 0x22) return [];
    const at = value.end - 1;
    const gap = value.end - value.start > 2 ? ' ' : '';
    return [{ start: at, end: at, bytes: gap + JSON.stringify(words).slice(1, -1) }];
  });
}

function cacheEdits(answer: Buffer, result: Place, changed: boolean): Edit[] {
  const members = membersAt(answer, result);
  const scopes = members.filter(({ name }) => name === 'cacheScope');
  const scoped = scopes.map(({ value }): Edit => ({ ...value, bytes: '"private"' }));
  const at = result.start + 1;
  const missing: Edit[] = scopes.length > 0 ? [] : [{ start: at, end: at, bytes: '"cacheScope":"private",' }];
  const ttls = members.filter(({ name }) => name === 'ttlMs' && changed);
  const shortened = ttls.flatMap(({ value }): Edit[] => {
    const ttl = Number(answer.toString('utf8', value.start, value.end));
    return ttl <= MAX_TTL_MS ? [] : [{ ...value, bytes: String(MAX_TTL_MS) }];
  });
  return [...scoped, ...missing, ...shortened];
}

/** Whether a value names a tool. */
export function isTool(value: JsonValue): value is JsonObject & { readonly name: string } {
  return isObject(value) && typeof value['name'] === 'string';
}
