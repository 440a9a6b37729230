import type { Effect } from '@countersign/core';
import { loadModule, parseSync } from 'libpg-query';
import { excerpt, understand, type Classification, type Findings } from '../classification.ts';
import { FUNCTION_EFFECTS, OPERATORS, PURE_FUNCTIONS, RUNS_TEXT, SECRET_TABLES } from './functions.ts';
import { ALTER_TABLE, HARMLESS_SETTINGS, READING_SETTINGS, STATEMENTS } from './statements.ts';

export interface SqlOptions {
  /** What functions of one's own do, by name as written (`refund`, `billing.refund`). */
  readonly functions?: Readonly<Record<string, readonly Effect[]>>;
  /** Tables whose content is secret, by name or `schema.name`. */
  readonly secret_tables?: readonly string[];
}

/** Longer texts take the parser more than the tenth of a second that any input may. */
const MAX_SQL = 20_480;
const MAX_COMMENTS = 1000;

let loaded = false;

/** Loads the parser; until then `classifySql` understands nothing. */
export async function loadSql(): Promise<void> {
  await loadModule();
  loaded = true;
}

/**
 * What a text of SQL would do, read by PostgreSQL's own parser: every statement of it, and every part of each,
 * wherever it stands. Total: what does not parse, and what is not known, is not understood.
 */
export function classifySql(sql: string, options: SqlOptions = {}): Classification {
  return understand(sql, 'SQL', (found) => {
    if (!loaded) throw new Error('the parser is not loaded');
    if (sql.length > MAX_SQL) return void found.unknown(`longer than ${MAX_SQL} characters`);
    // The parser reads up to U+0000, a server may not; half of a pair is another character to each.
    if (sql.includes('\0') || !sql.isWellFormed())
      return void found.unknown('characters that SQL does not have');
    // The parser takes the square of the time for comments within comments.
    if (sql.split('/*', MAX_COMMENTS + 2).length > MAX_COMMENTS + 1)
      return void found.unknown(`more than ${MAX_COMMENTS} comments`);
    const { stmts = [] } = parseSync(sql) as { stmts?: { stmt: Node }[] };
    if (stmts.length === 0) return void found.unknown('no statement');
    for (const { stmt } of stmts) {
      const { valuesLists } = (stmt['SelectStmt'] ?? {}) as Node;
      if (valuesLists !== undefined) found.effect('read', 'VALUES');
    }
    new Reader(found, options).read(stmts);
  });
}

type Node = Readonly<Record<string, unknown>>;

/** Walks a parse tree without recursion: the input chooses how deep it is. */
class Reader {
  readonly #found: Findings;
  readonly #functions: ReadonlyMap<string, readonly Effect[]>;
  readonly #secretTables: ReadonlySet<string>;

  constructor(found: Findings, { functions = {}, secret_tables = [] }: SqlOptions) {
    this.#found = found;
    this.#functions = new Map(Object.entries(functions));
    this.#secretTables = new Set([...SECRET_TABLES, ...secret_tables]);
  }

