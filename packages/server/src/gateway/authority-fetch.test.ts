import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { authorityFetch } from './authority-fetch.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => (server === undefined ? closed(0) : server.close(closed)));
  server = undefined;
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer);
  const listening = server;
  await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

const init = (more: { body?: string; signal?: AbortSignal } = {}) => ({
  method: 'POST',
  redirect: 'error' as const,
  headers: { 'x-name': 'value' },
  signal: new AbortController().signal,
  ...more,
});

it('sends what it is given and answers what comes back, over one connection', async () => {
  const sockets = new Set<Socket>();
  const url = await serve((request, response) => {
    sockets.add(request.socket);
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const { 'x-name': name, 'content-length': length } = request.headers;
        const said = [request.method, request.url, name, length].join(' ');
        response.writeHead(403, { 'retry-after': '7' }).end(`${said} ${Buffer.concat(chunks).toString()}`);
      });
  });
  const send = authorityFetch();
  for (const body of ['é', 'again']) {
    const answer = await send(`${url}/path?a=b`, init({ body }));
    expect([answer.status, answer.ok]).toEqual([403, false]);
    expect([answer.headers.get('retry-after'), answer.headers.get('x-none')]).toEqual(['7', null]);
    expect(await answer.text()).toBe(`POST /path?a=b value ${Buffer.byteLength(body)} ${body}`);
  }
  expect(sockets.size).toBe(1);
});

it('follows no redirection', async () => {
  const asked: (string | undefined)[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url);
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  const { status, ok } = await authorityFetch()(`${url}/here`, init());
  expect([status, ok, asked]).toEqual([307, false, ['/here']]);
});

it.each<[string, (response: ServerResponse) => void]>([
  ['does not answer', (response) => response.destroy()],
  [
    'breaks off in its answer',
    (response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('x', () => response.destroy());
    },
  ],
  [
    'speaks another protocol',
    (response) =>
      response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  ],
  ['answers without end', (response) => response.end(Buffer.alloc(17 * 1024 * 1024))],
])('rejects where the authority %s', async (_what, answer) => {
  const url = await serve((_request, response) => answer(response));
  await expect(authorityFetch()(url, init())).rejects.toThrow();
});

it('ends when it is aborted, before an answer and within one', async () => {
  let asked = 0;
  const url = await serve((_request, response) => {
    if (asked++ === 1) response.writeHead(200).write('x');
  });
  for (const times of [1, 2]) {
    const aborted = new AbortController();
    const answer = authorityFetch()(url, init({ signal: aborted.signal }));
    await expect.poll(() => asked).toBe(times);
    aborted.abort();
    await expect(answer).rejects.toThrow();
  }
});
