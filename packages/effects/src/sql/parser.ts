import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type * as Parser from 'libpg-query';

const require = createRequire(import.meta.url);

type Parse = (sql: string) => unknown;

let parseSql: Parse | undefined;
let loading: Promise<Parse> | undefined;

/** Loads PostgreSQL's parser, once; again where it has failed since. */
export async function loadSql(): Promise<void> {
  if (parseSql !== undefined) return;
  loading ??= freshParser();
  try {
    parseSql = await loading;
  } finally {
    loading = undefined;
  }
}

/**
 * PostgreSQL's parse tree of a text. Throws what is wrong with it. INVARIANT: a parser that failed in any other way than
 * by an error of syntax is not asked again: its memory may be anything. A new one is loaded; until then all texts fail.
 */
export function parseStatements(sql: string): unknown {
  if (parseSql === undefined) throw new Error('the parser is not loaded');
  try {
    return parseSql(sql);
  } catch (error) {
    if (error instanceof Error && error.name === 'SqlError') throw error;
    parseSql = undefined;
    loadSql().catch(() => undefined);
    throw new Error('the parser failed', { cause: error });
  }
}

/** The package keeps one instance of its module; without it in the cache it makes another. */
async function freshParser(): Promise<Parse> {
  const main = require.resolve('libpg-query');
  for (const path of Object.keys(require.cache))
    if (path.startsWith(dirname(main))) delete require.cache[path];
  const { loadModule, parseSync } = require(main) as typeof Parser;
  await loadModule();
  return parseSync;
}
