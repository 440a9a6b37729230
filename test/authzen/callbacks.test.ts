import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { denialReference, type Submission } from '@countersign/core';
import { isInternalAddress } from '../../packages/server/src/notify/addresses.ts';
import { Callbacks } from '../../packages/server/src/notify/callbacks.ts';
import {
  addAgent,
  enrolFirst,
  openTestAuthority,
  vote,
  writeCall,
  type Opened,
} from '../authority/fixture.ts';

// ARAP §"Callback Completion".
const SECRET = '0123456789abcdef';

interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let receiver: Server;
let heard: Heard[];
let answers: number[];
let endpoint: string;
let opened: Opened;
let callbacks: Callbacks;
const failures: string[] = [];

beforeEach(async () => {
  heard = [];
  answers = [];
  failures.length = 0;
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 204, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening));
  endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/cb`;
  await start(true);
});
afterEach(async () => {
  await callbacks.stop();
  await opened.close();
  receiver.closeAllConnections();
  receiver.close();
});

async function start(internal: boolean, url = endpoint): Promise<void> {
  opened = await openTestAuthority({ callbacks: [{ url, secret: SECRET, internal }] });
  listen();
}
function listen(): void {
  callbacks = new Callbacks(opened.parts, (reason) => failures.push(reason));
  callbacks.start();
}

async function file(callback: Submission['callback'], path = 'a'): Promise<string> {
  const { agent, port } = await addAgent(opened, `bot-${path}`);
  const question = writeCall(agent, { path });
  const denied = await port.evaluate(question);
  if (denied.decision) throw new Error('permitted');
  const { id } = await port.request({
    ...question,
    denial: denialReference(denied.context),
    ...(callback === undefined ? {} : { callback }),
  });
  return id;
}

describe('a callback', () => {
  it('tells how the task ended, signed, with the state as it was, and nothing that could be enforced', async () => {
    const ann = await enrolFirst(opened);
    const id = await file({ endpoint, state: 'opaque' });
    await vote(opened, ann, id);
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    const [{ headers, body }] = heard as [Heard];
    const status_endpoint = `http://localhost:7300/access/v1/requests/${id}`;
    expect(JSON.parse(body)).toEqual({ state: 'opaque', task: { id, status: 'approved', status_endpoint } });
    const signed = `${headers['webhook-id'] as string}.${headers['webhook-timestamp'] as string}.${body}`;
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`,
    );
    await vi.waitFor(async () => expect(await opened.parts.callbacks.due(opened.time.now, 9)).toEqual([]));
  });

  it('is made for the events that were asked for', async () => {
    const ann = await enrolFirst(opened);
    const first = await file({ endpoint, events: ['denied'] }, 'a');
    const second = await file({ endpoint, events: ['approved'] }, 'b');
    await vote(opened, ann, first);
    await vote(opened, ann, second);
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    expect(heard[0]?.body).toContain(second);
    await vi.waitFor(async () => expect(await opened.parts.callbacks.due(opened.time.now, 9)).toEqual([]));
  });

  it('is tried again after a failure or a redirect, later each time, and after a restart', async () => {
    answers = [500, 302];
    const ann = await enrolFirst(opened);
    const id = await file({ endpoint });
    await vote(opened, ann, id);
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    expect(failures[0]).toContain('answered 500');
    expect(await opened.parts.callbacks.due(opened.time.now, 9)).toEqual([]);

    opened.time.now += 5_000;
    await callbacks.stop();
    opened = await opened.reopen();
    listen();
    await vi.waitFor(() => expect(failures).toHaveLength(2));
    expect(failures[1]).toContain('answered 302');
    await callbacks.stop();
    opened.time.now += 10_000;
    listen();
    await vi.waitFor(() => expect(heard).toHaveLength(3));
    await vi.waitFor(async () => expect(await opened.parts.callbacks.due(opened.time.now, 9)).toEqual([]));
  });

  it('is given up after a day', async () => {
    answers = [500];
    const ann = await enrolFirst(opened);
    await vote(opened, ann, await file({ endpoint }));
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    await callbacks.stop();
    opened.time.now += 25 * 3_600_000;
    listen();
    await vi.waitFor(async () => expect(await opened.parts.callbacks.due(opened.time.now, 9)).toEqual([]));
    expect(heard).toHaveLength(1);
  });
});

describe('an endpoint', () => {
  it('"MUST" be one that the deployment allows', async () => {
    const others = [`${endpoint}/more`, `${endpoint}?x`, 'https://pep.example/', 'http://127.0.0.1/cb', 'x'];
    for (const [index, other] of others.entries())
      await expect(file({ endpoint: other }, `${index}`)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it.each(['127.0.0.1', 'localhost'])('"MUST reject … internal network addresses": %s', async (host) => {
    await callbacks.stop();
    await opened.close();
    const inside = endpoint.replace('127.0.0.1', host);
    await start(false, inside);
    await expect(file({ endpoint: inside })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it.each(['127.0.0.1', 'localhost'])('is looked at again when it is called: %s', async (host) => {
    await callbacks.stop();
    await opened.close();
    const inside = endpoint.replace('127.0.0.1', host);
    await start(true, inside);
    const ann = await enrolFirst(opened);
    const id = await file({ endpoint: inside });
    await callbacks.stop();
    const { authority, dir, time, pdp } = opened;
    await authority.close();
    // As if the name had led elsewhere when the request was filed.
    const config = { callbacks: [{ url: inside, secret: SECRET, internal: false }] };
    opened = await openTestAuthority(config, dir, time, pdp);
    listen();
    await vote(opened, ann, id);
    await vi.waitFor(() => expect(failures[0]).toMatch(/internal address/));
    expect(heard).toEqual([]);
  });
});

it.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.9.9.9',
  '169.254.169.254',
  '172.31.0.1',
  '192.168.1.1',
  '198.19.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '64:ff9b::7f00:1',
  'fc00::1',
  'fe80::1',
  'ff02::1',
  '2002:7f00:1::',
  'not an address',
])('%s is internal', (address) => {
  expect(isInternalAddress(address)).toBe(true);
});

it.each(['1.1.1.1', '93.184.216.34', '2606:4700::1111', '::ffff:1.1.1.1'])('%s is not', (address) => {
  expect(isInternalAddress(address)).toBe(false);
});
