import type { Effect } from '@countersign/core';
import { excerpt } from '../classification.ts';
import { alterTable } from './alter-table.ts';
import { whole } from './conditions.ts';
import {
  createCast,
  createDomain,
  define,
  kindOf,
  moveToSchema,
  rename,
  type IsTaken,
} from './created-functions.ts';
import type { Evidence } from './evidence.ts';
import { constantIn, itemsOf, member, optionsIn, relationIn, textOf, type Node } from './nodes.ts';
import { writesTo } from './relations.ts';
import { settingOfOthers, showSetting, transactionModes, variableSet } from './settings.ts';

export type StatementReader = (evidence: Evidence, node: Node, isOwn: IsTaken) => void;

/** Statements whose effects depend on what they say, beside what any part of them does. */
export const READERS: ReadonlyMap<string, StatementReader> = new Map<string, StatementReader>([
  [
    'SelectStmt',
    // The VALUES of an INSERT read nothing; those on their own are seen to by `classifySql`.
    (evidence, { valuesLists }) => void (valuesLists === undefined && evidence.effect('read', 'SELECT')),
  ],
  ['InsertStmt', insert],
  ['UpdateStmt', update],
  ['DeleteStmt', remove],
  ['MergeStmt', merge],
  ['CopyStmt', copy],
  ['VariableSetStmt', variableSet],
  ['VariableShowStmt', (evidence, node) => showSetting(evidence, textOf(node, 'name'))],
  ['TransactionStmt', transaction],
  ['DiscardStmt', discard],
  ['AlterTableStmt', alterTable],
  ['DefineStmt', define],
  ['RenameStmt', rename],
  ['AlterObjectSchemaStmt', moveToSchema],
  ['DropStmt', drop],
  ['CreateSchemaStmt', createSchema],
  ['CreatedbStmt', createDatabase],
  ['CreateTableSpaceStmt', createTableSpace],
  ['CreateDomainStmt', createDomain],
  ['CreateCastStmt', createCast],
  ['AlterDomainStmt', alterDomain],
  ['CreateRoleStmt', role('CREATE ROLE')],
  ['AlterRoleStmt', role('ALTER ROLE')],
  ['AlterRoleSetStmt', settings('ALTER ROLE ... SET', ['grant'])],
  ['AlterDatabaseSetStmt', settings('ALTER DATABASE ... SET', ['grant'])],
  ['AlterSystemStmt', settings('ALTER SYSTEM', ['update', 'execute', 'grant'])],
  ['DoStmt', (evidence) => evidence.unknown('a DO block')],
  ['ExecuteStmt', (evidence) => evidence.unknown('what was prepared')],
]);

function insert(evidence: Evidence, node: Node): void {
  const { relation, cols, onConflictClause } = node;
  const table = tableIn(relation);
  evidence.effect('create', `INSERT INTO ${table}`);
  const conflict = (onConflictClause ?? {}) as Node;
  if (conflict['action'] === 'ONCONFLICT_UPDATE') {
    evidence.effect('update', `ON CONFLICT updates ${table}`);
    columns(evidence, relation, conflict['targetList']);
  }
  columns(evidence, relation, cols);
  returning(evidence, node, `INSERT INTO ${table}`);
  writesTo(evidence, relationIn(relation));
}

function update(evidence: Evidence, node: Node): void {
  const { relation, targetList, fromClause, whereClause } = node;
  const table = tableIn(relation);
  evidence.effect('update', `UPDATE ${table}${whole(whereClause)}`);
  if (fromClause !== undefined) evidence.effect('read', `UPDATE ${table} FROM`);
  columns(evidence, relation, targetList);
  returning(evidence, node, `UPDATE ${table}`);
  writesTo(evidence, relationIn(relation));
}

function remove(evidence: Evidence, node: Node): void {
  const { relation, usingClause, whereClause } = node;
  const table = tableIn(relation);
  evidence.effect('delete', `DELETE FROM ${table}${whole(whereClause)}`);
  if (usingClause !== undefined) evidence.effect('read', `DELETE FROM ${table} USING`);
  returning(evidence, node, `DELETE FROM ${table}`);
  writesTo(evidence, relationIn(relation));
}

const MERGE: ReadonlyMap<unknown, Effect> = new Map<unknown, Effect>([
  ['CMD_INSERT', 'create'],
  ['CMD_UPDATE', 'update'],
  ['CMD_DELETE', 'delete'],
]);

function merge(evidence: Evidence, node: Node): void {
  const { relation, joinCondition, mergeWhenClauses } = node;
  const table = tableIn(relation);
  const joined = whole(joinCondition);
  evidence.effect('read', `MERGE INTO ${table}`);
  for (const item of itemsOf(mergeWhenClauses)) {
    const clause = member(item, 'MergeWhenClause');
    const { commandType, condition, targetList } = clause;
    const effect = MERGE.get(commandType);
    if (effect !== undefined) {
      const all = effect === 'create' || condition !== undefined ? '' : joined;
      evidence.effect(effect, `MERGE changes ${table}${all}`);
      columns(evidence, relation, targetList);
    } else if (commandType !== 'CMD_NOTHING') evidence.unknown('what MERGE does');
  }
  writesTo(evidence, relationIn(relation));
}

