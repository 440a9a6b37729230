import { finished } from 'node:stream/promises';
import { Pool, type Dispatcher } from 'undici';

export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  /** Requests a second. */
  readonly rate: number;
}

export interface Target {
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body: (n: number) => string;
}

/** Sends the n-th request and answers its body; whatever is not answered well is no measurement. */
async function send(
  pool: Pool,
  path: string,
  target: Target,
  n: number,
): Promise<Dispatcher.ResponseData['body']> {
  const { statusCode, body } = await pool.request({
    path,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...target.headers,
    },
    body: target.body(n),
  });
  if (statusCode === 200) return body;
  throw new Error(`${target.url} answered ${statusCode}: ${(await body.text()).slice(0, 200)}`);
}

/** Sends `count` requests, `concurrency` at a time, each with its own body; milliseconds. */
export async function measure(target: Target, count: number, concurrency: number): Promise<Latencies> {
  const { origin, pathname } = new URL(target.url);
  const pool = new Pool(origin, { connections: concurrency });
  const found = await atOnce(count, concurrency, async (n) => {
    await (await send(pool, pathname, target, n)).text();
  });
  await pool.close();
  return found;
}

/** Does `count` things, `concurrency` at a time, and how long each took; milliseconds. */
export async function atOnce(
  count: number,
  concurrency: number,
  once: (n: number) => Promise<unknown>,
): Promise<Latencies> {
  const times: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const n = next++;
      const start = performance.now();
      await once(n);
      times.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  return latenciesOf(times, performance.now() - start);
}

/** `times` of single requests, and how long all of them took together; milliseconds. */
function latenciesOf(times: number[], elapsed: number): Latencies {
  times.sort((a, b) => a - b);
  return { p50: at(times, 0.5), p99: at(times, 0.99), rate: (times.length / elapsed) * 1000 };
}

/** From sending to the first byte of the body, the median of `count`; milliseconds. */
export async function measureFirstByte(target: Target, count: number): Promise<number> {
  const { origin, pathname } = new URL(target.url);
  const pool = new Pool(origin, { connections: 1 });
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    const body = await send(pool, pathname, target, n);
    body.once('data', () => times.push(performance.now() - start));
    await finished(body);
  }
  await pool.close();
  return at(
    times.sort((a, b) => a - b),
    0.5,
  );
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The same of several targets, in turn. */
export async function compare(
  targets: Readonly<Record<string, Target>>,
  count: number,
  concurrency: number,
  rounds = 5,
): Promise<Record<string, Latencies>> {
  for (const target of Object.values(targets)) await measure(target, Math.min(count, 300), concurrency);
  return await inTurn(targets, rounds, (target) => measure(target, count, concurrency));
}

/** Measures several things in turn, several rounds, so that what disturbs the machine disturbs all alike; takes the median round. */
export async function inTurn<T>(
  things: Readonly<Record<string, T>>,
  rounds: number,
  measured: (thing: T) => Promise<Latencies>,
): Promise<Record<string, Latencies>> {
  const found: Record<string, Latencies[]> = {};
  for (let round = 0; round < rounds; round++)
    for (const [name, thing] of Object.entries(things)) (found[name] ??= []).push(await measured(thing));
  return Object.fromEntries(Object.entries(found).map(([name, all]) => [name, medianOf(all)]));
}

/** Of several rounds, the middle one of each figure. */
function medianOf(all: readonly Latencies[]): Latencies {
  const middle = (values: number[]): number =>
    values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return {
    p50: middle(all.map(({ p50 }) => p50)),
    p99: middle(all.map(({ p99 }) => p99)),
    rate: middle(all.map(({ rate }) => rate)),
  };
}
