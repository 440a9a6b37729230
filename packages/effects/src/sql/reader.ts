import type { Effect } from '@countersign/core';
import { excerpt } from '../classification.ts';
import { createFunction } from './created-functions.ts';
import type { Evidence } from './evidence.ts';
import { FILE_ARGUMENT, FUNCTION_EFFECTS, RESULT_COLUMNS, RUNS_TEXT } from './functions.ts';
import {
  constantIn,
  isNode,
  itemsOf,
  member,
  namesIn,
  objectIn,
  objectsIn,
  optionsIn,
  relationIn,
  textOf,
  type Node,
} from './nodes.ts';
import { BETWEEN, OPERATORS } from './operators.ts';
import { foreignOption, hostsIn } from './outside.ts';
import { PURE_FUNCTIONS } from './pure-functions.ts';
import type { SecretTables } from './relations.ts';
import { Scope } from './scope.ts';
import { namedSetting, setSetting, settingOfOthers, showSetting } from './settings.ts';
import { READERS } from './statement-readers.ts';
import { STATEMENTS } from './statements.ts';

/** What a site says of its own, and how to read a text in a text. */
export interface Site {
  /** What its functions and operators do, by name as written. */
  readonly functions: ReadonlyMap<string, readonly Effect[]>;
  readonly secretTables: SecretTables;
  readonly parse: (sql: string) => unknown;
}

/** Functions in functions in functions are not read further. */
const MAX_BODIES = 4;

/** What plain EXPLAIN plans without doing it. */
const PLANNED: ReadonlySet<string> = new Set(
  ['Select', 'Insert', 'Update', 'Delete', 'Merge', 'DeclareCursor', 'CreateTableAs', 'RefreshMatView'].map(
    (name) => `${name}Stmt`,
  ),
);

/** Walks every part of one parse tree, without recursion: the input chooses how deep it is. */
export class Reader {
  readonly #evidence: Evidence;
  readonly #site: Site;
  readonly #bodies: number;
  readonly #planned: boolean;
  readonly #scope: Scope;
  /** References to columns, told when all names are known. */
  readonly #columns: (readonly string[])[];

  constructor(evidence: Evidence, site: Site, bodies = 0, outer?: Reader) {
    this.#evidence = evidence;
    this.#site = site;
    this.#bodies = bodies;
    this.#planned = outer !== undefined;
    this.#scope = outer === undefined ? new Scope() : outer.#scope;
    this.#columns = outer === undefined ? [] : outer.#columns;
  }

