import { excerpt } from '../classification.ts';
import type { Evidence } from './evidence.ts';
import type { RelationName } from './nodes.ts';
import { words } from './words.ts';

/** Catalogs and views of PostgreSQL with what proves who somebody is, what others asked, or samples of what is stored. */
const SECRET_CATALOGS: ReadonlySet<string> = new Set(
  words(`
  pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_subscription pg_hba_file_rules pg_ident_file_mappings
  pg_largeobject pg_stat_ssl pg_stat_gssapi pg_stat_wal_receiver pg_settings pg_file_settings pg_db_role_setting
  pg_statistic pg_stats pg_statistic_ext_data pg_stats_ext pg_stats_ext_exprs pg_foreign_server
`),
);

/** Those of extensions, which may be in any schema. */
const SECRET_ANYWHERE: ReadonlySet<string> = new Set(
  words('pg_stat_statements pg_stat_monitor pg_store_plans pg_qualstats pg_dist_authinfo pg_dist_poolinfo'),
);

/** Of other schemas, as `schema.name`: the standard's views of user mappings, and vaults of extensions. */
const SECRET_RELATIONS: ReadonlySet<string> = new Set(
  words(`
  information_schema.user_mapping_options information_schema._pg_user_mappings information_schema.user_mappings
  information_schema.foreign_server_options information_schema._pg_foreign_servers
  vault.secrets vault.decrypted_secrets pgsodium.key pgsodium.valid_key pgsodium.decrypted_key
  pglogical.node_interface repmgr.nodes
`),
);

/** Tables whose rows an extension runs, sends or does by itself. */
const RUN_BY_ITSELF: ReadonlySet<string> = new Set(
  words(`
  cron.job pgagent.pga_job pgagent.pga_jobstep pgagent.pga_schedule net.http_request_queue _timescaledb_config.bgw_job
`),
);

/** Whether a relation is one of PostgreSQL's own, where a name without a schema may be. */
function isCatalog({ schema, name }: RelationName): boolean {
  if (schema === undefined) return name.startsWith('pg_');
  return schema === 'pg_catalog' || schema === 'information_schema' || schema.startsWith('pg_toast');
}

/** Tells which tables of a site are secret, in whatever case and with or without their schema. */
export class SecretTables {
  readonly #names: ReadonlySet<string>;
  /** The last names of those that are given with their schema. */
  readonly #bare: ReadonlySet<string>;
  readonly #schemas: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names.map(fold));
    this.#bare = new Set(names.map((name) => fold(name.slice(name.lastIndexOf('.') + 1))));
    this.#schemas = new Set(names.map((name) => fold(name.slice(0, Math.max(0, name.lastIndexOf('.'))))));
  }

  /** Whether a schema is told to have some: by another name they would not be known. */
  areIn(schema: string): boolean {
    return schema !== '' && this.#schemas.has(fold(schema));
  }

  has({ schema, name, full }: RelationName): boolean {
    const inCatalog = schema === undefined || schema === 'pg_catalog';
    if (inCatalog && SECRET_CATALOGS.has(name)) return true;
    if (SECRET_ANYWHERE.has(name)) return true;
    if (SECRET_RELATIONS.has(full) || schema?.startsWith('pg_toast') === true) return true;
    // Without its schema a name may be that of any schema.
    if (schema === undefined) return this.#bare.has(fold(name));
    return this.#names.has(fold(full)) || this.#names.has(fold(name));
  }
}

/** A change of PostgreSQL's own tables changes what anything means: `pg_settings` sets, `pg_proc` is every function. */
export function writesTo(evidence: Evidence, relation: RelationName | undefined): void {
  if (relation !== undefined && isCatalog(relation))
    evidence.unknown(`a change of PostgreSQL's own ${excerpt(relation.full)}`);
  if (relation !== undefined && RUN_BY_ITSELF.has(relation.full))
    evidence.unknown(`what a row of ${excerpt(relation.full)} has done`);
}

function fold(name: string): string {
  return name.toLowerCase();
}
