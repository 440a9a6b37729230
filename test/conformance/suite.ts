import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const SUITE: string = resolve(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/conformance/dist/index.js',
);

export type Revision = '2026-07-28' | '2025-11-25';

/** A check of the suite's and what came of it; informative ones are left out. */
export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

/** Runs the official suite's server scenarios of a revision against a URL: the checks of each scenario. */
export async function runSuite(url: string, revision: Revision): Promise<Map<string, Check[]>> {
  const results = mkdtempSync(join(tmpdir(), 'countersign-conformance-'));
  const args = [SUITE, 'server', '--url', url, '--requirements', revision, '--output-dir', results];
  // Its exit code and its prose say nothing that its results do not.
  const child = spawn(process.execPath, args, { cwd: results, stdio: 'ignore' });
  await new Promise((ended) => child.on('close', ended));
  const scenarios = new Map<string, Check[]>();
  for (const folder of readdirSync(results).toSorted()) {
    const [, scenario] = /^server-(.+?)-\d{4}-\d\d-\d\dT/.exec(folder) ?? [];
    if (scenario === undefined) continue;
    const checks = JSON.parse(readFileSync(join(results, folder, 'checks.json'), 'utf8')) as Check[];
    scenarios.set(
      scenario,
      checks.filter(({ status }) => status !== 'INFO'),
    );
  }
  rmSync(results, { recursive: true, force: true });
  return scenarios;
}

/** Whether a scenario passed: something was checked, and nothing failed or was warned of. */
export function passed(checks: readonly Check[] | undefined): boolean {
  return (
    checks !== undefined &&
    checks.some(({ status }) => status === 'SUCCESS') &&
    checks.every(({ status }) => status === 'SUCCESS' || status === 'SKIPPED')
  );
}

/** Whether the suite did not look: it skips some of its own scenarios. */
export function skipped(checks: readonly Check[]): boolean {
  return checks.length > 0 && checks.every(({ status }) => status === 'SKIPPED');
}

/** What a server passes that the same server behind something does not, and why not. */
export function lost(
  direct: ReadonlyMap<string, readonly Check[]>,
  through: ReadonlyMap<string, readonly Check[]>,
): string[] {
  const good = [...direct].filter(([, checks]) => passed(checks)).map(([scenario]) => scenario);
  return good
    .filter((scenario) => !passed(through.get(scenario)))
    .flatMap((scenario) =>
      (through.get(scenario) ?? [])
        .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
        .map(({ id, errorMessage }) => `${scenario}: ${id}: ${errorMessage ?? ''}`),
    );
}
