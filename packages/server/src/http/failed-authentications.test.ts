import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { FAILURES, FailedAuthentications, networkOf } from './failed-authentications.ts';

let now = 0;

/** One request over HTTP as far as it is looked at here; answers what it has to wait. */
function request(
  failures: FailedAuthentications,
  status: number,
  { key = 'k', address = '192.0.2.1', url = '/mcp/x', forwarded = '' } = {},
): number {
  const response = Object.assign(new EventEmitter(), { statusCode: status });
  const headers = { authorization: `Bearer ${key}`, 'x-forwarded-for': forwarded };
  const asked = { method: 'POST', url, headers, socket: { remoteAddress: address } };
  const wait = failures.wait(asked as unknown as IncomingMessage, response as unknown as ServerResponse);
  if (wait === 0) response.emit('finish');
  return wait;
}

function exhausted(): FailedAuthentications {
  const failures = new FailedAuthentications(() => now);
  expect(request(failures, 200, { key: 'good' })).toBe(0);
  for (let n = 0; n < FAILURES.burst; n++) expect(request(failures, 401, { key: `guess-${n}` })).toBe(0);
  return failures;
}

test('who failed too often at an address waits there, by whatever name it says it was forwarded for', () => {
  const failures = exhausted();
  expect(request(failures, 200, { key: 'another' })).toBe(1);
  expect(request(failures, 200, { key: 'another', forwarded: '203.0.113.9' })).toBe(1);
  expect(request(failures, 200, { key: 'another', address: '192.0.2.2' })).toBe(0);
  now += 1000;
  expect(request(failures, 401, { key: 'yet another' })).toBe(0);
  expect(request(failures, 401, { key: 'yet another' })).toBe(1);
});

test('a credential that passed is not shut out by others at its address, until it fails itself', () => {
  const failures = exhausted();
  expect(request(failures, 200, { key: 'good' })).toBe(0);
  // It is looked at, and was revoked meanwhile.
  expect(request(failures, 401, { key: 'good' })).toBe(0);
  expect(request(failures, 401, { key: 'good' })).toBeGreaterThan(0);
});

test('an answer that needs no credential proves none', () => {
  const failures = new FailedAuthentications(() => now);
  request(failures, 200, { key: 'guess', url: '/healthz' });
  for (let n = 0; n < FAILURES.burst; n++) request(failures, 401, { key: `guess-${n}` });
  expect(request(failures, 401, { key: 'guess' })).toBeGreaterThan(0);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['', ''],
])('%s is of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
