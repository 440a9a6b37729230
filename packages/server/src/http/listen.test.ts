import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listen, MAX_HEADER_BYTES, MAX_HEADERS, type Listening } from './listen.ts';

const TIMES = { headers: 300, request: 600, unread: 300, idle: 300, checked: 50 };
const CONNECTIONS = 4;
/** For a machine that does much else. */
const PATIENT = { timeout: 20_000 };

let listening: Listening;
let sockets: Socket[];
beforeEach(async () => {
  sockets = [];
  listening = await listen('127.0.0.1', 0, { connections: CONNECTIONS, times: TIMES });
  const app = new Hono();
  app.onError((_error, context) => context.text('broken off', 400));
  app.post('/echo', async (context) => context.text(await context.req.text()));
  app.get('/hello', (context) => context.text('hello'));
  app.get('/big', (context) => context.text('x'.repeat(32 * 1024 * 1024)));
  app.get('/slow', async (context) => {
    await new Promise((later) => setTimeout(later, 4 * TIMES.request));
    return context.text('slow');
  });
  const names = { origin: 'http://localhost', hosts: new Set(['localhost']) };
  const gateway = { handle: async () => {} };
  listening.open({ app, gateway, names });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  listening.server.closeAllConnections();
  await listening.close();
});

/** A socket that says what it is told, and all that it heard when the server closed it. */
function open(first: string): { readonly socket: Socket; readonly heard: Promise<string> } {
  const socket = connect(listening.port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => {});
  socket.write(first);
  return { socket, heard: new Promise((closed) => socket.on('close', () => closed(text))) };
}

function connections(): Promise<number> {
  return new Promise((found) => listening.server.getConnections((_error, count) => found(count)));
}

const HEAD = 'Host: localhost\r\nConnection: close\r\n';

describe('a client that takes its time is closed', () => {
  test.each([
    ['in its headers', 'GET /hello HTTP/1.1\r\n', 'X-More: 1\r\n'],
    ['in its body', `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n`, 'x'],
    [
      'in a body without a length',
      `POST /echo HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
      '1\r\nx\r\n',
    ],
  ])('%s', async (_where, first, more) => {
    const { socket, heard } = open(first);
    const drip = setInterval(() => socket.write(more), 20);
    expect(await heard).toMatch(/^HTTP\/1\.1 408 /);
    clearInterval(drip);
  });

  test('between its requests', async () => {
    const { heard } = open('GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await heard).toMatch(/^HTTP\/1\.1 200 [^]*hello/);
  });
});

test('who takes nothing of an answer that is there is closed', async () => {
  const { socket } = open('GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n');
  socket.pause();
  await expect.poll(connections, PATIENT).toBe(1);
  await expect.poll(connections, PATIENT).toBe(0);
});

test('an answer may take any time', async () => {
  expect(await open(`GET /slow HTTP/1.1\r\n${HEAD}\r\n`).heard).toMatch(/^HTTP\/1\.1 200 [^]*slow/);
});

test.each([
  ['too many headers', Array.from({ length: MAX_HEADERS }, (_, n) => `X-${n}: 1\r\n`).join('')],
  ['headers that are too long', `X-Long: ${'x'.repeat(MAX_HEADER_BYTES)}\r\n`],
])('%s are refused, and none is left out unseen', async (_what, headers) => {
  expect(await open(`GET /hello HTTP/1.1\r\n${HEAD}${headers}\r\n`).heard).toMatch(/^HTTP\/1\.1 431 /);
});

test('more connections than there may be are closed; one that ends makes room', async () => {
  const kept = Array.from({ length: CONNECTIONS }, () =>
    open('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  );
  await expect.poll(connections, PATIENT).toBe(CONNECTIONS);
  expect(await open(`GET /hello HTTP/1.1\r\n${HEAD}\r\n`).heard).toBe('');
  kept[0]?.socket.destroy();
  await expect.poll(() => open(`GET /hello HTTP/1.1\r\n${HEAD}\r\n`).heard, PATIENT).toContain('hello');
});
