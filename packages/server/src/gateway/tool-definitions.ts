import { toolDefinitionDigest, type JsonObject, type JsonValue } from '@countersign/core';
import { isObject } from './message.ts';

/** A definition that is older is read again before it is relied on; a parked one always is. */
const MAX_AGE_MS = 5 * 60_000;
const MAX_PAGES = 100;

/** Asks the upstream for one page of `tools/list`, with the caller's own standing. Rejects when it cannot. */
export type ListTools = (cursor: string | undefined) => Promise<JsonObject>;

/**
 * What an upstream's tools are now, by the gateway's own listing. A change that the upstream tells of, or
 * that is found at a fresh look, is a change of definition for every approval that bound the old one.
 */
export class ToolDefinitions {
  #digests: { readonly at: number; readonly byName: ReadonlyMap<string, string> } | undefined;
  #reading: Promise<ReadonlyMap<string, string>> | undefined;

  /** Undefined when no such tool is listed, or when the same name is listed twice. */
  async digestOf(
    name: JsonValue | undefined,
    freshness: 'known' | 'fresh',
    list: ListTools,
  ): Promise<string | undefined> {
    if (typeof name !== 'string') return undefined;
    const known = this.#digests;
    if (freshness === 'known' && known !== undefined && Date.now() - known.at < MAX_AGE_MS) {
      return known.byName.get(name);
    }
    // A fresh look must begin after it was asked for; known ones may share a look under way.
    if (freshness === 'fresh' || this.#reading === undefined) {
      this.#reading = this.#read(list).finally(() => (this.#reading = undefined));
    }
    return (await this.#reading).get(name);
  }

  forget(): void {
    this.#digests = undefined;
  }

  async #read(list: ListTools): Promise<ReadonlyMap<string, string>> {
    const at = Date.now();
    const byName = new Map<string, string>();
    const ambiguous = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { tools, nextCursor } = await list(cursor);
      for (const tool of Array.isArray(tools) ? (tools as readonly JsonValue[]) : []) {
        if (!isObject(tool) || typeof tool['name'] !== 'string') continue;
        const { name } = tool;
        if (byName.has(name)) ambiguous.add(name);
        byName.set(name, toolDefinitionDigest(tool));
      }
      if (typeof nextCursor !== 'string') break;
      cursor = nextCursor;
    }
    for (const name of ambiguous) byName.delete(name);
    this.#digests = { at, byName };
    return byName;
  }
}
