import type { Effect } from '@countersign/core';
import { understand, type Classification } from '../classification.ts';
import { Evidence } from './evidence.ts';
import { itemsOf, isNode, member } from './nodes.ts';
import { OwnFunctions } from './own-functions.ts';
import { parseStatements } from './parser.ts';
import { Reader } from './reader.ts';
import { SecretTables } from './relations.ts';
import { tooHeavy } from './too-heavy.ts';

export { loadSql } from './parser.ts';

export interface SqlOptions {
  /** What functions, operators and types of one's own do, by name as written (`refund`, `billing.refund`, `<=>`). */
  readonly functions?: Readonly<Record<string, readonly Effect[]>>;
  /** Tables whose content is secret, by name or `schema.name`. */
  readonly secret_tables?: readonly string[];
  readonly dialect?: 'postgres';
}

/** Longer texts take the parser more than the tenth of a second that any input may. */
const MAX_SQL = 32_768;

/** Each text in a text is parsed by itself, which takes a while. */
const MAX_TEXTS = 256;

/**
 * What a text of SQL would do, read by PostgreSQL's own parser: every statement of it, and every part of each,
 * wherever it stands. Total: what does not parse, and what is not known, is not understood. Understands nothing before
 * `loadSql`. Takes `standard_conforming_strings` to be on, as it is unless a server is configured otherwise.
 */
export function classifySql(sql: string, options: SqlOptions = {}): Classification {
  return understand(sql, 'SQL', (found) => {
    const { functions = {}, secret_tables = [], dialect = 'postgres' } = options;
    if (dialect !== 'postgres') throw new Error('only the dialect of PostgreSQL is known');
    const tree = parse(sql);
    let texts = 0;
    const evidence = new Evidence();
    for (const { stmt } of itemsOf(tree))
      if (isNode(stmt) && 'valuesLists' in member(stmt, 'SelectStmt')) evidence.effect('read', 'VALUES');
    const site = {
      functions: new OwnFunctions(functions),
      secretTables: new SecretTables(secret_tables),
      parse: (text: string) => {
        if (++texts > MAX_TEXTS) throw new Error(`more than ${MAX_TEXTS} texts in a text`);
        return parse(text);
      },
    };
    new Reader(evidence, site).read(tree);
    evidence.into(found);
  });
}

/** The statements of a text that the parser can take; throws why not. */
function parse(sql: string): unknown {
  if (sql.length > MAX_SQL) throw new Error(`longer than ${MAX_SQL} characters`);
  if (sql === '') throw new Error('no statement');
  // The parser reads up to U+0000, a server may not; half of a pair is another character to each.
  if (sql.includes('\0') || !sql.isWellFormed()) throw new Error('characters that SQL does not have');
  const heavy = tooHeavy(sql);
  if (heavy !== undefined) throw new Error(heavy);
  const { stmts } = member({ tree: parseStatements(sql) }, 'tree');
  if (itemsOf(stmts).length === 0) throw new Error('no statement');
  return stmts;
}
