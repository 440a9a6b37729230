import type { Site } from '../test/e2e/countersign.ts';

/**
 * Milliseconds from the moment that a vote is sent to the moment that the held call has its answer. The
 * vote is sent by the command line's own socket operations, already signed, so that no key derivation counts.
 */
export async function measureResumption(
  site: Site,
  gateway: string,
  session: Record<string, string>,
  rounds: number,
): Promise<{ readonly p50: number; readonly p99: number }> {
  const voter = await site.openVoter();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const held = fetch(gateway, {
      method: 'POST',
      headers: {
        ...session,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: round,
        method: 'tools/call',
        params: { name: 'write_item', arguments: { round } },
      }),
    }).then((answer) => answer.text());
    const cast = await voter.prepare('approve', await voter.pending());
    const start = performance.now();
    const [text] = await Promise.all([held, cast()]);
    times.push(performance.now() - start);
    if (!text.includes('an item')) throw new Error(`the held call was not run: ${text.slice(0, 300)}`);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(rounds / 2)] ?? Number.NaN, p99: times.at(-1) ?? Number.NaN };
}