  read(tree: unknown): void {
    const open: unknown[] = [tree];
    const indirections: Node[] = [];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (Array.isArray(next)) {
        for (const item of next as unknown[]) open.push(item);
      } else if (isNode(next)) {
        for (const [name, value] of Object.entries(next)) {
          if (isNode(value)) {
            this.#scope.node(name, value);
            if (name === 'A_Indirection') indirections.push(value);
            if (!this.#node(name, value)) continue;
          }
          open.push(value);
        }
      }
    }
    for (const node of indirections) this.#indirection(node);
    if (!this.#planned) for (const names of this.#columns) this.#column(names);
  }

  /**
   * A member's value; false where its parts are seen to. A member that can be of one kind only is not named after its
   * kind, as `relation`, `larg`, `funccall`.
   */
  #node(name: string, node: Node): boolean {
    if ('relname' in node) this.#table(node);
    for (const list of ['operName', 'useOp'])
      if (Array.isArray(node[list])) this.#operator(namesIn(node[list]));
    switch (name) {
      case 'ColumnRef':
        this.#columns.push(namesIn(node['fields']));
        return true;
      case 'FuncCall':
      case 'funccall':
        this.#call(namesIn(node['funcname']), node['args']);
        return true;
      case 'A_Expr':
        this.#operator(namesIn(node['name']));
        return true;
      case 'Constraint':
        for (const item of itemsOf(node['exclusions']))
          this.#operator(namesIn(member(itemsOf(member(item, 'List')['items'])[1] ?? {}, 'List')['items']));
        return true;
      case 'IndexElem':
      case 'PartitionElem':
        this.#operatorClass(namesIn(node['opclass']));
        return true;
      case 'RangeFunction':
        this.#functionInFrom(node);
        return true;
      case 'RangeTableSample':
        if (!/^(?:pg_catalog\.)?(?:system|bernoulli)$/.test(namesIn(node['method']).join('.')))
          this.#evidence.unknown('how TABLESAMPLE samples');
        return true;
      case 'intoClause':
        if (!this.#planned) this.#evidence.effect('create', 'SELECT INTO');
        return true;
      case 'LockingClause':
        if (!this.#planned) this.#evidence.effect('update', 'FOR UPDATE or SHARE locks rows');
        return true;
      case 'DefElem':
        return this.#option(node);
      default:
        // Members are called so too, in lower case: `selectStmt`.
        return /^[A-Z]\w*Stmt$/.test(name) ? this.#statement(name, node) : true;
    }
  }

  #statement(name: string, node: Node): boolean {
    for (const named of [...objectsIn(node['objects']), objectIn(node['object'])])
      if (named !== undefined) this.#evidence.touch('object', named);
    if (this.#planned && PLANNED.has(name)) {
      this.#evidence.effect('read', 'EXPLAIN');
      return true;
    }
    if (name === 'ExplainStmt') return this.#explain(node);
    if (name === 'CreateFunctionStmt') this.#createFunction(node);
    else if (READERS.has(name))
      READERS.get(name)?.(this.#evidence, node, (own) => this.#site.functions.has(own));
    else {
      const known = STATEMENTS.get(name);
      if (known === undefined) this.#evidence.unknown(`a ${name}`);
      else {
        this.#evidence.effects(known.effects, known.what);
        if (known.outward === true) this.#evidence.outward(known.what);
      }
    }
    for (const host of hostsIn(textOf(node, 'conninfo'))) this.#evidence.touch('host', host);
    const called = namesIn(node['funcname']).join('.');
    if (called !== '') this.#evidence.touch('function', called);
    if (name === 'LoadStmt') this.#evidence.touch('file', textOf(node, 'filename'));
    return true;
  }

  /** Plain EXPLAIN does nothing of what it is given, but its planning may call what is called in it. */
  #explain(node: Node): boolean {
    this.#evidence.effect('read', 'EXPLAIN');
    const analyzes = optionsIn(node['options']).some((option) =>
      /^analy[sz]e$/i.test(textOf(option, 'defname')),
    );
    if (analyzes || this.#planned) return true;
    new Reader(this.#evidence, this.#site, this.#bodies, this).read(node['query']);
    return false;
  }

  #createFunction(node: Node): void {
    const body = createFunction(this.#evidence, node, (name) => this.#site.functions.has(name));
    for (const item of itemsOf(node['parameters']))
      this.#scope.parameter(textOf(member(item, 'FunctionParameter'), 'name'));
    this.#scope.parameter(namesIn(node['funcname']).at(-1) ?? '');
    if (body === undefined || body.trim() === '') return;
    if (this.#bodies >= MAX_BODIES) return this.#evidence.unknown('functions that make functions');
    const inner = new Reader(this.#evidence, this.#site, this.#bodies + 1);
    for (const item of itemsOf(node['parameters']))
      inner.#scope.parameter(textOf(member(item, 'FunctionParameter'), 'name'));
    inner.#scope.parameter(namesIn(node['funcname']).at(-1) ?? '');
    inner.read(this.#site.parse(body));
  }

  /** An option of a statement: a function's own settings hold while it runs, and are not the session's. */
  #option(node: Node): boolean {
    const setting = member(member(node, 'arg'), 'VariableSetStmt');
    if (node['defname'] === 'set' && textOf(setting, 'kind') !== '') {
      settingOfOthers(this.#evidence, setting);
      return false;
    }
    foreignOption(this.#evidence, node);
    return true;
  }

  #table(node: Node): void {
    const relation = relationIn(node);
    if (relation === undefined) return;
    this.#evidence.touch('table', relation.full);
    if (typeof node['catalogname'] === 'string') this.#evidence.touch('database', node['catalogname']);
    if (this.#site.secretTables.has(relation))
      this.#evidence.effect('secret', `${excerpt(relation.full)} holds secrets`);
  }

  #call(names: readonly string[], args?: unknown): void {
    const full = names.join('.');
    const known = names.length === 2 && names[0] === 'pg_catalog' ? (names[1] ?? '') : full;
    const what = `${excerpt(full)}()`;
    const own = this.#site.functions.get(full);
    if (own !== undefined) {
      this.#evidence.effects(own, what);
      this.#evidence.touch('function', full);
      return;
    }
    if (known === 'set_config') return setSetting(this.#evidence, namedSetting(args));
    if (known === 'current_setting') return showSetting(this.#evidence, namedSetting(args));
    const effects = FUNCTION_EFFECTS.get(known);
    if (effects !== undefined) {
      this.#evidence.effects(effects, what);
      this.#evidence.touch('function', full);
      this.#named(known, args);
    } else if (RUNS_TEXT.has(known)) this.#evidence.unknown(`${what} runs text`);
    else if (!PURE_FUNCTIONS.has(known)) this.#evidence.unknown(`what ${what} does`);
  }

  /** Files and hosts that a call names. */
  #named(name: string, args: unknown): void {
    const place = FILE_ARGUMENT.get(name);
    const file = place === undefined ? undefined : constantIn(itemsOf(args)[place]);
    if (file !== undefined) this.#evidence.touch('file', file);
    if (!name.startsWith('dblink')) return;
    for (const item of itemsOf(args))
      for (const host of hostsIn(constantIn(item) ?? '')) this.#evidence.touch('host', host);
  }

  /** `x.f`: a column, or where x is no row of a table, a call f(x). */
  #column(names: readonly string[]): void {
    const name = names.at(-1) ?? '';
    const row = names.at(-2);
    if (row === undefined || name === '*') return this.#tellColumn(names);
    if (this.#site.functions.has(name) || !this.#scope.isColumn(row, name)) this.#call([name]);
    this.#tellColumn(names);
  }

  #tellColumn(names: readonly string[]): void {
    const [row, ...others] = names;
    const table = names.length === 2 && row !== undefined ? this.#scope.table(row) : undefined;
    this.#evidence.column((table === undefined ? names : [table, ...others]).join('.') || '*');
  }

  /** `(x).f`: a column of a row, or a call f(x). */
  #indirection({ arg, indirection }: Node): void {
    const from = isNode(arg) ? arg : {};
    const row = namesIn(member(from, 'ColumnRef')['fields']);
    const called = namesIn(member(from, 'FuncCall')['funcname']).at(-1) ?? '';
    const columns = RESULT_COLUMNS.get(called) ?? [];
    const isRow = row.length === 2 && row[1] === '*' && this.#scope.isRow(row[0] ?? '');
    namesIn(indirection).forEach((name, place) => {
      if (name === '' || name === '*') return;
      const isColumn = place === 0 && (isRow || columns.includes(name));
      if (!isColumn || this.#site.functions.has(name)) this.#call([name]);
    });
  }

  #functionInFrom({ functions, alias }: Node): void {
    if (alias !== undefined) return;
    for (const item of itemsOf(functions)) {
      const [first] = itemsOf(member(item, 'List')['items']);
      if (first !== undefined && !('FuncCall' in first))
        this.#evidence.unknown('a value in FROM without a name');
    }
  }

  #operatorClass(names: readonly string[]): void {
    if (names.length > 1 && names[0] !== 'pg_catalog')
      this.#evidence.effect('execute', `the operator class ${excerpt(names.join('.'))}`);
  }

  #operator(names: readonly string[]): void {
    const symbol = names.at(-1) ?? '';
    const own = this.#site.functions.get(names.join('.'));
    if (own !== undefined) return this.#evidence.effects(own, `the operator ${excerpt(symbol)}`);
    const ours = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
    if (!ours || (!OPERATORS.has(symbol) && !BETWEEN.has(symbol)))
      this.#evidence.unknown(`the operator ${excerpt(names.join('.'))}`);
  }
}
