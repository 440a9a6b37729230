import { excerpt } from '../classification.ts';
import { createFunction } from './created-functions.ts';
import type { Evidence } from './evidence.ts';
import { FILE_ARGUMENT, FUNCTION_EFFECTS, RESULT_COLUMNS, RUNS_TEXT, SENDS_TEXT } from './functions.ts';
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
import type { OwnFunctions } from './own-functions.ts';
import { PURE_FUNCTIONS } from './pure-functions.ts';
import { writesTo, type SecretTables } from './relations.ts';
import { Scope } from './scope.ts';
import { namedSetting, setSetting, settingOfOthers, showSetting } from './settings.ts';
import { READERS } from './statement-readers.ts';
import { STATEMENTS } from './statements.ts';
import { ACCESS_METHODS, isKnownOperatorClass, isKnownType, TYPES } from './types.ts';

/** What a site says of its own, and how to read a text in a text. */
export interface Site {
  readonly functions: OwnFunctions;
  readonly secretTables: SecretTables;
  readonly parse: (sql: string) => unknown;
}

/** Functions in functions in functions are not read further. */
const MAX_BODIES = 4;

/** Nodes with a type that a value is made of: elsewhere a type is only named. */
const MAKES_VALUE: ReadonlySet<string> = new Set([
  'TypeCast',
  'JsonTableColumn',
  'RangeTableFuncCol',
  'XmlSerialize',
  // Of any function of JSON.
  'output',
]);

