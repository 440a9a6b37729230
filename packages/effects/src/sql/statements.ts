import type { Effect } from '@countersign/core';

interface Statement {
  readonly effects: readonly Effect[];
  /** As a person names it. */
  readonly what: string;
  readonly outward?: boolean;
}

/**
 * Every statement of PostgreSQL whose effects are the same whatever it says, by the name of its node. What is neither
 * here nor read by itself in `classify-sql.ts` is not understood.
 */
export const STATEMENTS: ReadonlyMap<string, Statement> = new Map<string, Statement>([
  ...all(['read'], {
    VariableShowStmt: 'SHOW',
    ConstraintsSetStmt: 'SET CONSTRAINTS',
    DiscardStmt: 'DISCARD',
    DeallocateStmt: 'DEALLOCATE',
    ClosePortalStmt: 'CLOSE',
    FetchStmt: 'FETCH',
    ListenStmt: 'LISTEN',
    UnlistenStmt: 'UNLISTEN',
    ExplainStmt: 'EXPLAIN',
    DeclareCursorStmt: 'DECLARE CURSOR',
    PrepareStmt: 'PREPARE',
  }),
  ...all(['create'], {
    CreateStmt: 'CREATE TABLE',
    CreateTableAsStmt: 'CREATE TABLE AS',
    IndexStmt: 'CREATE INDEX',
    CreateSchemaStmt: 'CREATE SCHEMA',
    CreateSeqStmt: 'CREATE SEQUENCE',
    CreateEnumStmt: 'CREATE TYPE',
    CreateRangeStmt: 'CREATE TYPE',
    CompositeTypeStmt: 'CREATE TYPE',
    CreateStatsStmt: 'CREATE STATISTICS',
    CreatedbStmt: 'CREATE DATABASE',
    CreateTableSpaceStmt: 'CREATE TABLESPACE',
  }),
  ...all(['create', 'update'], { ViewStmt: 'CREATE VIEW' }),
  ...all(['update'], {
    RenameStmt: 'ALTER ... RENAME',
    AlterObjectSchemaStmt: 'ALTER ... SET SCHEMA',
    AlterEnumStmt: 'ALTER TYPE',
    AlterTypeStmt: 'ALTER TYPE',
    AlterSeqStmt: 'ALTER SEQUENCE',
    AlterDomainStmt: 'ALTER DOMAIN',
    AlterCollationStmt: 'ALTER COLLATION',
    AlterStatsStmt: 'ALTER STATISTICS',
    AlterTableMoveAllStmt: 'ALTER TABLE ALL ... SET TABLESPACE',
    AlterTableSpaceOptionsStmt: 'ALTER TABLESPACE',
    AlterDatabaseStmt: 'ALTER DATABASE',
    AlterDatabaseRefreshCollStmt: 'ALTER DATABASE',
    AlterTSConfigurationStmt: 'ALTER TEXT SEARCH CONFIGURATION',
    AlterTSDictionaryStmt: 'ALTER TEXT SEARCH DICTIONARY',
    AlterObjectDependsStmt: 'ALTER ... DEPENDS ON EXTENSION',
    CommentStmt: 'COMMENT',
    LockStmt: 'LOCK',
    VacuumStmt: 'VACUUM or ANALYZE',
    ClusterStmt: 'CLUSTER',
    ReindexStmt: 'REINDEX',
    RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
    CheckPointStmt: 'CHECKPOINT',
    ReplicaIdentityStmt: 'ALTER TABLE ... REPLICA IDENTITY',
  }),
  ...all(['delete'], {
    TruncateStmt: 'TRUNCATE',
    DropStmt: 'DROP',
    DropdbStmt: 'DROP DATABASE',
    DropTableSpaceStmt: 'DROP TABLESPACE',
    DropUserMappingStmt: 'DROP USER MAPPING',
    DropSubscriptionStmt: 'DROP SUBSCRIPTION',
  }),
  ...all(['delete', 'grant'], { DropRoleStmt: 'DROP ROLE', DropOwnedStmt: 'DROP OWNED' }),
  ...all(['grant'], {
    GrantStmt: 'GRANT or REVOKE',
    GrantRoleStmt: 'GRANT or REVOKE of a role',
    AlterRoleSetStmt: 'ALTER ROLE ... SET',
    AlterDefaultPrivilegesStmt: 'ALTER DEFAULT PRIVILEGES',
    AlterOwnerStmt: 'ALTER ... OWNER',
    ReassignOwnedStmt: 'REASSIGN OWNED',
    SecLabelStmt: 'SECURITY LABEL',
    CreatePolicyStmt: 'CREATE POLICY',
    AlterPolicyStmt: 'ALTER POLICY',
    AlterDatabaseSetStmt: 'ALTER DATABASE ... SET',
  }),
  ...all(['execute'], { CallStmt: 'CALL', LoadStmt: 'LOAD' }),
  ...all(['create', 'execute'], {
    CreateFunctionStmt: 'CREATE FUNCTION or PROCEDURE',
    CreateTrigStmt: 'CREATE TRIGGER',
    RuleStmt: 'CREATE RULE',
    CreatePLangStmt: 'CREATE LANGUAGE',
    CreateExtensionStmt: 'CREATE EXTENSION',
    CreateDomainStmt: 'CREATE DOMAIN',
    DefineStmt: 'CREATE AGGREGATE, OPERATOR or TYPE',
    CreateCastStmt: 'CREATE CAST',
    CreateTransformStmt: 'CREATE TRANSFORM',
    CreateConversionStmt: 'CREATE CONVERSION',
    CreateAmStmt: 'CREATE ACCESS METHOD',
    CreateOpClassStmt: 'CREATE OPERATOR CLASS',
    CreateOpFamilyStmt: 'CREATE OPERATOR FAMILY',
  }),
  ...all(['update', 'execute'], {
    AlterExtensionStmt: 'ALTER EXTENSION',
    AlterExtensionContentsStmt: 'ALTER EXTENSION',
    AlterOperatorStmt: 'ALTER OPERATOR',
    AlterOpFamilyStmt: 'ALTER OPERATOR FAMILY',
  }),
  ...all(['update', 'execute', 'grant'], {
    AlterFunctionStmt: 'ALTER FUNCTION',
    AlterSystemStmt: 'ALTER SYSTEM',
    AlterEventTrigStmt: 'ALTER EVENT TRIGGER',
  }),
  ...all(['create', 'execute', 'grant'], { CreateEventTrigStmt: 'CREATE EVENT TRIGGER' }),
  ...all(['export'], { NotifyStmt: 'NOTIFY' }),
  ...all(
    ['create', 'export', 'network'],
    {
      CreateFdwStmt: 'CREATE FOREIGN DATA WRAPPER',
      CreateForeignServerStmt: 'CREATE SERVER',
      CreateForeignTableStmt: 'CREATE FOREIGN TABLE',
      ImportForeignSchemaStmt: 'IMPORT FOREIGN SCHEMA',
      CreatePublicationStmt: 'CREATE PUBLICATION',
      CreateSubscriptionStmt: 'CREATE SUBSCRIPTION',
    },
    true,
  ),
  ...all(
    ['update', 'export', 'network'],
    {
      AlterFdwStmt: 'ALTER FOREIGN DATA WRAPPER',
      AlterForeignServerStmt: 'ALTER SERVER',
      AlterPublicationStmt: 'ALTER PUBLICATION',
      AlterSubscriptionStmt: 'ALTER SUBSCRIPTION',
    },
    true,
  ),
  ...all(
    ['create', 'secret', 'network'],
    { CreateUserMappingStmt: 'CREATE USER MAPPING', AlterUserMappingStmt: 'ALTER USER MAPPING' },
    true,
  ),
]);

