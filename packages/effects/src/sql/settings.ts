import { excerpt } from '../classification.ts';
import type { Evidence } from './evidence.ts';
import { constantIn, itemsOf, member, optionsIn, textOf, type Node } from './nodes.ts';
import { words } from './words.ts';

/** Settings of a session that change how long and in what form it answers, not what it may do or what a text means. */
const HARMLESS: ReadonlySet<string> = new Set(
  words(`
  application_name bytea_output client_min_messages cursor_tuple_fraction datestyle deadlock_timeout
  default_statistics_target default_transaction_deferrable default_transaction_isolation effective_cache_size
  effective_io_concurrency enable_async_append enable_bitmapscan enable_gathermerge enable_hashagg enable_hashjoin
  enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material enable_memoize enable_mergejoin
  enable_nestloop enable_parallel_append enable_parallel_hash enable_partition_pruning enable_partitionwise_aggregate
  enable_partitionwise_join enable_seqscan enable_sort enable_tidscan extra_float_digits from_collapse_limit geqo
  hash_mem_multiplier idle_in_transaction_session_timeout idle_session_timeout intervalstyle jit join_collapse_limit
  lock_timeout maintenance_work_mem max_parallel_maintenance_workers max_parallel_workers
  max_parallel_workers_per_gather min_parallel_index_scan_size min_parallel_table_scan_size parallel_setup_cost
  parallel_tuple_cost plan_cache_mode random_page_cost seq_page_cost statement_timeout temp_buffers timezone
  transaction_deferrable transaction_isolation transaction_timeout work_mem
`),
);

/** Settings that say who somebody is, or lift what keeps a session from doing something. */
const GRANTING: ReadonlySet<string> = new Set(
  words(`role session_authorization row_security session_replication_role default_transaction_read_only
  transaction_read_only`),
);

/** Settings that would have the next text read in another way than we read it. */
const READING: ReadonlySet<string> = new Set(
  words('standard_conforming_strings backslash_quote escape_string_warning client_encoding'),
);

/** Settings whose value may prove who somebody is. */
export const SECRET: RegExp =
  /conninfo|connection_?string|dsn$|_command$|passphrase|password|passwd|secret|token|credential|apikey|(?:^|[._])key(?:$|_)/i;

/** Settings whose value is a program, a library or a function that is run. */
const RUNS = /_librar(?:y|ies)$|_library_path$|_command$|^jit_provider$|\.on_\w*init$|\.start_proc$/;

/** Functions that do what SET and SHOW do. */
export const SETTING_FUNCTIONS: ReadonlySet<string> = new Set(['set_config', 'current_setting']);

/** What setting, or resetting, a setting of a session does. */
export function setSetting(evidence: Evidence, name: string | undefined): void {
  const folded = name?.toLowerCase();
  if (folded === undefined) evidence.unknown('SET of what cannot be told');
  else if (READING.has(folded)) evidence.unknown(`SET ${folded} changes how SQL is read`);
  else if (GRANTING.has(folded)) evidence.effect('grant', `SET ${folded}`);
  else if (HARMLESS.has(folded)) evidence.effect('read', `SET ${folded}`);
  else evidence.unknown(`SET ${excerpt(folded)}`);
}

/** What reading a setting does; one that cannot be told may be any. */
export function showSetting(evidence: Evidence, name: string | undefined): void {
  evidence.effect('read', name === undefined ? 'a setting' : `SHOW ${excerpt(name)}`);
  if (name === undefined || name.toLowerCase() === 'all' || SECRET.test(name))
    evidence.effect('secret', `a setting that may hold a secret: ${excerpt(name ?? 'any')}`);
}

/** `SET`, `RESET`, and the like. */
export function variableSet(evidence: Evidence, node: Node): void {
  const name = textOf(node, 'name');
  switch (node['kind']) {
    case 'VAR_RESET_ALL':
      evidence.effects(['update', 'grant'], 'RESET ALL');
      return;
    case 'VAR_SET_MULTI':
      // SET TRANSACTION, SET SESSION CHARACTERISTICS.
      transactionModes(evidence, node['args'], `SET ${excerpt(name)}`);
      return;
    default:
      setSetting(evidence, name);
  }
}

/** What is set for a function, a role, a database or the system; that it is set at all is said elsewhere. */
export function settingOfOthers(evidence: Evidence, node: Node): void {
  const name = textOf(node, 'name').toLowerCase();
  if (READING.has(name)) evidence.unknown(`SET ${name} changes how SQL is read`);
  if (GRANTING.has(name)) evidence.effect('grant', `SET ${name}`);
  if (RUNS.test(name)) evidence.effect('execute', `SET ${excerpt(name)}`);
}

/** The modes of a transaction: one that may write again, where it might not. */
export function transactionModes(evidence: Evidence, modes: unknown, what: string): void {
  evidence.effect('read', what);
  for (const option of optionsIn(modes)) {
    if (option['defname'] !== 'transaction_read_only') continue;
    const on = member(member(member(option, 'arg'), 'A_Const'), 'ival')['ival'] === 1;
    if (!on) evidence.effect('grant', `${what} READ WRITE`);
  }
}

/** The name of the setting that `set_config` or `current_setting` is given, where it is a constant. */
export function namedSetting(args: unknown): string | undefined {
  return constantIn(itemsOf(args)[0]);
}
