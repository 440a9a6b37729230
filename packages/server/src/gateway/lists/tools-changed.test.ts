import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { agreesToTellOfTools, declaresToolChanges, ToolsChanged } from './tools-changed.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listener(changes: ToolsChanged, closed = false): { raw: EventEmitter; told: () => number } {
  const raw = new EventEmitter();
  let told = 0;
  changes.add({ raw: raw as unknown as ServerResponse, closed }, () => void told++);
  return { raw, told: () => told };
}

test('a burst of changes is told once, and the next one again', async () => {
  const changes = new ToolsChanged();
  const one = listener(changes);
  for (let each = 0; each < 20; each++) changes.changed();
  expect(one.told()).toBe(0);
  await vi.runAllTimersAsync();
  expect(one.told()).toBe(1);
  changes.changed();
  await vi.runAllTimersAsync();
  expect(one.told()).toBe(2);
});

test('whoever has left is told nothing, and neither is anybody after the end', async () => {
  const changes = new ToolsChanged();
  const left = listener(changes);
  const late = listener(changes, true);
  const there = listener(changes);
  left.raw.emit('close');
  changes.changed();
  await vi.runAllTimersAsync();
  expect([left, late, there].map(({ told }) => told())).toEqual([0, 0, 1]);
  changes.changed();
  changes.close();
  await vi.runAllTimersAsync();
  expect(there.told()).toBe(1);
});

test.each([
  [{ result: { capabilities: { tools: { listChanged: true } } } }, true],
  [{ result: { capabilities: { tools: { listChanged: 'true' } } } }, false],
  [{ result: { capabilities: { tools: {} } } }, false],
  [{ result: {} }, false],
  [{ error: { code: -32601, message: 'unknown' } }, undefined],
])('%j declares it: %j', (answer, declares) => {
  expect(declaresToolChanges(answer)).toBe(declares);
});

test.each([
  [{ toolsListChanged: true }, true],
  [{ promptsListChanged: true }, false],
  [{ toolsListChanged: false }, false],
])('an acknowledgement of %j agrees: %j', (notifications, agrees) => {
  const method = 'notifications/subscriptions/acknowledged';
  expect(agreesToTellOfTools({ method, params: { notifications } })).toBe(agrees);
  expect(agreesToTellOfTools({ method: 'notifications/message', params: { notifications } })).toBeUndefined();
});
