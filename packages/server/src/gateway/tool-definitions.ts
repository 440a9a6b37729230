import type { IncomingHttpHeaders } from 'node:http';
import {
  canonicalHash,
  JsonError,
  toolDefinitionDigest,
  type JsonObject,
  type JsonValue,
} from '@countersign/core';
import type { DeclaredMapping } from './coaz/declared-mapping.ts';
import { mappingIn } from './coaz/mapping-in.ts';
import { isObject } from './message.ts';
import { paramHeaderMismatch, paramHeadersOf, paramHeaderValues, type ParamHeader } from './param-headers.ts';

/** A definition that is older is read again before it is relied on; a parked one always is. */
const MAX_AGE_MS = 5 * 60_000;
const MAX_PAGES = 100;

/** Asks the upstream for one page of `tools/list`, with the caller's own standing. Rejects when it cannot. */
export type ListTools = (cursor: string | undefined) => Promise<JsonObject>;

/** A tool as its server lists it now. */
export interface ToolDefinition {
  readonly digest: string;
  readonly mapping: DeclaredMapping | undefined;
  /** Whether it may be called as a task (MCP 2025-11-25 §"Tool-Level Negotiation"). It says nothing of what it does, and binds nothing. */
  readonly taskSupport?: string | undefined;
}

/** What an agent was told of a tool: the digest of what it goes by, and of all of it where it was told what it answers, too. */
interface Told {
  readonly reduced: string;
  readonly whole: string | undefined;
}

/** The same as nothing. */
const UNKNOWABLE: Told = { reduced: '', whole: undefined };

interface Definition extends ToolDefinition {
  /** The digest of what an agent goes by. */
  readonly told: string;
  readonly headers: readonly ParamHeader[];
}

/**
 * What an upstream's tools are now, by the gateway's own listing. A change that the upstream tells of, or
 * that is found at a fresh look, is a change of definition for every approval that bound the old one.
 */
