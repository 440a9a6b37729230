import { afterEach, expect, test } from 'vitest';
import { RunningClaim } from '../claim.ts';
import { openCredential } from '../credential/open-credential.ts';
import { LocalUpstream } from '../local-upstream.ts';
import { requestOf } from '../made-message.ts';
import type { Era } from '../message.ts';
import { RemoteUpstream } from '../remote-upstream.ts';
import { ScriptedPort } from '../testing.ts';
import { META } from '../testing-doors.ts';
import { UpstreamAway } from '../upstream-away.ts';
import { ErasUpstream } from './eras-upstream.ts';
import { openNewerJobs, openOlderJobs, type Jobs } from './testing-jobs.ts';

let jobs: Jobs | undefined;
afterEach(() => jobs?.close());

function upstreamAt({ url }: Jobs): ErasUpstream {
  const config = { name: 'jobs', kind: 'http', url, headers: {}, when_pending: ['task'] } as const;
  const credential = openCredential(config, undefined, () => {});
  return new ErasUpstream(new RemoteUpstream(config, credential, () => {}), 'auto');
}

const CALLS: readonly [Era, () => Promise<Jobs>, string][] = [
  ['modern', openOlderJobs, 'never'],
  ['legacy', openNewerJobs, 'rare'],
];

test.each(CALLS)(
  'who stops does not wait for the task of a call of the %s era that runs on without its caller',
  async (era, open, how) => {
    jobs = await open();
    const upstream = upstreamAt(jobs);
    const link = await upstream.detached('agt_a', era);
    const meta = era === 'modern' ? { _meta: META } : {};
    const request = requestOf(1, 'tools/call', { name: 'job', arguments: { how }, ...meta }, era);
    const port = new ScriptedPort();
    const running = link.exchange(request, new RunningClaim(port, 'clm_1', () => {}));
    const sent = jobs.received;
    await expect
      .poll(() => sent.map(({ method }) => method))
      .toContain(era === 'modern' ? 'tasks/result' : 'tools/call');
    await upstream.close();
    expect(await running).toBeUndefined();
    expect(port.reports).toEqual([['clm_1', 'outcome-unknown']]);
  },
);

test('a server is not started for what is still asked of it when we have stopped', async () => {
  let started = 0;
  const source = {
    open: () => {
      started++;
      throw new Error('started');
    },
    close: async () => {},
  };
  const upstream = new LocalUpstream(source, { complaint: () => {}, overheard: () => {} });
  await upstream.close();
  const link = await upstream.detached('agt_a', 'modern');
  const request = requestOf(1, 'tasks/get', { taskId: 't', _meta: META }, 'modern');
  await expect((async () => await link.exchange(request, undefined))()).rejects.toThrow(UpstreamAway);
  expect(started).toBe(0);
});