/** Statements, beside those that write rows, that change the tables they name. */
const CHANGES_TABLE: ReadonlySet<string> = new Set(
  ['AlterTable', 'Truncate', 'Rename', 'Rule', 'CreateTrig', 'CreatePolicy', 'AlterPolicy'].map(
    (name) => `${name}Stmt`,
  ),
);

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
  /** References to columns, told when all names are known. */
  readonly #columns: (readonly [names: readonly string[], scope: Scope])[];

  constructor(evidence: Evidence, site: Site, bodies = 0, outer?: Reader) {
    this.#evidence = evidence;
    this.#site = site;
    this.#bodies = bodies;
    this.#planned = outer !== undefined;
    this.#columns = outer === undefined ? [] : outer.#columns;
  }

  read(tree: unknown, outer: Scope = new Scope()): void {
    const open: (readonly [tree: unknown, scope: Scope])[] = [[tree, outer]];
    const indirections: (readonly [node: Node, scope: Scope])[] = [];
    for (let item = open.pop(); item !== undefined; item = open.pop()) {
      const [next, scope] = item;
      if (Array.isArray(next)) {
        for (const each of next as unknown[]) open.push([each, scope]);
      } else if (isNode(next)) {
        for (const [name, value] of Object.entries(next)) {
          if (isNode(value)) {
            const within = isStatement(name, value) ? new Scope(scope) : scope;
            scope.node(name, value);
            if (name === 'A_Indirection') indirections.push([value, scope]);
            if (!this.#node(name, value, within)) continue;
            open.push([value, within]);
          } else if (Array.isArray(value)) open.push([value, scope]);
        }
      }
    }
    for (const [node, scope] of indirections) this.#indirection(node, scope);
    if (!this.#planned) for (const [names, scope] of this.#columns) this.#column(names, scope);
  }

  /**
   * A member's value; false where its parts are seen to. A member that can be of one kind only is not named after its
   * kind, as `relation`, `larg`, `funccall`.
   */
  #node(name: string, node: Node, scope: Scope): boolean {
    if ('relname' in node) this.#table(node);
    this.#accessMethod(node['accessMethod'] ?? node['access_method']);
    if (MAKES_VALUE.has(name)) this.#type(node['typeName']);
    const operator = node['operName'] ?? node['useOp'];
    if (Array.isArray(operator)) this.#operator(namesIn(operator));
    switch (name) {
      case 'ColumnRef':
        this.#columns.push([namesIn(node['fields']), scope]);
        return true;
      case 'FuncCall':
      case 'funccall':
        this.#call(namesIn(node['funcname']), node['args'] ?? []);
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
      case 'AlterTableCmd':
        // The rows that are there get values of it.
        this.#type(member(member(node, 'def'), 'ColumnDef')['typeName']);
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
        return name.endsWith('Stmt') && isStatement(name, node) ? this.#statement(name, node, scope) : true;
    }
  }

  #statement(name: string, node: Node, scope: Scope): boolean {
    for (const named of [...objectsIn(node['objects']), objectIn(node['object'])])
      if (named !== undefined) this.#evidence.touch('object', named);
    if (this.#planned && PLANNED.has(name)) {
      this.#evidence.effect('read', 'EXPLAIN');
      return true;
    }
    if (name === 'ExplainStmt') return this.#explain(node, scope);
    if (CHANGES_TABLE.has(name))
      for (const relation of [node['relation'], node['table'], ...itemsOf(node['relations'])])
        writesTo(
          this.#evidence,
          relationIn(isNode(relation) ? (relation['RangeVar'] ?? relation) : undefined),
        );
    if (node['renameType'] === 'OBJECT_SCHEMA' && this.#site.secretTables.areIn(textOf(node, 'subname')))
      this.#evidence.effect(
        'secret',
        `ALTER SCHEMA RENAME of ${excerpt(textOf(node, 'subname'))}, which holds secrets`,
      );
    if (name === 'CreateFunctionStmt') this.#createFunction(node, scope);
    else if (READERS.has(name)) READERS.get(name)?.(this.#evidence, node, (last) => this.#isOwn(last));
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
  #explain(node: Node, scope: Scope): boolean {
    this.#evidence.effect('read', 'EXPLAIN');
    const analyzes = optionsIn(node['options']).some((option) =>
      /^analy[sz]e$/i.test(textOf(option, 'defname')),
    );
    if (analyzes || this.#planned) return true;
    new Reader(this.#evidence, this.#site, this.#bodies, this).read(node['query'], scope);
    return false;
  }

  #createFunction(node: Node, scope: Scope): void {
    const body = createFunction(this.#evidence, node, (last) => this.#isOwn(last));
    for (const item of itemsOf(node['parameters']))
      scope.parameter(textOf(member(item, 'FunctionParameter'), 'name'));
    scope.parameter(namesIn(node['funcname']).at(-1) ?? '');
    if (body !== undefined && body.trim() !== '') this.#text(body, scope);
  }

  /** A text in the text. */
  #text(sql: string, scope: Scope): void {
    if (this.#bodies >= MAX_BODIES) return this.#evidence.unknown('texts in texts in texts');
    new Reader(this.#evidence, this.#site, this.#bodies + 1).read(this.#site.parse(sql), scope);
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
    const own = this.#site.functions.of(full);
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
      if (SENDS_TEXT.has(known)) this.#sent(what, args);
    } else if (RUNS_TEXT.has(known)) this.#evidence.unknown(`${what} runs text`);
    else if (!PURE_FUNCTIONS.has(known) && !isCast(known, args)) this.#evidence.unknown(`what ${what} does`);
  }

  /** The last text of a call is run: a truth after it says whether to fail. */
  #sent(what: string, args: unknown): void {
    const text = constantIn(itemsOf(args).findLast((arg) => !('boolval' in member(arg, 'A_Const'))));
    if (text === undefined) this.#evidence.unknown(`what ${what} has run`);
    else this.#text(text, new Scope());
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
  #column(names: readonly string[], scope: Scope): void {
    const name = names.at(-1) ?? '';
    const row = names.at(-2);
    if (row !== undefined && name !== '*') this.#field(name, scope.isColumn(row, name));
    this.#tellColumn(names, scope);
  }

  /** One of a name that the site told of may be that in any schema, whatever else is called so. */
  #field(name: string, isColumn: boolean): void {
    const own = this.#site.functions.named(name);
    if (own !== undefined) this.#evidence.effects(own, `${excerpt(name)}() as a column`);
    const written = this.#site.functions.of(name) !== undefined;
    if (written || !isColumn) this.#call([name]);
  }

  #tellColumn(names: readonly string[], scope: Scope): void {
    const [row, ...others] = names;
    const table = names.length === 2 && row !== undefined ? scope.table(row) : undefined;
    this.#evidence.column((table === undefined ? names : [table, ...others]).join('.') || '*');
  }

  /** `(x).f`: a column of a row, or a call f(x). */
  #indirection({ arg, indirection }: Node, scope: Scope): void {
    const from = isNode(arg) ? arg : {};
    const row = namesIn(member(from, 'ColumnRef')['fields']);
    const called = namesIn(member(from, 'FuncCall')['funcname']).at(-1) ?? '';
    const columns = RESULT_COLUMNS.get(called) ?? [];
    const isRow = row.length === 2 && row[1] === '*' && scope.isRow(row[0] ?? '');
    namesIn(indirection).forEach((name, place) => {
      if (name === '' || name === '*') return;
      this.#field(name, place === 0 && (isRow || columns.includes(name)));
    });
  }

  #functionInFrom({ functions, alias, coldeflist }: Node): void {
    const lists = itemsOf(functions).flatMap((item) => itemsOf(member(item, 'List')['items']));
    for (const item of [
      ...itemsOf(coldeflist),
      ...lists.flatMap((list) => itemsOf(member(list, 'List')['items'])),
    ])
      this.#type(member(item, 'ColumnDef')['typeName']);
    if (alias !== undefined) return;
    for (const item of itemsOf(functions)) {
      const [first] = itemsOf(member(item, 'List')['items']);
      if (first !== undefined && !('FuncCall' in first))
        this.#evidence.unknown('a value in FROM without a name');
    }
  }

  #type(type: unknown): void {
    if (!isNode(type)) return;
    const names = namesIn(type['names']);
    const full = names.join('.');
    const own = this.#site.functions.of(full);
    if (own !== undefined) this.#evidence.effects(own, `a value of ${excerpt(full)}`);
    else if (!isKnownType(names)) this.#evidence.unknown(`what making a value of ${excerpt(full)} does`);
  }

  #accessMethod(name: unknown): void {
    if (typeof name === 'string' && !ACCESS_METHODS.has(name))
      this.#evidence.effect('execute', `the access method ${excerpt(name)}`);
  }

  #operatorClass(names: readonly string[]): void {
    if (names.length > 0 && !isKnownOperatorClass(names))
      this.#evidence.effect('execute', `the operator class ${excerpt(names.join('.'))}`);
  }

  #operator(names: readonly string[]): void {
    const symbol = names.at(-1) ?? '';
    const own = this.#site.functions.of(names.join('.'));
    if (own !== undefined) return this.#evidence.effects(own, `the operator ${excerpt(symbol)}`);
    const ours = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
    if (!ours || (!OPERATORS.has(symbol) && !BETWEEN.has(symbol)))
      this.#evidence.unknown(`the operator ${excerpt(names.join('.'))}`);
  }

  #isOwn(last: string): boolean {
    return this.#site.functions.named(last) !== undefined;
  }
}

/** A statement, or an arm of UNION, which is not named after its kind. */
function isStatement(name: string, node: Node): boolean {
  // Members are called so too, in lower case: `selectStmt`.
  if (name.endsWith('Stmt')) return /^[A-Z]/.test(name);
  return (name === 'larg' || name === 'rarg') && 'limitOption' in node;
}

/** `uuid(x)` is x made a uuid. What is written as a column has no list of arguments. */
function isCast(name: string, args: unknown): boolean {
  return TYPES.has(name) && (args === undefined || itemsOf(args).length === 1);
}
