import { JsonError, parseJson, type JsonObject, type JsonValue } from '@countersign/core';
import { z } from 'zod';
import { entityType } from './cedar-name.ts';
import { cedarRecord, findReservedKey } from './cedar-value.ts';
import type { CedarUid, CedarValue } from './cedar.ts';
import { PolicySetError, type Problem } from './policy-set-error.ts';
import type { SourceFile } from './source-file.ts';

/** An entity of the configured file, in Cedar's words. */
export interface KnownEntity {
  /** As the file and AuthZEN name it. */
  readonly type: string;
  readonly id: string;
  readonly uid: CedarUid;
  readonly attrs: Readonly<Record<string, CedarValue>>;
  readonly parents: readonly CedarUid[];
}

const Name = z.strictObject({ type: z.string().min(1).max(256), id: z.string().min(1).max(4096) });
const File = z.array(
  Name.extend({
    properties: z.record(z.string(), z.unknown()).default({}),
    parents: z.array(Name).default([]),
  }),
);

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** The type under which a file names actions, which then can be searched for. They have no parents here. */
export const ACTION_TYPE = 'Action';

/**
 * What the authority keeps, and neither the file nor any caller says: on every entity its word for how risky it is; on
 * agents, who they are. Only on agents, since a `record` may well have a `status` of its own.
 */
export function isKept(type: string, property: string): boolean {
  return KEPT.has(property) || (AGENT_TYPES.has(type) && KEPT_OF_AGENTS.has(property));
}

const KEPT: ReadonlySet<string> = new Set(['effects', 'labels', 'outward', 'reviewed', 'touches']);
const KEPT_OF_AGENTS: ReadonlySet<string> = new Set(['name', 'owner', 'status', 'groups', 'boundary']);
const AGENT_TYPES: ReadonlySet<string> = new Set(['agent', 'identity']);

/** The entities of the configured file, made ready once. Immutable. */
export class KnownEntities {
  readonly #byName: ReadonlyMap<string, KnownEntity>;
  readonly #byType = new Map<string, KnownEntity[]>();

  constructor(entities: readonly KnownEntity[]) {
    this.#byName = new Map(entities.map((each) => [nameOf(each.uid), each]));
    for (const entity of [...entities].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const same = this.#byType.get(entity.type);
      if (same === undefined) this.#byType.set(entity.type, [entity]);
      else same.push(entity);
    }
  }

  get(uid: CedarUid): KnownEntity | undefined {
    return this.#byName.size === 0 ? undefined : this.#byName.get(nameOf(uid));
  }

  /** Sorted by id. */
  ofType(type: string): readonly KnownEntity[] {
    return this.#byType.get(type) ?? [];
  }

  /** The listed ones among the ancestors of these, each once; the names of all of them, listed or not, in `names`. */
  above(parents: readonly CedarUid[]): {
    readonly names: readonly CedarUid[];
    readonly listed: readonly KnownEntity[];
  } {
    const names = new Map<string, CedarUid>();
    const listed: KnownEntity[] = [];
    const open = [...parents];
    for (let uid = open.pop(); uid !== undefined; uid = open.pop()) {
      const name = nameOf(uid);
      if (names.has(name)) continue;
      names.set(name, uid);
      const entity = this.get(uid);
      if (entity === undefined) continue;
      listed.push(entity);
      open.push(...entity.parents);
    }
    return { names: [...names.values()], listed };
  }
}

/** One text for an entity's name; a Cedar type has no space in it. */
export function nameOf({ type, id }: CedarUid): string {
  return `${type} ${id}`;
}

/** Reads the file; throws `PolicySetError` with every problem. Without a file nothing is known. */
export function readEntities(file: SourceFile | undefined): KnownEntities {
  if (file === undefined) return new KnownEntities([]);
  const parsed = File.safeParse(json(file));
  if (!parsed.success) {
    throw new PolicySetError(
      parsed.error.issues.map(({ path, message }) => ({
        file: file.name,
        reason: `${path.length === 0 ? 'the file' : `\`${path.join('.')}\``}: ${message}`,
      })),
    );
  }
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const entities = parsed.data.map(({ type, id, properties, parents }, index): KnownEntity => {
    const refuse = (reason: string): number =>
      problems.push({ file: file.name, reason: `\`${index}\`: ${reason}` });
    const uid = { type: entityType(type), id };
    const name = nameOf(uid);
    if (seen.has(name)) refuse(`${type} ${JSON.stringify(id)} is listed twice`);
    seen.add(name);
    const kept = Object.keys(properties).find((property) => isKept(type, property));
    if (kept !== undefined) refuse(`\`${kept}\` is the authority's own to say`);
    const reserved = findReservedKey(properties as JsonObject);
    if (reserved !== undefined) refuse(`reserved key at ${reserved}`);
    if (type === ACTION_TYPE && parents.length > 0) refuse('an action has no parents');
    return {
      type,
      id,
      uid,
      attrs: reserved === undefined ? cedarRecord(properties as JsonObject) : {},
      parents: parents.map((each) => ({ type: entityType(each.type), id: each.id })),
    };
  });
  const known = new KnownEntities(entities);
  for (const { uid, parents } of entities) {
    // Cedar refuses a hierarchy with a ring in it, and with it every question about its members.
    if (known.above(parents).names.some((each) => nameOf(each) === nameOf(uid)))
      problems.push({ file: file.name, reason: `${uid.type} ${JSON.stringify(uid.id)} is above itself` });
  }
  if (problems.length > 0) throw new PolicySetError(problems);
  return known;
}

function json(file: SourceFile): JsonValue {
  try {
    return parseJson(file.bytes, { maxBytes: MAX_FILE_BYTES });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new PolicySetError([{ file: file.name, reason: error.message }]);
  }
}
