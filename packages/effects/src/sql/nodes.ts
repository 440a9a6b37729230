/** Any node of a parse tree, or an object of members of one. */
export type Node = Readonly<Record<string, unknown>>;

/** A table, view or the like as it is written. */
export interface RelationName {
  readonly schema: string | undefined;
  readonly name: string;
  /** Both, with a dot. */
  readonly full: string;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is in a list that is a node. */
export function itemsOf(list: unknown): Node[] {
  return Array.isArray(list) ? (list as unknown[]).filter(isNode) : [];
}

/** A member that is a node; an empty one where it is not. */
export function member(node: Node, name: string): Node {
  const value = node[name];
  return isNode(value) ? value : {};
}

/** A member that is text; empty where it is not. */
export function textOf(node: Node, name: string): string {
  const value = node[name];
  return typeof value === 'string' ? value : '';
}

/** The names of a list of `String` nodes; a star is `*`, anything else is empty. */
export function namesIn(list: unknown): string[] {
  return itemsOf(list).map((item) => ('A_Star' in item ? '*' : textOf(member(item, 'String'), 'sval')));
}

/** The options of a statement: `DefElem` nodes. */
export function optionsIn(list: unknown): Node[] {
  return itemsOf(list).flatMap((item) => (isNode(item['DefElem']) ? [item['DefElem']] : []));
}

/** The text of a constant or a name, undefined for whatever else. */
export function constantIn(item: unknown): string | undefined {
  if (!isNode(item)) return undefined;
  const { sval } = { ...member(item, 'String'), ...member(member(item, 'A_Const'), 'sval') };
  return typeof sval === 'string' ? sval : undefined;
}

export function relationIn(value: unknown): RelationName | undefined {
  if (!isNode(value)) return undefined;
  const { schemaname, relname } = value;
  if (typeof relname !== 'string') return undefined;
  const schema = typeof schemaname === 'string' ? schemaname : undefined;
  return { schema, name: relname, full: schema === undefined ? relname : `${schema}.${relname}` };
}

/** What a list of objects names: `{List}` of names, one name, a type, or a function with its arguments. */
export function objectsIn(list: unknown): string[] {
  return itemsOf(list).flatMap((item) => objectIn(item) ?? []);
}

export function objectIn(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  const names = namesIn(
    member(value, 'List')['items'] ??
      member(value, 'TypeName')['names'] ??
      member(value, 'ObjectWithArgs')['objname'] ?? [value],
  ).filter((name) => name !== '');
  return names.length > 0 ? names.join('.') : undefined;
}
