import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChildServer, MAX_UNREAD_BYTES } from './child-server.ts';
import { CHILD, modern, openDoors, type Doors } from './testing-doors.ts';

const MIB = 1024 * 1024;
/** What the tests would take if anything here were kept whole is several times as much. */
const MAX_GROWTH = 160 * MIB;

let doors: Doors;
let endless: Server;
let sent: number;
let sockets: Socket[];
beforeEach(async () => {
  sockets = [];
  sent = 0;
  endless = createServer((request, response) => {
    request.resume();
    request.on('end', () => answerWithoutEnd(request.url ?? '', response));
  });
  await new Promise<void>((listening) => endless.listen(0, '127.0.0.1', listening));
  const { port } = endless.address() as { port: number };
  doors = await openDoors({}, `http://127.0.0.1:${port}`);
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await doors.close();
  endless.closeAllConnections();
  endless.close();
});

/** Of the kind that its path names, as fast as it is taken. */
function answerWithoutEnd(path: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': path === '/json' ? 'application/json' : 'text/event-stream' });
  const event = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"data":"${'x'.repeat(MIB)}"}}\n\n`;
  const more = (): void => {
    while (!response.destroyed) {
      sent += event.length;
      if (!response.write(event)) return;
    }
  };
  response.on('drain', more);
  response.on('error', () => {});
  more();
}

/** A client that sends a request and reads nothing of its answer; hears when it is cut off. */
function deafClient(path: string, method: string, headers: Record<string, string>, body = ''): Promise<void> {
  const { hostname, port } = new URL(doors.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.pause();
  socket.on('error', () => {});
  const all = {
    host: `${hostname}:${port}`,
    authorization: 'Bearer agt_a',
    accept: 'application/json, text/event-stream',
    ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': String(body.length) }),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${path} HTTP/1.1\r\n${head.join('')}\r\n${body}`);
  return new Promise((cut) => socket.once('close', () => cut()));
}

const rss = (): number => process.memoryUsage.rss();

describe('who does not read', () => {
  test('its own stream of a server that says more and more is cut off', async () => {
    const session = await doors.open();
    const before = rss();
    void deafClient('/mcp/local', 'GET', { 'mcp-session-id': session });
    await expect.poll(() => doors.underWay().calls, { timeout: 20_000 }).toBe(1);
    const asked = doors.port.asked.length;
    const babble = { id: 1, method: 'tools/call', params: { name: 'babble', arguments: {} } };
    void doors.ask('/mcp/local', babble, { session, on: () => {} }).catch(() => {});
    await expect.poll(() => doors.port.asked.length, { timeout: 20_000 }).toBeGreaterThan(asked);
    // Only the call that never ends is left.
    await expect.poll(() => doors.underWay().calls, { timeout: 20_000 }).toBe(1);
    expect(rss() - before).toBeLessThan(MAX_GROWTH);
  });

  test('an answer without end of an upstream at a url holds that upstream up, and takes no memory', async () => {
    const before = rss();
    const [message, headers] = modern(1, 'echo');
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    void deafClient('/mcp/endless', 'POST', headers, body);
    let seen = -1;
    // It has stopped: two looks in a row find the same.
    await expect
      .poll(
        () => {
          const stopped = sent > 0 && sent === seen;
          seen = sent;
          return stopped;
        },
        { timeout: 20_000, interval: 300 },
      )
      .toBe(true);
    expect(rss() - before).toBeLessThan(MAX_GROWTH);
  });
});

test('an upstream whose list of tools has no end is not listened to for ever', async () => {
  doors.port.stepUp.add('echo');
  const before = rss();
  const [message, headers] = modern(1, 'echo');
  const { messages } = await doors.ask('/mcp/endless', message, { headers });
  expect(JSON.stringify(messages.at(-1))).toContain('it does not answer tools/list');
  // What it is cut off at, its text, and the text without what cuts its events.
  expect(rss() - before).toBeLessThan(4 * 64 * MIB);
});

describe('a server that we started', () => {
  test('which answers what nobody asked, without end, waits until that is handed on', async () => {
    const before = rss();
    const [chatter, headers] = modern(1, 'chatter');
    void doors.ask('/mcp/local', chatter, { headers, on: () => {} }).catch(() => {});
    await new Promise((later) => setTimeout(later, 3000));
    expect(rss() - before).toBeLessThan(MAX_GROWTH);
  });

  test('which reads nothing any more is sent no more than it may leave unread', async () => {
    const child = new ChildServer(
      { command: process.execPath, args: [CHILD], env: {}, cwd: '.' },
      { line: () => {}, overheard: () => {} },
    );
    await child.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'deaf', arguments: {} },
    });
    const text = 'x'.repeat(MIB);
    const unsent: Promise<void>[] = [];
    let refused: unknown;
    for (let n = 0; refused === undefined && n < 2 * (MAX_UNREAD_BYTES / MIB); n++) {
      const sending = child.send({ jsonrpc: '2.0', id: n, method: 'ping', params: { text } });
      unsent.push(sending.catch(() => {}));
      refused = await Promise.race([
        sending.then(() => undefined, String),
        new Promise((later) => setImmediate(later)),
      ]);
    }
    expect(refused).toBe('UpstreamAway: it does not read');
    await child.close();
    await Promise.all(unsent);
  });
});
