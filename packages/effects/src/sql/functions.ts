import type { Effect } from '@countersign/core';
import { words } from './words.ts';

/**
 * PostgreSQL's own functions, and those of its usual extensions, whose call has effects or reads more than tables. One
 * with a schema is an extension's that keeps its functions there.
 */
export const FUNCTION_EFFECTS: ReadonlyMap<string, readonly Effect[]> = new Map<string, readonly Effect[]>([
  ...of(
    ['secret'],
    `pg_read_file pg_read_file_old pg_read_binary_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir
    pg_ls_archive_statusdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir pg_stat_file
    pg_current_logfile pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings pg_show_all_settings
    pg_stat_get_wal_receiver pg_get_wal_records_info pg_get_wal_record_info pg_get_wal_block_info get_raw_page
    dblink_get_connections pg_logdir_ls`,
  ),
  ...of(['create', 'secret'], 'lo_import'),
  ...of(['update', 'export'], 'lo_export'),
  ...of(['export'], 'pg_notify pg_export_snapshot pg_logical_emit_message'),
  ...of(
    ['read'],
    'lo_get loread lo_open lo_close lo_lseek lo_lseek64 lo_tell lo_tell64 pg_sleep pg_sleep_for pg_sleep_until',
  ),
  ...of(['create'], 'lo_create lo_creat lo_from_bytea'),
  ...of(
    ['update'],
    `nextval setval setseed lowrite lo_put lo_truncate lo_truncate64
    pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock
    pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared pg_advisory_unlock
    pg_advisory_unlock_all pg_advisory_unlock_shared
    pg_current_xact_id txid_current pg_stat_force_next_flush pg_stat_clear_snapshot pg_set_relation_stats
    pg_restore_relation_stats pg_restore_attribute_stats pg_set_attribute_stats
    brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list pg_prewarm
    pg_replication_origin_create pg_replication_origin_advance pg_replication_origin_session_setup
    pg_replication_origin_session_reset pg_replication_origin_xact_setup pg_replication_origin_xact_reset`,
  ),
  ...of(
    ['delete'],
    `lo_unlink pg_drop_replication_slot pg_replication_origin_drop pg_stat_reset pg_stat_reset_shared
    pg_stat_reset_single_table_counters pg_stat_reset_single_function_counters pg_stat_reset_slru
    pg_stat_reset_replication_slot pg_stat_reset_subscription_stats pg_stat_reset_backend_stats
    pg_stat_statements_reset pg_clear_relation_stats pg_clear_attribute_stats`,
  ),
  ...of(
    ['execute'],
    `pg_cancel_backend pg_terminate_backend pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old pg_promote
    pg_switch_wal pg_create_restore_point pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup
    pg_wal_replay_pause pg_wal_replay_resume pg_import_system_collations pg_log_backend_memory_contexts
    pg_log_standby_snapshot pg_sync_replication_slots pg_stop_making_pinned_objects pg_extension_config_dump
    pg_nextoid`,
  ),
  ...of(['delete', 'execute'], 'heap_force_kill pg_file_unlink'),
  ...of(
    ['export', 'network'],
    `http http_get http_post http_put http_delete http_head http_patch net.http_get net.http_post net.http_delete`,
  ),
  ...of(
    ['create', 'export', 'network'],
    'pg_create_physical_replication_slot pg_copy_physical_replication_slot',
  ),
  ...of(
    // Of the plugin that is named its library is loaded.
    ['create', 'execute', 'export', 'network'],
    'pg_create_logical_replication_slot pg_copy_logical_replication_slot',
  ),
  // What was written into any table.
  ...of(['export', 'secret', 'network'], 'pg_logical_slot_peek_changes pg_logical_slot_peek_binary_changes'),
  ...of(
    ['update', 'export', 'secret', 'network'],
    'pg_logical_slot_get_changes pg_logical_slot_get_binary_changes',
  ),
  ...of(['update', 'export', 'network'], 'pg_replication_slot_advance'),
  ...of(['execute', 'export', 'network'], 'aws_lambda.invoke'),
  ...of(
    ['execute', 'export', 'secret', 'network'],
    `dblink dblink_exec dblink_send_query dblink_open dblink_connect dblink_connect_u`,
  ),
  ...of(
    ['read', 'network'],
    `dblink_fetch dblink_close dblink_disconnect dblink_get_result dblink_get_notify dblink_is_busy
    dblink_error_message dblink_cancel_query`,
  ),
  ...of(['update', 'execute'], 'heap_force_freeze pg_file_write pg_file_sync pg_file_rename'),
]);

/** The place among the arguments, from 0, of a file of the server. */
export const FILE_ARGUMENT: ReadonlyMap<string, number> = new Map([
  ['pg_read_file', 0],
  ['pg_read_binary_file', 0],
  ['pg_ls_dir', 0],
  ['pg_stat_file', 0],
  ['lo_import', 0],
  ['lo_export', 1],
  ['pg_file_write', 0],
  ['pg_file_unlink', 0],
]);

/** Functions that run SQL given to them as text or by name, or have it run later: nobody here reads that. */
export const RUNS_TEXT: ReadonlySet<string> = new Set(
  words(`
  query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema table_to_xml
  table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema
  database_to_xml database_to_xmlschema database_to_xml_and_xmlschema ts_stat ts_rewrite xpath_table crosstab crosstab2
  crosstab3 crosstab4 connectby pg_input_is_valid pg_input_error_info dblink_build_sql_insert dblink_build_sql_update
  dblink_build_sql_delete cron.schedule cron.schedule_in_database cron.unschedule cron.alter_job
  aws_s3.query_export_to_s3 aws_s3.table_import_from_s3
`),
);

/** Functions that have their last text run elsewhere, which may be here. */
export const SENDS_TEXT: ReadonlySet<string> = new Set(
  words('dblink dblink_exec dblink_send_query dblink_open'),
);

/** The columns of what a function returns rows of: those of any other may be calls, as `x.lower` is `lower(x)`. */
export const RESULT_COLUMNS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    json_each: 'key value',
    json_each_text: 'key value',
    jsonb_each: 'key value',
    jsonb_each_text: 'key value',
    json_array_elements: 'value',
    json_array_elements_text: 'value',
    jsonb_array_elements: 'value',
    jsonb_array_elements_text: 'value',
    _pg_expandarray: 'x n',
    aclexplode: 'grantor grantee privilege_type is_grantable',
    pg_options_to_table: 'option_name option_value',
    pg_get_keywords: 'word catcode barelabel catdesc baredesc',
    pg_partition_tree: 'relid parentrelid isleaf level',
    pg_identify_object: 'type schema name identity',
    ts_parse: 'tokid token',
    ts_token_type: 'tokid alias description',
  }).map(([name, columns]) => [name, words(columns)]),
);

function of(effects: readonly Effect[], names: string): [string, readonly Effect[]][] {
  return words(names).map((name) => [name, effects]);
}
