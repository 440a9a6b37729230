import type { Effect } from '@countersign/core';

/** PostgreSQL's own functions whose call has effects, or reads more than tables. */
export const FUNCTION_EFFECTS: ReadonlyMap<string, readonly Effect[]> = new Map<string, readonly Effect[]>([
  ...of(
    ['secret'],
    'pg_read_file pg_read_binary_file pg_ls_dir pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir pg_stat_file pg_current_logfile pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings lo_import',
  ),
  ...of(['export'], 'lo_export pg_notify'),
  ...of(
    ['update'],
    'nextval setval lo_create lo_creat lo_open lowrite lo_put lo_from_bytea lo_truncate lo_truncate64 pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared pg_stat_reset pg_stat_reset_shared pg_stat_statements_reset pg_stat_reset_single_table_counters pg_stat_clear_snapshot pg_export_snapshot pg_current_xact_id txid_current pg_set_relation_stats pg_clear_relation_stats pg_restore_relation_stats',
  ),
  ...of(['delete'], 'lo_unlink pg_drop_replication_slot pg_replication_origin_drop'),
  ...of(
    ['execute'],
    'pg_cancel_backend pg_terminate_backend pg_reload_conf pg_rotate_logfile pg_promote pg_switch_wal pg_create_restore_point pg_backup_start pg_backup_stop pg_wal_replay_pause pg_wal_replay_resume pg_import_system_collations pg_log_backend_memory_contexts',
  ),
  ...of(
    ['export', 'network'],
    'pg_create_physical_replication_slot pg_create_logical_replication_slot pg_copy_physical_replication_slot pg_copy_logical_replication_slot pg_logical_slot_get_changes pg_logical_slot_peek_changes pg_logical_slot_get_binary_changes pg_logical_slot_peek_binary_changes pg_logical_emit_message pg_replication_slot_advance',
  ),
  ...of(
    ['network', 'export', 'read'],
    'dblink dblink_send_query dblink_open dblink_fetch dblink_connect dblink_connect_u http http_get http_post http_put http_delete http_head http_patch',
  ),
  ...of(['network', 'execute'], 'dblink_exec'),
  ...of(['execute', 'update'], 'pg_file_write pg_file_sync pg_file_rename pg_file_unlink'),
]);

/** Functions that run SQL or settings given to them as text, which nobody here reads. */
export const RUNS_TEXT: ReadonlySet<string> = new Set(
  words(
    'query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema table_to_xml table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema database_to_xml database_to_xmlschema database_to_xml_and_xmlschema set_config ts_stat ts_rewrite xpath_table crosstab crosstabN connectby cron schedule unschedule pg_input_is_valid pg_input_error_info',
  ),
);