export class ToolDefinitions {
  #known: { readonly at: number; readonly byName: ReadonlyMap<string, Definition> } | undefined;
  #reading: Promise<ReadonlyMap<string, Definition>> | undefined;
  /** Looks are numbered as they begin: how many did, which one is known, and which began before a change was told of. */
  #looks = 0;
  #knownLook = 0;
  #outdatedLook = 0;
  /** What the agent goes by, as its latest list told it, and when that was. */
  #told: { readonly at: number; readonly pages: number; readonly byName: Map<string, Told> } = {
    at: 0,
    pages: 0,
    byName: new Map(),
  };

  /**
   * Undefined when no such tool is listed, or when the same name is listed twice. One that the agent was told of otherwise
   * than we are, in a list of this session, has a digest of its own, so that no review and no consent is of it: a server may
   * list to us what was reviewed, and to an agent what leads it astray. Other ways to lead it astray remain, the answers of
   * its tools among them: this makes the plain one fail, and bounds nothing that an agent may do.
   */
  async find(
    name: JsonValue | undefined,
    freshness: 'known' | 'fresh',
    list: ListTools,
  ): Promise<ToolDefinition | undefined> {
    if (typeof name !== 'string') return undefined;
    const found = await this.#listed(name, freshness, list);
    const { byName, pages } = this.#told;
    const told = byName.get(name) ?? (pages > MAX_PAGES ? UNKNOWABLE : undefined);
    if (found === undefined || told === undefined || isTold(found, told)) return found;
    // It may have changed before the agent was told of it and after we were.
    const isOlder = (this.#known?.at ?? 0) <= this.#told.at;
    const now = freshness === 'known' && isOlder ? await this.#listed(name, 'fresh', list) : found;
    if (now === undefined || isTold(now, told)) return now;
    return {
      ...now,
      digest: canonicalHash({ listed: now.digest, told: [told.reduced, told.whole ?? null] }),
    };
  }

  /** Takes up a page of the list that an agent is told. */
  async tell(tools: readonly JsonValue[], isFirst: boolean): Promise<void> {
    const { pages, byName } = isFirst ? { pages: 0, byName: new Map<string, Told>() } : this.#told;
    this.#told = { at: Date.now(), pages: pages + 1, byName };
    // Nor do we read more of them: of a list that is longer it is not known what it tells.
    if (pages >= MAX_PAGES) return;
    for (const tool of tools) {
      if (!isObject(tool) || typeof tool['name'] !== 'string') continue;
      const { name } = tool;
      const told = toldOf(tool);
      const before = byName.get(name);
      // Which of two an agent goes by is its own affair.
      const isTwice =
        before !== undefined && (before.reduced !== told.reduced || before.whole !== told.whole);
      byName.set(name, isTwice ? UNKNOWABLE : told);
    }
  }

  async #listed(
    name: string,
    freshness: 'known' | 'fresh',
    list: ListTools,
  ): Promise<Definition | undefined> {
    const known = this.#known;
    if (freshness === 'known' && known !== undefined && Date.now() - known.at < MAX_AGE_MS) {
      return known.byName.get(name);
    }
    // A fresh look must begin after it was asked for; known ones may share a look under way.
    if (freshness === 'fresh' || this.#reading === undefined) {
      const reading = this.#read(list).finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
      this.#reading = reading;
    }
    return (await this.#reading).get(name);
  }

  /**
   * The header that contradicts the arguments, by the tool's definition. A caller may know a newer definition
   * than we do, so a contradiction is looked at afresh before it is one.
   */
  async headerMismatch(
    name: JsonValue | undefined,
    args: JsonValue | undefined,
    headers: IncomingHttpHeaders,
    list: ListTools,
  ): Promise<string | undefined> {
    const find = async (freshness: 'known' | 'fresh'): Promise<string | undefined> => {
      await this.find(name, freshness, list);
      return paramHeaderMismatch(this.#headersOf(name), args, headers);
    };
    return (await find('known')) === undefined ? undefined : await find('fresh');
  }

  /** The headers that the tool's definition, as it was last read, wants for these arguments. */
  headersFor(name: JsonValue | undefined, args: JsonValue | undefined): Record<string, string> {
    return paramHeaderValues(this.#headersOf(name), args);
  }

  forget(): void {
    // What is known grows old at once; a call already judged by it still finds its headers.
    if (this.#known !== undefined) this.#known = { ...this.#known, at: 0 };
    // Nor is what is being read, which may be of before the change, shared or kept for long.
    this.#outdatedLook = this.#looks;
    this.#reading = undefined;
  }

  #headersOf(name: JsonValue | undefined): readonly ParamHeader[] {
    return (typeof name === 'string' ? this.#known?.byName.get(name) : undefined)?.headers ?? [];
  }

  async #read(list: ListTools): Promise<ReadonlyMap<string, Definition>> {
    const at = Date.now();
    const look = ++this.#looks;
    const byName = new Map<string, Definition>();
    const names = new Set<string>();
    const ambiguous = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const { tools, nextCursor } = await list(cursor);
      for (const tool of Array.isArray(tools) ? (tools as readonly JsonValue[]) : []) {
        if (!isObject(tool) || typeof tool['name'] !== 'string') continue;
        const { name } = tool;
        if (names.has(name)) ambiguous.add(name);
        names.add(name);
        const definition = await definitionOf(tool);
        if (definition !== undefined) byName.set(name, definition);
      }
      if (typeof nextCursor !== 'string') break;
      cursor = nextCursor;
    }
    for (const name of ambiguous) byName.delete(name);
    if (look > this.#knownLook) {
      this.#knownLook = look;
      this.#known = { at: look > this.#outdatedLook ? at : 0, byName };
    }
    return byName;
  }
}

/** Undefined for one without an exact digest, such as a schema with numbers beyond 2^53: it alone counts as unlisted. */
async function definitionOf(tool: JsonObject): Promise<Definition | undefined> {
  try {
    return {
      digest: toolDefinitionDigest(tool),
      told: reducedDigest(tool),
      mapping: await mappingOf(tool),
      headers: paramHeadersOf(tool),
      taskSupport: taskSupportOf(tool),
    };
  } catch (error) {
    // One nested deeper than the stack is no definition either.
    if (error instanceof JsonError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A client of the older era may be told without what a tool answers. Nothing that has no exact digest is the same as another. */
function toldOf(tool: JsonObject): Told {
  try {
    return {
      reduced: reducedDigest(tool),
      whole: tool['outputSchema'] === undefined ? undefined : toolDefinitionDigest(tool),
    };
  } catch (error) {
    if (error instanceof JsonError || error instanceof RangeError) return UNKNOWABLE;
    throw error;
  }
}

function reducedDigest({ outputSchema: _output, ...reduced }: JsonObject): string {
  return toolDefinitionDigest(reduced);
}

function isTold(found: Definition, { reduced, whole }: Told): boolean {
  return reduced === found.told && (whole === undefined || whole === found.digest);
}

/** What reads mappings is large, and most servers declare none. */
async function mappingOf(tool: JsonObject): Promise<DeclaredMapping | undefined> {
  const declared = mappingIn(tool);
  if (declared === undefined) return undefined;
  const { declaredMapping } = await import('./coaz/declared-mapping.ts');
  return declaredMapping(declared);
}

function taskSupportOf({ execution }: JsonObject): string | undefined {
  const support = isObject(execution) ? execution['taskSupport'] : undefined;
  return typeof support === 'string' ? support : undefined;
}
