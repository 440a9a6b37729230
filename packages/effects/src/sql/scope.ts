import { RESULT_COLUMNS } from './functions.ts';
import { isNode, itemsOf, member, namesIn, relationIn, textOf, type Node } from './nodes.ts';

/**
 * Which names in one text stand for rows of tables, and which for results of functions. It matters because `x.f` is a
 * column f of x, or else a call f(x): of a row that is a column, but `x.pg_read_file` reads a file where x is a text.
 * Names are taken for the whole text: which of its parts they belong to is not told.
 */
export class Scope {
  /** Tables by what they are called in the text; undefined where that is not one table. */
  readonly #tables = new Map<string, string | undefined>();
  /** Columns of functions in FROM, by what they are called there. */
  readonly #functions = new Map<string, Set<string>>();

  /** Takes up what a node of the tree calls something. */
  node(name: string, node: Node): void {
    const relation = relationIn(node);
    if (relation !== undefined) {
      const alias = textOf(member(node, 'alias'), 'aliasname');
      this.#row(alias === '' ? relation.name : alias, relation.full);
    } else if (name === 'RangeFunction') this.#function(node);
    else
      for (const alias of ['alias', 'join_using_alias']) this.#row(textOf(member(node, alias), 'aliasname'));
  }

  /** A parameter of a function, whose name may stand for any value. */
  parameter(name: string): void {
    this.#functions.set(name, new Set());
  }

  /** The table that a name stands for, where it is one. */
  table(name: string): string | undefined {
    return this.#functions.has(name) ? undefined : this.#tables.get(name);
  }

  /** Whether `row.name` can only be a column, as far as a text tells. */
  isColumn(row: string, name: string): boolean {
    const columns = this.#functions.get(row);
    if (columns !== undefined) return columns.has(name);
    // Rules, triggers and ON CONFLICT have rows of these names.
    return this.#tables.has(row) || /^(?:excluded|new|old)$/.test(row);
  }

  /** Whether `row` can only be a row of a table. */
  isRow(row: string): boolean {
    return this.#tables.has(row) && !this.#functions.has(row);
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
      ...(ordinality === true ? ['ordinality'] : []),
    ];
    const own = textOf(isNode(alias) ? alias : {}, 'aliasname') || (names[0] ?? '');
    // A single result's column is called as the function is.
    this.#functions.set(own, new Set([...(this.#functions.get(own) ?? []), ...columns, own, ...names]));
  }
}

function columnsIn(list: unknown): string[] {
  return itemsOf(list).flatMap((item) => textOf(member(item, 'ColumnDef'), 'colname') || []);
}