/** PostgreSQL's own functions that compute and do nothing else. What is not here is not known. */
export const PURE_FUNCTIONS: ReadonlySet<string> = new Set(
  words(`
  count sum avg min max array_agg string_agg bool_and bool_or every bit_and bit_or bit_xor json_agg jsonb_agg json_object_agg
  jsonb_object_agg json_arrayagg json_objectagg xmlagg range_agg range_intersect_agg any_value stddev stddev_pop stddev_samp variance var_pop
  var_samp corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode
  percentile_cont percentile_disc rank dense_rank percent_rank cume_dist row_number ntile lag lead first_value last_value nth_value grouping
  abs cbrt ceil ceiling degrees div erf erfc exp factorial floor gcd lcm ln log log10 min_scale mod pi power pow radians round scale sign sqrt
  trim_scale trunc width_bucket random random_normal acos acosd asin asind atan atand atan2 atan2d cos cosd cot cotd sin sind tan tand sinh cosh
  tanh asinh acosh atanh gamma lgamma
  ascii bit_length btrim char_length character_length chr concat concat_ws format initcap left length lower lpad ltrim md5 normalize octet_length
  overlay parse_ident position quote_ident quote_literal quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches
  regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat replace reverse right rpad rtrim split_part starts_with
  string_to_array string_to_table strpos substr substring to_ascii to_bin to_hex to_oct translate trim unistr upper casefold similar_to_escape
  like_escape convert convert_from convert_to encode decode get_bit get_byte set_bit set_byte sha224 sha256 sha384 sha512 crc32 crc32c bit_count
  to_char to_date to_number to_timestamp age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days
  justify_hours justify_interval make_date make_interval make_time make_timestamp make_timestamptz now statement_timestamp timeofday timezone
  transaction_timestamp overlaps pg_sleep pg_sleep_for pg_sleep_until
  coalesce nullif greatest least num_nonnulls num_nulls
  array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions array_prepend array_remove
  array_replace array_reverse array_sample array_shuffle array_sort array_to_string array_upper cardinality trim_array unnest generate_series
  generate_subscripts
  to_json to_jsonb array_to_json row_to_json json_build_array jsonb_build_array json_build_object jsonb_build_object json_object jsonb_object
  json_array_elements jsonb_array_elements json_array_elements_text jsonb_array_elements_text json_array_length jsonb_array_length json_each
  jsonb_each json_each_text jsonb_each_text json_extract_path jsonb_extract_path json_extract_path_text jsonb_extract_path_text json_object_keys
  jsonb_object_keys json_populate_record jsonb_populate_record json_populate_recordset jsonb_populate_recordset json_to_record jsonb_to_record
  json_to_recordset jsonb_to_recordset jsonb_set jsonb_set_lax jsonb_insert json_strip_nulls jsonb_strip_nulls jsonb_path_exists
  jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_pretty json_typeof jsonb_typeof json_scalar json_serialize
  isempty lower_inc lower_inf upper_inc upper_inf range_merge multirange int4range int8range numrange tsrange tstzrange daterange
  abbrev broadcast family host hostmask inet_merge inet_same_family masklen netmask network set_masklen text
  to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery setweight strip ts_headline ts_rank ts_rank_cd tsquery_phrase
  numnode querytree ts_delete ts_filter tsvector_to_array array_to_tsvector get_current_ts_config ts_debug ts_lexize
  area center diagonal diameter height isclosed isopen npoints path pclose popen radius slope width box circle line lseg point polygon
  xmlcomment xmlconcat xmlelement xmlforest xmlpi xmlroot xml_is_well_formed xpath xpath_exists xmlexists
  gen_random_uuid uuidv4 uuidv7 uuid_extract_timestamp uuid_extract_version
  current_database current_query current_schema current_schemas current_user session_user inet_client_addr inet_client_port inet_server_addr
  inet_server_port pg_backend_pid pg_blocking_pids pg_conf_load_time pg_is_in_recovery pg_last_xact_replay_timestamp pg_my_temp_schema
  pg_postmaster_start_time pg_trigger_depth version currval lastval
  has_any_column_privilege has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege
  has_language_privilege has_schema_privilege has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege
  has_type_privilege pg_has_role row_security_active
  pg_function_is_visible pg_opclass_is_visible pg_operator_is_visible pg_table_is_visible pg_type_is_visible format_type pg_get_constraintdef
  pg_get_expr pg_get_functiondef pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_indexdef
  pg_get_keywords pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef pg_get_triggerdef pg_get_userbyid
  pg_get_viewdef pg_index_column_has_property pg_index_has_property pg_options_to_table pg_tablespace_location pg_typeof pg_basetype
  to_regclass to_regcollation to_regnamespace to_regoper to_regoperator to_regproc to_regprocedure to_regrole to_regtype col_description
  obj_description shobj_description pg_column_size pg_column_compression pg_database_size pg_indexes_size pg_relation_size pg_size_bytes
  pg_size_pretty pg_table_size pg_tablespace_size pg_total_relation_size pg_relation_filenode pg_relation_filepath pg_partition_tree
  pg_partition_ancestors pg_partition_root pg_encoding_to_char pg_char_to_encoding pg_client_encoding current_setting
  pg_stat_get_activity pg_stat_get_backend_pid pg_current_wal_lsn pg_wal_lsn_diff hashtext crypt gen_salt digest hmac
  int2 int4 int8 float4 float8 numeric bool varchar bpchar char date time timestamp timestamptz interval bytea bit varbit money
  xmlserialize merge_action row grouping_id booleq texteq
`),
);

/** Catalogs of PostgreSQL that hold what proves who somebody is. */
export const SECRET_TABLES: ReadonlySet<string> = new Set(
  words(
    'pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_subscription pg_hba_file_rules pg_largeobject pg_stat_ssl',
  ),
);

/** Operators that PostgreSQL has itself; another is somebody's function. */
export const OPERATORS: ReadonlySet<string> = new Set(
  words(
    '+ - * / % ^ |/ ||/ @ & | # ~ << >> = <> != < > <= >= || ~* !~ !~* ~~ !~~ ~~* !~~* -> ->> #> #>> @> <@ ? ?| ?& #- @? @@ && &< &> -|- <-> <<| |>> &<| |&> <^ >^ ?# ?- ?|| ?-| ## @-@ ~= ^@ !! <<= >>= *= *<> *< *> *<= *>= !',
  ),
);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

function of(effects: readonly Effect[], names: string): [string, readonly Effect[]][] {
  return words(names).map((name) => [name, effects]);
}
