import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { passed, runSuite, type Check, type Revision } from '../conformance/suite.ts';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';

const EVERYTHING = resolve(import.meta.dirname, '../conformance/everything/main.ts');

/** The checks that fail over a server of the other era, and why. */
const FAILING: Record<Revision, readonly string[]> = {
  '2026-07-28': [
    // A server of 2025-11-25 has no names for what it asks, so the suite's do not come back.
    'sep-2322-elicitation-incomplete',
    'sep-2322-ignore-unexpected-params',
    // The fixture looks at what a request of the newer era declares; in the older one there is nothing to look at.
    'sep-2322-respect-client-capabilities',
    // A server of 2025-11-25 that lacks a capability says so in its tool's answer: there is no such error.
    'sep-2575-missing-capability-http-400',
    'sep-2575-server-rejects-undeclared-capability',
  ],
  '2025-11-25': [],
};
/** What the suite runs for a server: fewer would say less. */
const SCENARIOS: Record<Revision, number> = { '2026-07-28': 50, '2025-11-25': 33 };
/** Gives a call 600 ms, in which a server of the older era that we start for what it declares may not have started. */
const IN_A_HURRY = 'sep-2575-http-server-no-independent-requests-on-stream';

let servers: ListeningServer[];
let gateway: OpenGateway;

beforeAll(async () => {
  servers = await Promise.all(
    ['legacy', 'modern'].map((era) => startListening([EVERYTHING, '--http', '--only', era])),
  );
  const [older, newer] = servers;
  const local = (era: string) => ({ command: process.execPath, args: [EVERYTHING, '--only', era] });
  gateway = await openGateway({
    'older-at-url': { url: older?.url },
    'newer-at-url': { url: newer?.url },
    'older-started': local('legacy'),
    'newer-started': local('modern'),
  });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all(servers.map((server) => server.close()));
});

/** The checks that fail, without the scenarios of tasks: a server's own have no counterpart in the other era. */
function failing(scenarios: ReadonlyMap<string, readonly Check[]>): string[] {
  return [...scenarios]
    .filter(([scenario, checks]) => !scenario.startsWith('tasks-') && !passed(checks))
    .flatMap(([, checks]) => checks)
    .filter(({ id, status }) => (status === 'FAILURE' || status === 'WARNING') && id !== IN_A_HURRY)
    .map(({ id }) => id)
    .toSorted();
}

test.each<[Revision, string]>([
  ['2026-07-28', 'older-at-url'],
  ['2026-07-28', 'older-started'],
  ['2025-11-25', 'newer-at-url'],
  ['2025-11-25', 'newer-started'],
])('the official suite of %s, over %s', async (revision, upstream) => {
  const got = await runSuite(gateway.url(upstream), revision);
  expect(got.size).toBe(SCENARIOS[revision]);
  expect(failing(got)).toEqual(FAILING[revision]);
});
