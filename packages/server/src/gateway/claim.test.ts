import { expect, test } from 'vitest';
import { RunningClaim } from './claim.ts';
import { ScriptedPort } from './testing.ts';

const ASKS = { result: { resultType: 'input_required', inputRequests: {} } };

test('what was not sent was not executed; once a server has asked for more, nobody knows', async () => {
  const port = new ScriptedPort();
  const fresh = new RunningClaim(port, 'clm_fresh', () => {});
  await fresh.unsent();
  const begun = new RunningClaim(port, 'clm_begun', () => {});
  const asked: object[] = [];
  begun.whenAsked((result) => asked.push(result));
  await begun.answered(ASKS);
  expect(port.reports).toEqual([['clm_fresh', 'denied-not-executed']]);
  await begun.unsent();
  expect(asked).toHaveLength(1);
  expect(port.reports.slice(1)).toEqual([['clm_begun', 'outcome-unknown']]);
});

test('the first report is the only one', async () => {
  const port = new ScriptedPort();
  const claim = new RunningClaim(port, 'clm_1', () => {});
  await claim.unsent();
  await claim.answered({ result: {} });
  await claim.answered(undefined);
  expect(port.reports).toEqual([['clm_1', 'denied-not-executed']]);
});
