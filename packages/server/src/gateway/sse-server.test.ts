import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServerEnd } from './child-server.ts';
import { Conversation, type McpRequest } from './conversation.ts';
import { fixedHeaders } from './credential/fixed-headers.ts';
import { readMessage } from './message.ts';
import { RemoteWire } from './remote-wire.ts';
import { SseServers } from './sse-server.ts';
import { UpstreamAway } from './upstream-away.ts';

/** A server that a test steers: what it says first, and what becomes of each message. */
class Scripted {
  /** `METHOD path authorization`. */
  readonly asked: string[] = [];
  readonly messages: Record<string, unknown>[] = [];
  first = 'event: endpoint\ndata: /messages?session=1\n\n';
  open: (response: ServerResponse) => void = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(this.first);
    this.stream = response;
  };
  take: (message: Record<string, unknown>, response: ServerResponse) => void = ({ id }, response) => {
    response.writeHead(202).end();
    this.say({ jsonrpc: '2.0', id, result: {} });
  };
  stream: ServerResponse | undefined;

  say(message: object): void {
    this.stream?.write(`event: message\ndata: ${JSON.stringify(message)}\n\n`);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    if (request.method === 'GET') return this.open(response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const message = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      this.messages.push(message);
      this.take(message, response);
    });
  }
}

let server: Server;
let scripted: Scripted;
let url: string;
let complaints: string[];
let opened: { readonly servers: SseServers; readonly conversation: Conversation }[];
beforeEach(async () => {
  scripted = new Scripted();
  complaints = [];
  opened = [];
  server = createServer((request, response) => scripted.handle(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}/sse`;
});
afterEach(async () => {
  for (const { servers, conversation } of opened) {
    await conversation.close();
    await servers.close();
  }
  server.closeAllConnections();
  server.close();
});

function converse(said: (method: string) => void = () => {}): Conversation {
  const credential = fixedHeaders({ authorization: 'Bearer ours' });
  const servers = new SseServers(url, new RemoteWire({ url }, credential, (text) => complaints.push(text)));
  const conversation = new Conversation(servers.open('agt_a'), {
    said: ({ method }) => said(method ?? ''),
    overheard: () => {},
  });
  opened.push({ servers, conversation });
  return conversation;
}

function ping(id: string): McpRequest {
  const request = readMessage(JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' }), 1000);
  if (request.kind !== 'request') throw new Error('no request');
  return request;
}

async function ask(conversation: Conversation, id = 'mine'): Promise<string | undefined> {
  return (await conversation.send(ping(id), undefined, () => {}).answer)?.bytes.toString();
}

const died = (how: string): ServerEnd => ({ kind: 'died', how });

test('everything is said to the endpoint that it names, with our credential, and answered on the stream', async () => {
  const conversation = converse();
  expect(await Promise.all([ask(conversation, 'a'), ask(conversation, 'b')])).toEqual([
    '{"jsonrpc":"2.0","id":"a","result":{}}',
    '{"jsonrpc":"2.0","id":"b","result":{}}',
  ]);
  expect(scripted.asked).toEqual([
    'GET /sse Bearer ours',
    'POST /messages?session=1 Bearer ours',
    'POST /messages?session=1 Bearer ours',
  ]);
  await conversation.close();
  expect(await conversation.ended).toEqual({ kind: 'closed' });
});

test('what it says in one breath is heard in that order', async () => {
  const heard: string[] = [];
  const conversation = converse((method) => heard.push(method));
  scripted.take = ({ id }, response) => {
    response.writeHead(202).end();
    const lines = [
      { id, result: {} },
      { method: 'notifications/message', params: {} },
    ];
    scripted.stream?.write(
      lines.map((each) => `data: ${JSON.stringify({ jsonrpc: '2.0', ...each })}\n\n`).join(''),
    );
  };
  await ask(conversation);
  heard.push('the answer');
  await expect.poll(() => heard).toEqual(['the answer', 'notifications/message']);
});

test.each([
  'http://127.0.0.2:1/messages',
  '//other.example/messages',
  'https://127.0.0.1/messages',
  'http://[',
])('an endpoint elsewhere is sent nothing: %s', async (endpoint) => {
  scripted.first = `event: endpoint\ndata: ${endpoint}\n\n`;
  const conversation = converse();
  await expect(ask(conversation)).rejects.toThrow(UpstreamAway);
  expect(await conversation.ended).toEqual(died('it names an endpoint at another origin'));
  expect(scripted.messages).toEqual([]);
});

test.each<[string, (response: ServerResponse) => void, string]>([
  ['that is not there', (response) => response.writeHead(404).end(), 'it answers 404 and no event stream'],
  [
    'that is no stream',
    (response) => response.writeHead(200).end('{}'),
    'it answers 200 and no event stream',
  ],
  [
    'that does not let us in',
    (response) => response.writeHead(401).end(),
    'it refuses our credential, which an operator has to mend',
  ],
  ['that breaks off', (response) => response.destroy(), 'its stream broke off'],
])('a server %s was sent nothing', async (_name, open, how) => {
  scripted.open = open;
  const conversation = converse();
  await expect(ask(conversation)).rejects.toThrow(UpstreamAway);
  expect(await conversation.ended).toEqual(died(how));
  expect(scripted.messages).toEqual([]);
});

test('a message that it does not accept is an error', async () => {
  scripted.take = (_message, response) => response.writeHead(413).end();
  const conversation = converse();
  expect(await ask(conversation)).toBe(
    '{"jsonrpc":"2.0","id":"mine","error":{"code":-32603,"message":"the mcp server answers 413"}}',
  );
});

test('a stream that ends leaves what was sent unanswered, and nothing is sent after it', async () => {
  scripted.take = (_message, response) => {
    response.writeHead(202).end();
    scripted.stream?.end();
  };
  const conversation = converse();
  expect(await ask(conversation)).toBeUndefined();
  expect(await conversation.ended).toEqual(died('it ended its stream'));
  await expect(ask(conversation)).rejects.toThrow(UpstreamAway);
  expect(scripted.messages).toHaveLength(1);
});

test('a connection that breaks while a message is sent leaves its outcome unknown', async () => {
  scripted.take = (_message, response) => response.destroy();
  expect(await ask(converse())).toBeUndefined();
  expect(scripted.messages).toHaveLength(1);
});
