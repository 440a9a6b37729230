// Holds the SQL classifier against PostgreSQL's own regression tests, which are not part of this repository:
//
//   git clone --depth 1 https://github.com/postgres/postgres && node packages/effects/dev/postgres-regress.ts postgres/src/test/regress/sql
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { classifySql, loadSql } from '../src/sql/classify-sql.ts';

const [folder = '.'] = process.argv.slice(2);
await loadSql();
let statements = 0;
let understood = 0;
let slowest = 0;
const why = new Map<string, number>();
for (const name of readdirSync(folder).filter((each) => each.endsWith('.sql'))) {
  for (const statement of readFileSync(join(folder, name), 'utf8').split(/;[ \t]*\n/)) {
    const start = performance.now();
    const found = classifySql(statement);
    slowest = Math.max(slowest, performance.now() - start);
    statements++;
    if (found.understood) understood++;
    else {
      const reason = found.because.find((each) => each.startsWith('not understood')) ?? '';
      const kind = reason.replace(/(?:does|errs|at or near).*/, '').slice(0, 60);
      why.set(kind, (why.get(kind) ?? 0) + 1);
    }
  }
}
process.stdout.write(
  `${statements} statements, ${understood} understood, none thrown, slowest ${slowest.toFixed(1)} ms\n`,
);
for (const [kind, count] of [...why].sort((a, b) => b[1] - a[1]).slice(0, 25))
  process.stdout.write(`${String(count).padStart(6)}  ${kind}\n`);