  read(tree: unknown): void {
    const open: unknown[] = [tree];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (Array.isArray(next)) {
        for (const item of next as unknown[]) open.push(item);
      } else if (isNode(next)) {
        for (const [name, value] of Object.entries(next)) {
          if (isNode(value)) this.#node(name, value);
          open.push(value);
        }
      }
    }
  }

  /** A member's value. Where it can be of one kind only it is not named after its kind, as in `relation`, `larg`. */
  #node(name: string, node: Node): void {
    if (typeof node['relname'] === 'string') this.#table(node);
    for (const list of ['operName', 'useOp'])
      if (Array.isArray(node[list])) this.#operator(namesIn(node[list]));
    switch (name) {
      case 'ColumnRef':
        return void this.#found.touch('column', namesIn(node['fields']).join('.') || '*');
      case 'FuncCall':
      case 'funccall':
        return this.#call(namesIn(node['funcname']));
      case 'A_Expr':
        return this.#operator(namesIn(node['name']));
      case 'intoClause':
        return void this.#found.effect('create', 'SELECT INTO');
      case 'LockingClause':
        return void this.#found.effect('update', 'FOR UPDATE or SHARE locks rows');
      case 'RangeTableSample':
        if (!/^(?:system|bernoulli)$/.test(namesIn(node['method']).join('.')))
          this.#found.unknown('how TABLESAMPLE samples');
        return;
      default:
        // Members are called so too, in lower case: `selectStmt`.
        if (/^[A-Z]\w*Stmt$/.test(name)) this.#statement(name, node);
    }
  }

  #statement(name: string, node: Node): void {
    const own = READERS.get(name);
    if (own !== undefined) return own(this.#found, node);
    const known = STATEMENTS.get(name);
    if (known === undefined) return void this.#found.unknown(`a ${name}`);
    for (const effect of known.effects) this.#found.effect(effect, known.what);
    if (known.outward === true) this.#found.outward(known.what);
    for (const named of objectsIn(node['objects'])) this.#found.touch('object', named);
  }

  #table(node: Node): void {
    const { catalogname, schemaname, relname } = node;
    if (typeof relname !== 'string') return;
    const name = typeof schemaname === 'string' ? `${schemaname}.${relname}` : relname;
    this.#found.touch('table', name);
    if (typeof catalogname === 'string') this.#found.touch('database', catalogname);
    const bare = schemaname === undefined || schemaname === 'pg_catalog' ? relname : name;
    if (this.#secretTables.has(bare) || this.#secretTables.has(name))
      this.#found.effect('secret', `${excerpt(name)} holds secrets`);
  }

  #call(names: readonly string[]): void {
    const [schema, bare] =
      names.length > 1 ? [names.slice(0, -1).join('.'), names.at(-1)] : [undefined, names[0]];
    const full = names.join('.');
    const own = this.#functions.get(full);
    if (own !== undefined) {
      for (const effect of own) this.#found.effect(effect, `${excerpt(full)}()`);
      this.#found.touch('function', full);
      return;
    }
    const known = schema === undefined || schema === 'pg_catalog' ? bare : undefined;
    const effects = FUNCTION_EFFECTS.get(known ?? '');
    if (effects !== undefined) {
      for (const effect of effects) this.#found.effect(effect, `${full}()`);
      if (effects.includes('network')) this.#found.outward(`${full}()`);
    } else if (RUNS_TEXT.has(known ?? '')) this.#found.unknown(`${full}() runs text`);
    else if (!PURE_FUNCTIONS.has(known ?? '')) this.#found.unknown(`what ${excerpt(full)}() does`);
  }

  #operator(names: readonly string[]): void {
    const symbol = names.at(-1) ?? '';
    const ours = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
    // IN, LIKE, BETWEEN and the like name operators of their own, or none.
    const known =
      OPERATORS.has(symbol) ||
      /^(?:BETWEEN|NOT BETWEEN|BETWEEN SYMMETRIC|NOT BETWEEN SYMMETRIC)$/.test(symbol);
    if (!ours || !known) this.#found.unknown(`the operator ${excerpt(names.join('.'))}`);
  }
}

type StatementReader = (found: Findings, node: Node) => void;

