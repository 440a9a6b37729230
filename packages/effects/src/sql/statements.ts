import type { Effect } from '@countersign/core';

interface Statement {
  readonly effects: readonly Effect[];
  /** As a person names it. */
  readonly what: string;
  readonly outward?: boolean;
}

/**
 * Every statement of PostgreSQL whose effects are the same whatever it says, by the name of its node. What is neither
 * here nor read by itself in `statement-readers.ts` is not understood.
 */
export const STATEMENTS: ReadonlyMap<string, Statement> = new Map<string, Statement>([
  ...all(['read'], {
    ConstraintsSetStmt: 'SET CONSTRAINTS',
    DeallocateStmt: 'DEALLOCATE',
    ClosePortalStmt: 'CLOSE',
    FetchStmt: 'FETCH',
    ListenStmt: 'LISTEN',
    UnlistenStmt: 'UNLISTEN',
    DeclareCursorStmt: 'DECLARE CURSOR',
    PrepareStmt: 'PREPARE',
    ReturnStmt: 'RETURN',
  }),
  ...all(['create'], {
    CreateStmt: 'CREATE TABLE',
    CreateTableAsStmt: 'CREATE TABLE AS',
    IndexStmt: 'CREATE INDEX',
    CreateSeqStmt: 'CREATE SEQUENCE',
    CreateEnumStmt: 'CREATE TYPE',
    CompositeTypeStmt: 'CREATE TYPE',
    CreateStatsStmt: 'CREATE STATISTICS',
  }),
  ...all(['create', 'update'], { ViewStmt: 'CREATE VIEW' }),
  ...all(['update'], {
    AlterEnumStmt: 'ALTER TYPE',
    AlterSeqStmt: 'ALTER SEQUENCE',
    AlterCollationStmt: 'ALTER COLLATION',
    AlterStatsStmt: 'ALTER STATISTICS',
    AlterTableMoveAllStmt: 'ALTER TABLE ALL ... SET TABLESPACE',
    AlterTableSpaceOptionsStmt: 'ALTER TABLESPACE',
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
  }),
  ...all(['delete'], {
    TruncateStmt: 'TRUNCATE',
    DropdbStmt: 'DROP DATABASE',
    DropTableSpaceStmt: 'DROP TABLESPACE',
    DropUserMappingStmt: 'DROP USER MAPPING',
  }),
  ...all(['delete', 'grant'], { DropRoleStmt: 'DROP ROLE', DropOwnedStmt: 'DROP OWNED' }),
  ...all(['grant'], {
    GrantStmt: 'GRANT or REVOKE',
    GrantRoleStmt: 'GRANT or REVOKE of a role',
    AlterDefaultPrivilegesStmt: 'ALTER DEFAULT PRIVILEGES',
    AlterOwnerStmt: 'ALTER ... OWNER',
    ReassignOwnedStmt: 'REASSIGN OWNED',
    SecLabelStmt: 'SECURITY LABEL',
    CreatePolicyStmt: 'CREATE POLICY',
    AlterPolicyStmt: 'ALTER POLICY',
  }),
  ...all(['execute'], { CallStmt: 'CALL', LoadStmt: 'LOAD' }),
  ...all(['create', 'execute'], {
    CreateTrigStmt: 'CREATE TRIGGER',
    CreateRangeStmt: 'CREATE TYPE',
    RuleStmt: 'CREATE RULE',
    CreatePLangStmt: 'CREATE LANGUAGE',
    CreateExtensionStmt: 'CREATE EXTENSION',
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
    AlterTypeStmt: 'ALTER TYPE',
  }),
  ...all(['update', 'grant'], { AlterDatabaseStmt: 'ALTER DATABASE' }),
  ...all(['update', 'execute', 'grant'], {
    AlterFunctionStmt: 'ALTER FUNCTION',
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
    },
    true,
  ),
  // Its connection holds a password, or finds one.
  ...all(['create', 'export', 'secret', 'network'], { CreateSubscriptionStmt: 'CREATE SUBSCRIPTION' }, true),
  ...all(['delete', 'network'], { DropSubscriptionStmt: 'DROP SUBSCRIPTION' }, true),
  ...all(
    ['update', 'export', 'network'],
    {
      AlterFdwStmt: 'ALTER FOREIGN DATA WRAPPER',
      AlterForeignServerStmt: 'ALTER SERVER',
      AlterPublicationStmt: 'ALTER PUBLICATION',
    },
    true,
  ),
  ...all(['update', 'export', 'secret', 'network'], { AlterSubscriptionStmt: 'ALTER SUBSCRIPTION' }, true),
  ...all(
    ['create', 'secret', 'network'],
    { CreateUserMappingStmt: 'CREATE USER MAPPING', AlterUserMappingStmt: 'ALTER USER MAPPING' },
    true,
  ),
]);

function all(
  effects: readonly Effect[],
  names: Readonly<Record<string, string>>,
  outward = false,
): [string, Statement][] {
  return Object.entries(names).map(([node, what]) => [node, { effects, what, outward }]);
}
