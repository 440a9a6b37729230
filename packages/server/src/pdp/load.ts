import type { JsonObject, JsonValue } from '@countersign/core';
import { canonicalHash } from '@countersign/core';
import { isGroupName } from './annotations.ts';
import { readCatalog, type CatalogUse } from './catalog.ts';
import { CEDAR_VERSION } from './cedar.ts';
import type { Deciding, OutsideBoundary } from './decide.ts';
import { PolicySetError } from './policy-set-error.ts';
import { readPolicySet, type LoadedPolicy } from './policy-set.ts';
import { PolicySlices } from './policy-slices.ts';
import type { PolicySetInfo } from './port.ts';
import { digests } from './source-file.ts';
import type { Sources } from './sources.ts';

/** What a set is read with, from the configuration. */
export interface LoadTerms {
  readonly outsideBoundary: OutsideBoundary;
  readonly upstreams: readonly CatalogUse[];
}

/** A set that is ready to decide; `deciding.slices.drop()` when it no longer does. */
export interface LoadedSet {
  readonly info: PolicySetInfo;
  readonly deciding: Deciding;
}

/** Checks a whole set and makes it ready to decide; throws `PolicySetError`, which then keeps nothing of it. */
export function loadSet(sources: Sources, terms: LoadTerms): LoadedSet {
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
  const policies = readPolicySet(sources.policies);
  const catalog = readCatalog(sources.catalog, terms.upstreams);
  const versions = {
    policy_version: policyVersion(sources, outside),
    catalog_version: catalogVersion(sources, terms),
  };
  return {
    info: { ...versions, groups: groupsOf(policies, outside), policies: policies.map(describe) },
    deciding: {
      ...versions,
      catalog,
      outside_boundary: outside,
      meanings: new Map(policies.map(({ meaning }) => [meaning.id, meaning])),
      slices: new PolicySlices(policies),
    },
  };
}

/** INVARIANT: everything that can change an answer to the same question and facts is in here. */
function policyVersion({ policies }: Sources, outside_boundary: OutsideBoundary): string {
  const boundary: JsonValue =
    outside_boundary === 'forbid' ? 'forbid' : { step_up: outside_boundary.step_up };
  return canonicalHash({ cedar: CEDAR_VERSION, files: digests(policies), outside_boundary: boundary });
}

function catalogVersion({ catalog }: Sources, { upstreams }: LoadTerms): string {
  const uses = upstreams.map(({ name, catalog: entry }) => [name, entry ?? null]);
  return canonicalHash({ files: digests(catalog), upstreams: uses });
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
