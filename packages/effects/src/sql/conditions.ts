import { isNode, itemsOf, member, namesIn, type Node } from './nodes.ts';

/** Deeper conditions are taken to narrow something down. */
const MAX_DEPTH = 50;

/** Says so where nothing narrows a change down: no condition, or one that every row meets. */
export function whole(condition: unknown): string {
  if (condition === undefined) return ', no WHERE';
  return alwaysTrue(condition, 0) ? ', no WHERE that narrows it down' : '';
}

/**
 * Whether every row meets a condition, but for those with nothing in its columns: as far as is easily seen. INVARIANT:
 * no part of it is looked through twice, or nested conditions would take a minute.
 */
function alwaysTrue(condition: unknown, depth: number): boolean {
  if (!isNode(condition)) return false;
  const both = member(condition, 'BoolExpr');
  const args = itemsOf(both['args']);
  if (depth < MAX_DEPTH && both['boolop'] === 'OR_EXPR')
    return args.some((arg) => alwaysTrue(arg, depth + 1));
  if (depth < MAX_DEPTH && both['boolop'] === 'AND_EXPR')
    return args.every((arg) => alwaysTrue(arg, depth + 1));
  return isTautology(member(condition, 'A_Expr')) || !mentionsColumn(condition);
}

/** `a = a`, `a >= a`, `a LIKE '%'`. */
function isTautology({ kind, name, lexpr, rexpr }: Node): boolean {
  const operator = namesIn(name).at(-1) ?? '';
  if (kind === 'AEXPR_LIKE' || kind === 'AEXPR_ILIKE') {
    const { sval } = member(member(isNode(rexpr) ? rexpr : {}, 'A_Const'), 'sval');
    return operator.startsWith('~~') && typeof sval === 'string' && /^%+$/.test(sval);
  }
  const same = columnIn(lexpr) !== undefined && columnIn(lexpr) === columnIn(rexpr);
  return same && (kind === 'AEXPR_NOT_DISTINCT' || (kind === 'AEXPR_OP' && /^[<>]?=$/.test(operator)));
}

function columnIn(value: unknown): string | undefined {
  if (!isNode(value) || !('ColumnRef' in value)) return undefined;
  return JSON.stringify(namesIn(member(value, 'ColumnRef')['fields']));
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
