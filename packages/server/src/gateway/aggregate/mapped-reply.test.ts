import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { Reply } from '../reply.ts';
import { MappedReply, type Changes } from './mapped-reply.ts';

const CHANGES: Changes = {
  message: (message) => Buffer.from(message.toString().replace('"theirs"', '"ours"')),
  unanswered: () => ({ unanswered: true }),
  place: (id) => `up.${id}`,
};

/** What a client hears of what an upstream says. */
async function heard(
  say: (reply: MappedReply) => Promise<void> | void,
  changes: Partial<Changes> = {},
): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }> {
  const server = createServer((_request, response) => {
    void say(new MappedReply(new Reply(response, true), { ...CHANGES, ...changes }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}`);
  const text = await answer.text();
  server.close();
  return { status: answer.status, text, headers: answer.headers };
}

const EVENTS = { 'content-type': 'text/event-stream', 'mcp-session-id': 'theirs' };
const JSON_TYPE = { 'content-type': 'application/json' };

test.each([1, 4, 1000])(
  'events change as they come, in chunks of %i bytes, and stay otherwise',
  async (size) => {
    const stream =
      ': x\n\nid: 7\ndata: \n\nid: 8\nevent: message\ndata: {"a":"theirs"}\n\ndata: {"b":"ä"}\n\n';
    const { text, headers } = await heard(async (reply) => {
      reply.begin(200, EVENTS);
      const bytes = Buffer.from(stream);
      for (let at = 0; at < bytes.length; at += size) await reply.pipe(bytes.subarray(at, at + size));
      reply.end();
    });
    expect(text).toBe(
      ': x\n\nid: up.7\ndata: \n\nid: up.8\nevent: message\ndata: {"a":"ours"}\n\ndata: {"b":"ä"}\n\n',
    );
    expect(headers.get('mcp-session-id')).toBeNull();
  },
);

test('an event is passed on before the next one is there', async () => {
  const next = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    const reply = new MappedReply(new Reply(response, true), CHANGES);
    void (async () => {
      reply.begin(200, EVENTS);
      await reply.pipe(Buffer.from('data: {"n":1}\n\ndata: {"n"'));
      await next.promise;
      await reply.pipe(Buffer.from(':2}\n\n'));
      reply.end();
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const answer = await fetch(`http://127.0.0.1:${port}`);
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text === 'data: {"n":1}\n\n') next.resolve();
  }
  expect(text).toBe('data: {"n":1}\n\ndata: {"n":2}\n\n');
  server.close();
});

test('a plain answer is changed when it is whole, and leaves with its own length', async () => {
  const { text, status, headers } = await heard(async (reply) => {
    reply.begin(203, { ...JSON_TYPE, 'content-length': '14', 'retry-after': '7' });
    await reply.pipe(Buffer.from('{"a":"the'));
    await reply.pipe(Buffer.from('irs"}'));
    reply.end();
  });
  expect([status, text]).toEqual([203, '{"a":"ours"}']);
  expect([headers.get('content-length'), headers.get('retry-after')]).toEqual(['12', '7']);
});

test('what its client is not told leaves no trace', async () => {
  const message = (said: Buffer): Buffer | undefined => (said.includes('secret') ? undefined : said);
  const plain = async (reply: MappedReply): Promise<void> => {
    reply.begin(200, JSON_TYPE);
    await reply.pipe(Buffer.from('{"secret":1}'));
    reply.end();
  };
  expect((await heard(plain, { message })).text).toBe('{"unanswered":true}');
  expect((await heard((reply) => reply.finish({ secret: 1 }), { message })).text).toBe('{"unanswered":true}');
  // Wherever one event ends and the next begins.
  for (const gap of ['\n\n', '\r\n\r\n', '\r\r', '\n\r\n', '\r\n\n', '\n\r']) {
    const { text } = await heard(
      async (reply) => {
        reply.begin(200, EVENTS);
        await reply.pipe(Buffer.from(`data: {"a":1}${gap}data: {"secret":1}${gap}id: 3\ndata: {"secret":2}`));
        reply.event({ secret: 3 });
        reply.end();
      },
      { message },
    );
    expect(text).toContain('data: {"a":1}');
    expect(text).not.toContain('secret');
  }
});

test('a page of another type passes as it is', async () => {
  const { status, text } = await heard(
    async (reply) => {
      reply.begin(502, { 'content-type': 'text/html' });
      await reply.pipe(Buffer.from('<p>theirs</p>'));
      reply.end();
    },
    { message: () => undefined },
  );
  expect([status, text]).toEqual([502, '<p>theirs</p>']);
});

test('an upstream that lost its session does not end ours', async () => {
  const lost = (): { lost: boolean } => ({ lost: true });
  const said = await heard(
    async (reply) => {
      reply.begin(404, JSON_TYPE);
      await reply.pipe(Buffer.from('{}'));
      reply.end();
    },
    { lost },
  );
  expect([said.status, said.text]).toEqual([200, '{"lost":true}']);
  const told = await heard((reply) => reply.finish({ a: 1 }, 404), { lost });
  expect([told.status, told.text]).toEqual([200, '{"lost":true}']);
  expect((await heard((reply) => reply.finish({ a: 1 }, 404))).status).toBe(404);
});

test('what we say ourselves is changed once', async () => {
  const { text } = await heard((reply) => {
    reply.event({ a: 'theirs', b: 'theirs' });
    reply.finish({ a: 'theirs', b: 'theirs' });
  });
  expect(text.match(/"ours"/g)).toHaveLength(2);
});