function copy(evidence: Evidence, { relation, is_from, is_program, filename }: Node): void {
  const what = `COPY ${relation === undefined ? 'a query' : tableIn(relation)}`;
  const into = is_from === true;
  evidence.effect(into ? 'create' : 'read', what);
  if (into) writesTo(evidence, relationIn(relation));
  if (is_program === true) {
    const program = `${what} ${into ? 'FROM' : 'TO'} PROGRAM ${quoted(filename)}`;
    evidence.effect('execute', program);
    if (!into) evidence.effect('export', program);
    evidence.outward(program);
    return;
  }
  if (!into) evidence.effect('export', `${what} TO ${filename === undefined ? 'STDOUT' : quoted(filename)}`);
  if (typeof filename !== 'string') return;
  evidence.touch('file', filename);
  evidence.effect(into ? 'secret' : 'update', `${what}: a file of the server, ${quoted(filename)}`);
}

function transaction(evidence: Evidence, { kind, options }: Node): void {
  if (/PREPARE/.test(String(kind))) evidence.effect('update', 'a prepared transaction');
  else transactionModes(evidence, options, 'a transaction');
}

function discard(evidence: Evidence, { target }: Node): void {
  evidence.effect('read', 'DISCARD');
  if (target === 'DISCARD_ALL' || target === 'DISCARD_TEMP')
    evidence.effect('delete', 'DISCARD of temporary tables');
  if (target === 'DISCARD_ALL') evidence.effects(['update', 'grant'], 'DISCARD ALL, with what was SET');
}

/** What keeps somebody from something, or makes something happen of itself. */
const GUARDS = /POLICY|TRIGGER|RULE/;

function drop(evidence: Evidence, { removeType, behavior }: Node): void {
  const what = `DROP ${kindOf(removeType)}${behavior === 'DROP_CASCADE' ? ' CASCADE' : ''}`;
  evidence.effect('delete', what);
  if (GUARDS.test(String(removeType))) evidence.effect('grant', what);
}

function createSchema(evidence: Evidence, { authrole }: Node): void {
  evidence.effect('create', 'CREATE SCHEMA');
  if (authrole !== undefined) evidence.effect('grant', 'CREATE SCHEMA AUTHORIZATION');
}

function createDatabase(evidence: Evidence, { options }: Node): void {
  evidence.effect('create', 'CREATE DATABASE');
  for (const { defname, arg } of optionsIn(options)) {
    if (defname === 'owner') evidence.effect('grant', 'CREATE DATABASE OWNER');
    if (defname === 'template' && !/^template[01]$/.test(constantIn(arg) ?? ''))
      evidence.effect('read', 'CREATE DATABASE copies another');
  }
}

function createTableSpace(evidence: Evidence, { owner, location }: Node): void {
  evidence.effect('create', 'CREATE TABLESPACE');
  if (owner !== undefined) evidence.effect('grant', 'CREATE TABLESPACE OWNER');
  if (typeof location === 'string') evidence.touch('file', location);
}

function alterDomain(evidence: Evidence, { subtype }: Node): void {
  evidence.effect('update', 'ALTER DOMAIN');
  if (subtype === 'X') evidence.effect('delete', 'ALTER DOMAIN drops a constraint');
}

function role(what: string): StatementReader {
  return (evidence, node) => {
    evidence.effect(
      'grant',
      `${what} ${excerpt(textOf(node, 'role') || textOf(member(node, 'role'), 'rolename'))}`,
    );
    if (optionsIn(node['options']).some((option) => option['defname'] === 'password'))
      evidence.effect('secret', `${what} sets a password`);
  };
}

function settings(what: string, effects: readonly Effect[]): StatementReader {
  return (evidence, node) => {
    const setting = member(node, 'setstmt');
    evidence.effects(effects, `${what} ${excerpt(textOf(setting, 'name'))}`.trim());
    settingOfOthers(evidence, setting);
  };
}

/** The columns that a change names. */
function columns(evidence: Evidence, relation: unknown, targets: unknown): void {
  const table = relationIn(relation)?.full;
  for (const item of itemsOf(targets)) {
    const name = textOf(member(item, 'ResTarget'), 'name');
    if (name !== '') evidence.column(table === undefined ? name : `${table}.${name}`);
  }
}

function returning(evidence: Evidence, { returningClause, returningList }: Node, what: string): void {
  if (returningClause !== undefined || returningList !== undefined)
    evidence.effect('read', `${what} RETURNING`);
}

function tableIn(relation: unknown): string {
  return excerpt(relationIn(relation)?.full ?? 'it');
}

function quoted(text: unknown): string {
  return `'${excerpt(typeof text === 'string' ? text : '')}'`;
}
