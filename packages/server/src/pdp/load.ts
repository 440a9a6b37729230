import type { JsonObject, JsonValue } from '@countersign/core';
import { canonicalHash } from '@countersign/core';
import { AnswerMemo } from './answer-memo.ts';
import { isGroupName } from './annotations.ts';
import { readCatalog, type CatalogUse, type ToolCatalog } from './catalog.ts';
import { CEDAR_VERSION } from './cedar.ts';
import type { Deciding, OutsideBoundary } from './decide.ts';
import { ACTION_TYPE, readEntities, type KnownEntities } from './known-entities.ts';
import { PolicySetError } from './policy-set-error.ts';
import { readPolicySet, type LoadedPolicy } from './policy-set.ts';
import { namedActions, PolicySlices } from './policy-slices.ts';
import type { PolicySetInfo } from './port.ts';
import { QuestionHeads } from './question-head.ts';
import { digests } from './source-file.ts';
import type { Sources } from './sources.ts';

/** What a set is read with, from the configuration. */
export interface LoadTerms {
  readonly outsideBoundary: OutsideBoundary;
  readonly upstreams: readonly CatalogUse[];
  /** What is inside the organisation, for tools whose arguments name hosts. */
  readonly domains?: readonly string[];
}

/** A set that is ready to decide; `deciding.slices.drop()` when it no longer does. */
export interface LoadedSet {
  readonly info: PolicySetInfo;
  readonly deciding: Deciding;
  /** See `Pdp`. */
  readonly actions: readonly string[];
  readonly entities: (type: string) => readonly string[];
}

/** Checks a whole set and makes it ready to decide; throws `PolicySetError`, which then keeps nothing of it. */
export function loadSet(
  sources: Sources,
  terms: LoadTerms,
  policies: readonly LoadedPolicy[] = readPolicySet(sources.policies),
): LoadedSet {
  const outside = terms.outsideBoundary;
  if (outside !== 'forbid' && !isGroupName(outside.step_up)) {
    throw new PolicySetError([
      { file: 'outside_boundary', reason: `\`${outside.step_up}\` is no group name` },
    ]);
  }
  if (sources.policies.length === 0) {
    // An empty folder is a wrong path or a copy half done, and either would silently drop every forbid.
    throw new PolicySetError([{ file: 'policies', reason: 'folder has no *.cedar file' }]);
  }
  const catalog = readCatalog(sources.catalog, terms.upstreams, terms.domains ?? []);
  const known = readEntities(sources.entities);
  const slices = new PolicySlices(policies);
  const versions = {
    policy_version: policyVersion(sources, outside),
    catalog_version: catalogVersion(sources, terms),
  };
  return {
    info: { ...versions, groups: groupsOf(policies, outside), policies: policies.map(describe) },
    deciding: {
      ...versions,
      catalog,
      known,
      outside_boundary: outside,
      meanings: new Map(policies.map(({ meaning }) => [meaning.id, meaning])),
      slices,
      heads: new QuestionHeads(slices, known),
      memo: new AnswerMemo(),
    },
    actions: actionsOf(policies, known),
    entities: entitiesBy(known, catalog, terms),
  };
}

function actionsOf(policies: readonly LoadedPolicy[], known: KnownEntities): readonly string[] {
  const listed = known.ofType(ACTION_TYPE).map(({ id }) => id);
  return [...new Set([...policies.flatMap(({ tree }) => namedActions(tree)), ...listed])].sort();
}

/** What the file lists, and the tools and upstreams that the configuration names. */
function entitiesBy(
  known: KnownEntities,
  catalog: ToolCatalog,
  { upstreams }: LoadTerms,
): (type: string) => readonly string[] {
  const own = new Map([
    ['tool', [...catalog.keys()]],
    ['mcp_server', upstreams.map(({ name }) => name)],
  ]);
  return (type) => {
    const listed = known.ofType(type).map(({ id }) => id);
    return own.has(type) ? [...new Set([...listed, ...(own.get(type) ?? [])])].sort() : listed;
  };
}

/** INVARIANT: everything that can change an answer to the same question and facts is in here. */
function policyVersion({ policies, entities }: Sources, outside_boundary: OutsideBoundary): string {
  const boundary: JsonValue =
    outside_boundary === 'forbid' ? 'forbid' : { step_up: outside_boundary.step_up };
  return canonicalHash({
    cedar: CEDAR_VERSION,
    files: digests(policies),
    outside_boundary: boundary,
    ...(entities === undefined ? {} : { entities: digests([entities]) }),
  });
}

function catalogVersion({ catalog }: Sources, { upstreams, domains }: LoadTerms): string {
  const uses = upstreams.map(({ name, catalog: entry }) => [name, entry ?? null]);
  return canonicalHash({
    files: digests(catalog),
    upstreams: uses,
    ...(domains === undefined ? {} : { domains: [...domains] }),
  });
}

function groupsOf(policies: readonly LoadedPolicy[], outside: OutsideBoundary): readonly string[] {
  const named = policies
    .flatMap(({ meaning }) => meaning.obligations?.groups ?? [])
    .map(({ group }) => group);
  if (outside !== 'forbid') named.push(outside.step_up);
  return [...new Set(named)].sort();
}

function describe({ meaning, file, tree }: LoadedPolicy): PolicySetInfo['policies'][number] {
  const annotations: JsonObject = Object.fromEntries(
    Object.entries(tree.annotations ?? {}).map(([name, value]) => [name, value ?? '']),
  );
  return { id: meaning.id, file, annotations };
}
