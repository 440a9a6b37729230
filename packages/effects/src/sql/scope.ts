import { RESULT_COLUMNS } from './functions.ts';
import { isNode, itemsOf, member, namesIn, relationIn, textOf, type Node } from './nodes.ts';

/** In a query that stands in more queries than this, no name is taken to be known. */
const MAX_OUTER = 32;

/**
 * Which names in one query, and in those that it stands in, stand for rows of tables, and which for results of
 * functions. It matters because `x.f` is a column f of x, or else a call f(x): of a row that is a column, but
 * `x.pg_read_file` reads a file where x is a text. INVARIANT: a name that an outer query has too may be either: which of
 * them a part sees depends on more than where it stands.
 */
export class Scope {
  /** Itself and what it stands in, as far as that is looked at. */
  readonly #chain: readonly Scope[];
  /** Tables by what they are called in the query; undefined where that is not one table. */
  readonly #tables = new Map<string, string | undefined>();
  /** Columns of functions in FROM, by what they are called there. */
  readonly #functions = new Map<string, ReadonlySet<string>>();

  constructor(outer?: Scope) {
    this.#chain = [this, ...(outer === undefined ? [] : outer.#chain)].slice(0, MAX_OUTER + 1);
  }

  /** Takes up what a node of the tree calls something. */
  node(name: string, node: Node): void {
    const relation = relationIn(node);
    if (relation !== undefined) {
      const alias = textOf(member(node, 'alias'), 'aliasname');
      this.#row(alias === '' ? relation.name : alias, relation.full);
    } else if (name === 'RangeFunction') this.#function(node);
    else if (name === 'ReturningOption') this.#row(textOf(node, 'value'));
    else if ('alias' in node || 'join_using_alias' in node)
      for (const alias of ['alias', 'join_using_alias']) this.#row(textOf(member(node, alias), 'aliasname'));
  }

  /** A parameter of a function, whose name may stand for any value. */
  parameter(name: string): void {
    this.#functions.set(name, new Set());
  }

  /** The table that a name stands for, where it is one. */
  table(name: string): string | undefined {
    if (!this.isRow(name)) return undefined;
    const tables = new Set<string | undefined>();
    for (const scope of this.#chain) if (scope.#tables.has(name)) tables.add(scope.#tables.get(name));
    return tables.size === 1 ? [...tables][0] : undefined;
  }

  /** Whether `row.name` can only be a column, as far as a text tells. */
  isColumn(row: string, name: string): boolean {
    // Rules, triggers, ON CONFLICT and RETURNING have rows of these names.
    let known = /^(?:excluded|new|old)$/.test(row);
    for (const scope of this.#chain) {
      const columns = scope.#functions.get(row);
      if (columns?.has(name) === false) return false;
      known ||= columns !== undefined || scope.#tables.has(row);
    }
    return known && this.#chain.length <= MAX_OUTER;
  }

  /** Whether `row` can only be a row of a table. */
  isRow(row: string): boolean {
    const chain = this.#chain;
    return (
      chain.length <= MAX_OUTER &&
      chain.some((scope) => scope.#tables.has(row)) &&
      !chain.some((scope) => scope.#functions.has(row))
    );
  }

  #row(alias: string, table?: string): void {
    if (alias === '') return;
    const known = this.#tables.has(alias) && this.#tables.get(alias) !== table;
    this.#tables.set(alias, known ? undefined : table);
  }

  #function({ functions, alias, coldeflist, ordinality }: Node): void {
    const called = itemsOf(functions).flatMap((item) => itemsOf(member(item, 'List')['items']));
    const names = called.flatMap((each) => namesIn(member(each, 'FuncCall')['funcname']).at(-1) ?? []);
    const columns = [
      ...namesIn(isNode(alias) ? alias['colnames'] : undefined),
      ...columnsIn(coldeflist),
      ...called.flatMap((each) => columnsIn(member(each, 'List')['items'])),
      ...names.flatMap((each) => RESULT_COLUMNS.get(each) ?? []),
    ];
    const own = textOf(isNode(alias) ? alias : {}, 'aliasname') || (names[0] ?? '');
    // A single result's column is called as the function is, unless it has another name: what is called so otherwise
    // would be a call.
    const all = new Set([...columns, ...names, ...(columns.length === 0 ? [own] : [])]);
    if (ordinality === true) all.add('ordinality');
    const before = this.#functions.get(own);
    this.#functions.set(
      own,
      before === undefined ? all : new Set([...before].filter((name) => all.has(name))),
    );
  }
}

function columnsIn(list: unknown): string[] {
  return itemsOf(list).flatMap((item) => textOf(member(item, 'ColumnDef'), 'colname') || []);
}