/** Statements whose effects depend on what they say. */
const READERS: ReadonlyMap<string, StatementReader> = new Map<string, StatementReader>([
  [
    'SelectStmt',
    // The VALUES of an INSERT read nothing; those on their own are seen to by `classifySql`.
    (found, { valuesLists }) => void (valuesLists === undefined && found.effect('read', 'SELECT')),
  ],
  [
    'InsertStmt',
    (found, { relation, onConflictClause }) => {
      found.effect('create', `INSERT INTO ${tableIn(relation)}`);
      if (isNode(onConflictClause) && onConflictClause['action'] === 'ONCONFLICT_UPDATE')
        found.effect('update', `ON CONFLICT updates ${tableIn(relation)}`);
    },
  ],
  [
    'UpdateStmt',
    (found, node) => void found.effect('update', `UPDATE ${tableIn(node['relation'])}${whole(node)}`),
  ],
  [
    'DeleteStmt',
    (found, node) => void found.effect('delete', `DELETE FROM ${tableIn(node['relation'])}${whole(node)}`),
  ],
  [
    'MergeStmt',
    (found, { relation, mergeWhenClauses }) => {
      found.effect('read', `MERGE INTO ${tableIn(relation)}`);
      for (const clause of itemsOf(mergeWhenClauses)) {
        const { commandType } = (clause['MergeWhenClause'] ?? {}) as Node;
        const effect = MERGE[String(commandType)];
        if (effect !== undefined) found.effect(effect, `MERGE changes ${tableIn(relation)}`);
        else if (commandType !== 'CMD_NOTHING') found.unknown('what MERGE does');
      }
    },
  ],
  [
    'CopyStmt',
    (found, { relation, is_from, is_program, filename }) => {
      const what = `COPY ${relation === undefined ? 'a query' : tableIn(relation)}`;
      found.effect(is_from === true ? 'create' : 'read', what);
      if (is_program === true)
        return void found.effect(
          'execute',
          `${what} ${is_from === true ? 'FROM' : 'TO'} PROGRAM ${quoted(filename)}`,
        );
      if (is_from !== true)
        found.effect('export', `${what} TO ${filename === undefined ? 'STDOUT' : quoted(filename)}`);
      if (typeof filename !== 'string') return;
      found.touch('file', filename);
      found.effect(
        is_from === true ? 'secret' : 'update',
        `${what}: a file of the server, ${quoted(filename)}`,
      );
    },
  ],
  [
    'VariableSetStmt',
    (found, { kind, name }) => {
      const setting = typeof name === 'string' ? name : '';
      if (READING_SETTINGS.has(setting.toLowerCase()))
        found.unknown(`SET ${setting} changes how SQL is read`);
      else if (kind === 'VAR_RESET_ALL') found.effect('update', 'RESET ALL');
      else if (/^(?:role|session_authorization)$/i.test(setting)) found.effect('grant', `SET ${setting}`);
      else if (HARMLESS_SETTINGS.has(setting) || HARMLESS_SETTINGS.has(setting.toLowerCase()))
        found.effect('read', `SET ${setting}`);
      else found.unknown(`SET ${excerpt(setting)}`);
    },
  ],
  [
    'TransactionStmt',
    (found, { kind }) => {
      const prepared = /PREPARE/.test(String(kind));
      found.effect(prepared ? 'update' : 'read', prepared ? 'a prepared transaction' : 'a transaction');
    },
  ],
  [
    'AlterTableStmt',
    (found, { relation, cmds }) => {
      found.effect('update', `ALTER ${tableIn(relation)}`);
      for (const item of itemsOf(cmds)) {
        const { subtype } = (item['AlterTableCmd'] ?? {}) as Node;
        const effect = ALTER_TABLE.get(String(subtype));
        if (effect !== undefined)
          found.effect(effect, `ALTER ${tableIn(relation)}: ${String(subtype).slice(3)}`);
      }
    },
  ],
  ['CreateRoleStmt', role('CREATE ROLE')],
  ['AlterRoleStmt', role('ALTER ROLE')],
  ['DoStmt', (found) => void found.unknown('a DO block')],
  ['ExecuteStmt', (found) => void found.unknown('what was prepared')],
]);

const MERGE: Readonly<Record<string, Effect>> = {
  CMD_INSERT: 'create',
  CMD_UPDATE: 'update',
  CMD_DELETE: 'delete',
};

function role(what: string): StatementReader {
  return (found, { role: name, options }) => {
    found.effect('grant', `${what} ${typeof name === 'string' ? excerpt(name) : ''}`.trim());
    const named = itemsOf(options).map((item) => ((item['DefElem'] ?? {}) as Node)['defname']);
    if (named.includes('password')) found.effect('secret', `${what} sets a password`);
  };
}

/** Says so where nothing narrows a change down: no WHERE, or one that names no column. */
function whole({ whereClause }: Node): string {
  return whereClause === undefined || !mentionsColumn(whereClause) ? ', no WHERE' : '';
}

function mentionsColumn(tree: unknown): boolean {
  const open: unknown[] = [tree];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) for (const item of next as unknown[]) open.push(item);
    else if (isNode(next)) {
      if ('ColumnRef' in next || 'CurrentOfExpr' in next) return true;
      for (const value of Object.values(next)) open.push(value);
    }
  }
  return false;
}

function tableIn(relation: unknown): string {
  if (!isNode(relation)) return 'it';
  const { schemaname, relname } = relation;
  return excerpt([schemaname, relname].filter((name) => typeof name === 'string').join('.'));
}

function quoted(text: unknown): string {
  return `'${excerpt(typeof text === 'string' ? text : '')}'`;
}

/** The names of a list of `String` nodes; a star is `*`. */
function namesIn(list: unknown): string[] {
  return itemsOf(list).map((item) => {
    if ('A_Star' in item) return '*';
    const { sval } = (item['String'] ?? {}) as Node;
    return typeof sval === 'string' ? sval : '';
  });
}

function objectsIn(list: unknown): string[] {
  return itemsOf(list).flatMap((item) => {
    const { items } = (item['List'] ?? {}) as Node;
    const names = items === undefined ? namesIn([item]) : namesIn(items);
    return names.some((name) => name !== '') ? [names.join('.')] : [];
  });
}

function itemsOf(list: unknown): Node[] {
  return Array.isArray(list) ? (list as unknown[]).filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