/** What `ALTER TABLE` does beside changing the table, by the kind of its command. */
export const ALTER_TABLE: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ['AT_DropColumn', 'delete'],
  ['AT_DropConstraint', 'delete'],
  ['AT_DropNotNull', 'update'],
  ['AT_DropExpression', 'delete'],
  ['AT_DropIdentity', 'delete'],
  ['AT_DetachPartition', 'delete'],
  ['AT_ChangeOwner', 'grant'],
  ['AT_EnableRowSecurity', 'grant'],
  ['AT_DisableRowSecurity', 'grant'],
  ['AT_ForceRowSecurity', 'grant'],
  ['AT_NoForceRowSecurity', 'grant'],
  ...[
    'EnableTrig',
    'EnableAlwaysTrig',
    'EnableReplicaTrig',
    'DisableTrig',
    'EnableTrigAll',
    'DisableTrigAll',
  ].map(triggers),
  ...[
    'EnableTrigUser',
    'DisableTrigUser',
    'EnableRule',
    'EnableAlwaysRule',
    'EnableReplicaRule',
    'DisableRule',
  ].map(triggers),
]);

/** Settings of a session that change how long and in what form it answers, not what it may do. */
export const HARMLESS_SETTINGS: ReadonlySet<string> = new Set(
  `application_name bytea_output client_min_messages cursor_tuple_fraction datestyle deadlock_timeout
  default_transaction_isolation effective_cache_size enable_bitmapscan enable_hashagg enable_hashjoin enable_indexonlyscan
  enable_indexscan enable_mergejoin enable_nestloop enable_seqscan enable_sort extra_float_digits from_collapse_limit
  idle_in_transaction_session_timeout idle_session_timeout intervalstyle jit join_collapse_limit lock_timeout
  log_min_duration_statement maintenance_work_mem max_parallel_workers_per_gather random_page_cost seq_page_cost
  statement_timeout timezone transaction_timeout work_mem TRANSACTION`.split(/\s+/),
);

/** Settings that would have the next text read in another way than we read it. */
export const READING_SETTINGS: ReadonlySet<string> = new Set([
  'standard_conforming_strings',
  'backslash_quote',
  'escape_string_warning',
  'client_encoding',
]);

function triggers(kind: string): [string, Effect] {
  return [`AT_${kind}`, 'grant'];
}

function all(
  effects: readonly Effect[],
  names: Readonly<Record<string, string>>,
  outward = false,
): [string, Statement][] {
  return Object.entries(names).map(([node, what]) => [node, { effects, what, outward }]);
}
