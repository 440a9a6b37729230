import { words } from './words.ts';

/**
 * Functions that compute, or tell of what a session may know anyway, and do nothing else: PostgreSQL's own as in its
 * catalog (`pg_proc`), and some of its usual extensions. What is not here is not known.
 */
export const PURE_FUNCTIONS: ReadonlySet<string> = new Set([
  ...words(`
  count sum avg min max array_agg string_agg bool_and bool_or every bit_and bit_or bit_xor json_agg jsonb_agg
  json_agg_strict jsonb_agg_strict json_object_agg jsonb_object_agg json_object_agg_strict jsonb_object_agg_strict
  json_object_agg_unique jsonb_object_agg_unique xmlagg range_agg range_intersect_agg any_value stddev stddev_pop
  stddev_samp variance var_pop var_samp corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2
  regr_slope regr_sxx regr_sxy regr_syy mode percentile_cont percentile_disc rank dense_rank percent_rank cume_dist
  row_number ntile lag lead first_value last_value nth_value
`),
  ...words(`
  abs cbrt ceil ceiling degrees div erf erfc exp factorial floor gamma gcd lcm lgamma ln log log10 min_scale mod pi pow
  power radians random random_normal round scale sign sqrt trim_scale trunc width_bucket acos acosd acosh asin asind asinh
  atan atan2 atan2d atand atanh cos cosd cosh cot cotd sin sind sinh tan tand tanh
`),
  ...words(`
  ascii bit_count bit_length btrim casefold char_length character_length chr concat concat_ws convert convert_from
  convert_to crc32 crc32c decode encode format get_bit get_byte initcap is_normalized left length like_escape lower lpad
  ltrim md5 normalize octet_length overlay parse_ident position quote_ident quote_literal quote_nullable regexp_count
  regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table
  regexp_substr repeat replace reverse right rpad rtrim set_bit set_byte sha224 sha256 sha384 sha512 similar_escape
  similar_to_escape split_part starts_with string_to_array string_to_table strpos substr substring textlen to_ascii to_bin
  to_hex to_oct translate unicode_assigned unistr upper hashtext hashtextextended like notlike
`),
  ...words(`
  age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days justify_hours
  justify_interval make_date make_interval make_time make_timestamp make_timestamptz now overlaps statement_timestamp
  timeofday timezone to_char to_date to_number to_timestamp transaction_timestamp num_nonnulls num_nulls
`),
  ...words(`
  array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position array_positions
  array_prepend array_remove array_replace array_reverse array_sample array_shuffle array_sort array_to_string array_upper
  cardinality enum_first enum_last enum_range generate_series generate_subscripts trim_array unnest _pg_expandarray
  information_schema._pg_expandarray
`),
  ...words(`
  array_to_json json_array_elements json_array_elements_text json_array_length json_build_array json_build_object json_each
  json_each_text json_extract_path json_extract_path_text json_object json_object_keys json_populate_record
  json_populate_recordset json_strip_nulls json_to_record json_to_recordset json_to_tsvector json_typeof
  jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each
  jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys jsonb_path_exists
  jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query jsonb_path_query_array
  jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
  jsonb_populate_record_valid jsonb_populate_recordset jsonb_pretty jsonb_set jsonb_set_lax jsonb_strip_nulls
  jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof row_to_json to_json to_jsonb
`),
  ...words(`
  datemultirange daterange int4multirange int4range int8multirange int8range isempty lower_inc lower_inf multirange
  nummultirange numrange range_merge tsmultirange tsrange tstzmultirange tstzrange upper_inc upper_inf abbrev broadcast
  family host hostmask inet_merge inet_same_family macaddr8_set7bit masklen netmask network set_masklen area box center
  circle diagonal diameter height isclosed ishorizontal isopen isparallel isperp isvertical line lseg npoints path pclose
  point polygon popen radius slope width
`),
  ...words(`
  array_to_tsvector get_current_ts_config numnode phraseto_tsquery plainto_tsquery querytree setweight strip to_tsquery
  to_tsvector ts_debug ts_delete ts_filter ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_token_type tsquery_phrase
  tsvector_to_array websearch_to_tsquery xml_is_well_formed xml_is_well_formed_content xml_is_well_formed_document
  xmlcomment xmlexists xmltext xpath xpath_exists gen_random_uuid uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7
`),
  ...words(`
  current_database current_query current_schema current_schemas current_user currval getdatabaseencoding getpgusername
  inet_client_addr inet_client_port inet_server_addr inet_server_port lastval session_user system_user version
  pg_backend_pid pg_blocking_pids pg_char_to_encoding pg_client_encoding pg_conf_load_time pg_current_snapshot
  pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_current_xact_id_if_assigned
  pg_encoding_max_length pg_encoding_to_char pg_is_in_recovery pg_is_other_temp_schema pg_is_wal_replay_paused
  pg_jit_available pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_listening_channels
  pg_lock_status pg_my_temp_schema pg_notification_queue_usage pg_postmaster_start_time pg_safe_snapshot_blocking_pids
  pg_sequence_last_value pg_sequence_parameters pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin pg_tablespace_databases
  pg_timezone_abbrevs pg_timezone_names pg_trigger_depth pg_visible_in_snapshot pg_wal_lsn_diff pg_walfile_name
  pg_walfile_name_offset pg_xact_commit_timestamp pg_xact_status txid_current_if_assigned txid_current_snapshot
  txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin txid_status txid_visible_in_snapshot mxid_age
`),
  ...words(`
  has_any_column_privilege has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege
  has_function_privilege has_language_privilege has_largeobject_privilege has_parameter_privilege has_schema_privilege
  has_sequence_privilege has_server_privilege has_table_privilege has_tablespace_privilege has_type_privilege pg_has_role
  row_security_active acldefault aclexplode makeaclitem col_description format_type obj_description shobj_description
  pg_available_extension_versions pg_available_extensions pg_basetype pg_collation_actual_version pg_collation_for
  pg_collation_is_visible pg_column_compression pg_column_is_updatable pg_column_size pg_column_toast_chunk_id
  pg_conversion_is_visible pg_database_size pg_describe_object pg_extension_update_paths pg_filenode_relation
  pg_function_is_visible pg_get_constraintdef pg_get_expr pg_get_function_arg_default pg_get_function_arguments
  pg_get_function_identity_arguments pg_get_function_result pg_get_function_sqlbody pg_get_functiondef pg_get_indexdef
  pg_get_acl pg_get_keywords pg_get_object_address pg_get_partition_constraintdef pg_get_partkeydef pg_get_replica_identity_index
  pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef pg_get_triggerdef pg_get_userbyid pg_get_viewdef
  pg_identify_object pg_identify_object_as_address pg_index_column_has_property pg_index_has_property
  pg_indexam_has_property pg_indexes_size pg_opclass_is_visible pg_operator_is_visible pg_opfamily_is_visible
  pg_options_to_table pg_partition_ancestors pg_partition_root pg_partition_tree pg_relation_filenode pg_relation_filepath
  pg_relation_is_publishable pg_relation_is_updatable pg_relation_size pg_size_bytes pg_size_pretty pg_stat_get_activity
  pg_stat_get_backend_pid pg_statistics_obj_is_visible pg_table_is_visible pg_table_size pg_tablespace_location
  pg_tablespace_size pg_total_relation_size pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible
  pg_ts_template_is_visible pg_type_is_visible pg_typeof to_regclass to_regcollation to_regnamespace to_regoper
  to_regoperator to_regproc to_regprocedure to_regrole to_regtype to_regtypemod oidvectortypes
`),
  ...words(`
  pg_stat_get_analyze_count pg_stat_get_autoanalyze_count pg_stat_get_autovacuum_count pg_stat_get_blocks_fetched
  pg_stat_get_blocks_hit pg_stat_get_db_numbackends pg_stat_get_dead_tuples pg_stat_get_ins_since_vacuum
  pg_stat_get_last_analyze_time pg_stat_get_last_autoanalyze_time pg_stat_get_last_autovacuum_time
  pg_stat_get_last_vacuum_time pg_stat_get_live_tuples pg_stat_get_mod_since_analyze pg_stat_get_numscans
  pg_stat_get_tuples_deleted pg_stat_get_tuples_fetched pg_stat_get_tuples_hot_updated pg_stat_get_tuples_inserted
  pg_stat_get_tuples_returned pg_stat_get_tuples_updated pg_stat_get_vacuum_count
`),
  // Casts written as calls.
  ...words(`
  bit bool bpchar char cidr date float4 float8 int2 int4 int8 interval macaddr money name numeric pg_lsn regclass text time
  timestamp timestamptz timetz varbit varchar xml
`),
  // Of pgcrypto, uuid-ossp, pg_trgm, fuzzystrmatch, unaccent and vector.
  ...words(`
  armor crypt dearmor decrypt digest encrypt gen_random_bytes gen_salt hmac pgp_sym_decrypt pgp_sym_encrypt
  uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_url
  similarity show_trgm strict_word_similarity word_similarity difference dmetaphone dmetaphone_alt levenshtein
  levenshtein_less_equal metaphone soundex unaccent cosine_distance inner_product l2_distance vector_dims vector_norm
`),
]);
