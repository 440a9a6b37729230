import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { neverLeft } from './bridge-http.ts';

test('a connection that is refused was never there', async () => {
  const error = await new Promise<Error>((refused) => connect(9, '127.0.0.1').once('error', refused));
  expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
  expect(neverLeft(error)).toBe(true);
});

test.each([
  ['EHOSTUNREACH', 'connect', true],
  ['ENOTFOUND', 'getaddrinfo', true],
  ['UND_ERR_CONNECT_TIMEOUT', undefined, true],
  // What the machine says of a connection whose route is lost: by then the call may have run.
  ['EHOSTUNREACH', 'read', false],
  ['ENETUNREACH', 'write', false],
  ['ECONNRESET', 'read', false],
])('%s at %s: never left is %s', (code, syscall, expected) => {
  const error = Object.assign(new Error(code), { code, ...(syscall === undefined ? {} : { syscall }) });
  expect(neverLeft(error)).toBe(expected);
});
