import type { LoadedConfig } from '../config/load-config.ts';
import { loadSet } from '../pdp/load.ts';
import type { ToolCatalog } from '../pdp/catalog.ts';
import { PolicySetError } from '../pdp/policy-set-error.ts';
import type { PolicySetInfo } from '../pdp/port.ts';
import { readSources } from '../pdp/sources.ts';
import { counted, ok, reasonOf, wrong, type Finding } from './finding.ts';

export interface LoadedPolicies {
  readonly info: PolicySetInfo;
  readonly catalog: ToolCatalog;
}

/** Policies, catalog and entities as `serve` would load them. */
export async function checkPolicies(
  folders: { readonly policies: string; readonly catalog: string },
  config: LoadedConfig,
): Promise<{ readonly findings: readonly Finding[]; readonly loaded: LoadedPolicies | undefined }> {
  try {
    const sources = await readSources({
      policiesDir: folders.policies,
      catalogDir: folders.catalog,
      ...(config.entities === undefined ? {} : { entitiesFile: config.entities }),
    });
    const { info, deciding } = loadSet(sources, {
      outsideBoundary: config.outside_boundary,
      upstreams: config.upstreams,
      domains: config.domains,
    });
    deciding.slices.drop();
    const { policies, catalog } = sources;
    const text = `${counted(info.policies.length, 'rule')} in ${counted(policies.length, 'file')}, ${counted(catalog.length, 'catalog entry').replace('entrys', 'entries')}`;
    const unknown = config.upstreams.filter(
      ({ catalog: entry }) => entry !== undefined && !catalog.some(({ name }) => name === `${entry}.yaml`),
    );
    return {
      findings: [
        ok('policies', text),
        ...unknown.map(({ name, catalog: entry = '' }) =>
          wrong(
            'catalog',
            `upstream ${name} names \`${entry}\`, which ${folders.catalog} does not have: write ${entry}.yaml there`,
          ),
        ),
      ],
      loaded: { info, catalog: deciding.catalog },
    };
  } catch (error) {
    if (!(error instanceof PolicySetError)) throw error;
    return { findings: [wrong('policies', reasonOf(error))], loaded: undefined };
  }
}
