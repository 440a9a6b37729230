import type { JsonObject } from '@countersign/core';
import { expect, test } from 'vitest';
import type { PeerExchange } from './peer.ts';
import { RunningCall } from './running-call.ts';

/** An exchange that is answered by hand, and what it was cancelled with. */
function open(): PeerExchange & {
  readonly say: (answer: JsonObject) => void;
  readonly cancelled: JsonObject[];
} {
  const { promise, resolve } = Promise.withResolvers<JsonObject | undefined>();
  const cancelled: JsonObject[] = [];
  return { answer: promise, say: resolve, cancelled, cancel: (params) => void cancelled.push(params) };
}

test('who cancels waits for nothing any more, also where the server says nothing', async () => {
  const running = new RunningCall();
  const exchange = open();
  const answer = running.exchange(() => exchange);
  running.cancel({ reason: 'r' });
  expect(await answer).toBeUndefined();
  expect(exchange.cancelled).toEqual([{ reason: 'r' }]);
  expect(await running.exchange(open)).toBeUndefined();
});

test('what makes a task is not cancelled itself: its answer names what is', async () => {
  const running = new RunningCall();
  const exchange = open();
  const answer = running.whole(() => exchange);
  running.cancel({});
  exchange.say({ result: {} });
  expect(await answer).toEqual({ result: {} });
  expect(exchange.cancelled).toEqual([]);
});
