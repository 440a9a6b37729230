import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';
import { lost, passed, runSuite, skipped, type Check, type Revision } from './suite.ts';

const EVERYTHING = resolve(import.meta.dirname, 'everything/main.ts');

/** What the suite runs for a server, scored or not: fewer would compare less. */
const SCENARIOS: Record<Revision, number> = { '2026-07-28': 50, '2025-11-25': 33 };

/** Those among them that need a server that speaks tasks, none of them scored, and the one that the suite itself skips. */
const TASKS: Record<Revision, { readonly passed: number; readonly skipped: readonly string[] }> = {
  '2026-07-28': { passed: 9, skipped: ['tasks-status-notifications'] },
  '2025-11-25': { passed: 0, skipped: [] },
};

let server: ListeningServer;
let gateway: OpenGateway;

beforeAll(async () => {
  server = await startListening([EVERYTHING, '--http']);
  gateway = await openGateway({
    remote: { url: server.url },
    local: { command: process.execPath, args: [EVERYTHING] },
  });
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

describe.each<Revision>(['2026-07-28', '2025-11-25'])('the official suite, %s', (revision) => {
  let direct: Map<string, Check[]>;
  beforeAll(async () => {
    direct = await runSuite(server.url, revision);
  });

  test('the server itself passes', () => {
    const failing = [...direct].filter(([, checks]) => !passed(checks) && !skipped(checks));
    expect(failing).toEqual([]);
    expect(direct.size).toBe(SCENARIOS[revision]);
  });

  test('behind us at a url, the same server passes all that it passes, each tasks scenario among it', async () => {
    const through = await runSuite(gateway.url('remote'), revision);
    expect(lost(direct, through)).toEqual([]);
    const tasks = [...through].filter(([scenario]) => scenario.startsWith('tasks-'));
    expect(tasks.filter(([, checks]) => passed(checks))).toHaveLength(TASKS[revision].passed);
    const left = tasks.filter(([, checks]) => !passed(checks)).map(([scenario]) => scenario);
    expect(left).toEqual(TASKS[revision].skipped);
  });

  test('started by us over stdio, the same server passes all that it passes', async () => {
    // Over stdio it has no tasks.
    const without = new Map([...direct].filter(([scenario]) => !scenario.startsWith('tasks-')));
    expect(lost(without, await runSuite(gateway.url('local'), revision))).toEqual([]);
  });
});
