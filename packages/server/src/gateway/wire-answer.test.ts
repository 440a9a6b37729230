import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { dispatch, type WireAnswer } from './wire-answer.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** What asks a server that answers so. */
async function asking(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<(signal?: AbortSignal) => Promise<WireAnswer>> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: 1 });
  closing.push(async () => {
    await pool.destroy();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return (signal) =>
    dispatch(pool, { method: 'GET', path: '/', ...(signal === undefined ? {} : { signal }) });
}

async function textOf({ body }: WireAnswer): Promise<string> {
  let text = '';
  for await (const chunk of body) text += chunk.toString();
  return text;
}

/** Reads a part of it. */
async function leave({ body }: WireAnswer): Promise<void> {
  for await (const chunk of body) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
}

it('hands over the head at once and the body as it comes', async () => {
  let go = (): void => undefined;
  const ask = await asking((_request, response) => {
    response.writeHead(201, { 'x-name': 'value' });
    response.write('one ');
    go = () => response.end('two');
  });
  const answer = await ask();
  expect([answer.statusCode, answer.headers['x-name']]).toEqual([201, 'value']);
  const first = await answer.body.next();
  expect(String(first.value)).toBe('one ');
  const rest = textOf(answer);
  go();
  expect(await rest).toBe('two');
  expect(await answer.body.next()).toEqual({ done: true, value: undefined });
});

it('takes what only says that an answer will come for none', async () => {
  const ask = await asking((_request, response) => {
    response.writeEarlyHints({ link: '</a>; rel=preload' });
    response.end('real');
  });
  const answer = await ask();
  expect([answer.statusCode, await textOf(answer)]).toEqual([200, 'real']);
});

it('uses a connection again after a body that was read or dumped, and not after one that was left', async () => {
  const ports: (number | undefined)[] = [];
  const ask = await asking((request, response) => {
    ports.push(request.socket.remotePort);
    response.end('x'.repeat(100));
  });
  await textOf(await ask());
  await (await ask()).body.dump();
  await leave(await ask());
  await textOf(await ask());
  expect(ports[1]).toBe(ports[0]);
  expect(ports[2]).toBe(ports[0]);
  // It had come whole before it was left.
  expect(ports).toHaveLength(4);
});

it('breaks off what is left before its end', async () => {
  const left = Promise.withResolvers<void>();
  const ask = await asking((_request, response) => {
    response.write('x');
    response.once('close', () => left.resolve());
  });
  await leave(await ask());
  await left.promise;
});

it('does not read on for a reader that does not', async () => {
  let written = 0;
  const total = 64 * 1024 * 1024;
  const chunk = Buffer.alloc(1024 * 1024);
  const ask = await asking((_request, response) => {
    const more = (): void => {
      while (written < total) {
        written += chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const { body } = await ask();
  const first = await body.next();
  // What the machine holds for a socket is far less than all of it.
  let before = -1;
  while (written !== before) {
    before = written;
    await new Promise((later) => setTimeout(later, 100));
  }
  expect(written).toBeLessThan(total / 2);
  let size = first.value?.length ?? 0;
  for await (const each of body) size += each.length;
  expect(size).toBe(total);
});

it('rejects with what aborted it: before it is sent, while it waits, and in its body', async () => {
  const why = new Error('no longer wanted');
  let asked = 0;
  const ask = await asking((_request, response) => {
    if (asked++ === 1) response.write('x');
  });
  await expect(ask(AbortSignal.abort(why))).rejects.toBe(why);
  expect(asked).toBe(0);
  const waiting = new AbortController();
  const answer = ask(waiting.signal);
  await expect.poll(() => asked).toBe(1);
  waiting.abort(why);
  await expect(answer).rejects.toBe(why);
  const reading = new AbortController();
  const { body } = await ask(reading.signal);
  await body.next();
  const rest = body.next();
  reading.abort(why);
  await expect(rest).rejects.toBe(why);
});

it('rejects where the server breaks off, after what came before that', async () => {
  const ask = await asking((_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('x', () => response.destroy());
  });
  const { body } = await ask();
  expect(String((await body.next()).value)).toBe('x');
  await expect(body.next()).rejects.toThrow();
  await body.dump();
});

it('hands over many small pieces in order, and holds no more than some of them', async () => {
  const count = 20_000;
  let written = 0;
  const ask = await asking((_request, response) => {
    const more = (): void => {
      while (written < count) {
        written++;
        if (!response.write(String(written % 10))) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  });
  const answer = await ask();
  await new Promise((later) => setTimeout(later, 200));
  const text = await textOf(answer);
  expect(text).toBe(Array.from({ length: count }, (_, at) => String((at + 1) % 10)).join(''));
});
