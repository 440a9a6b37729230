import { expect, test } from 'vitest';
import { amendedEvents } from './amended-events.ts';

const STREAM = `: waiting

id: 1
event: message
data: {"method":"notifications/message","params":"ä"}

id: 2
retry: 10
data: {"result":
data: "ä"}

`;

async function amended(text: string, size: number): Promise<string> {
  const bytes = Buffer.from(text);
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const parts: Buffer[] = [];
  const amend = async (data: Buffer): Promise<Buffer> =>
    data.includes('result') ? Buffer.from('{"result":"ö"}') : data;
  for await (const part of amendedEvents(chunks(), amend)) parts.push(part);
  return Buffer.concat(parts).toString();
}

test.each([1, 2, 3, 7, 1000])(
  'one event changes, in chunks of %i bytes, and every other byte stays',
  async (size) => {
    const expected = STREAM.replace(/data: \{"result":\ndata: "ä"\}/, 'data: {"result":"ö"}');
    expect(await amended(STREAM, size)).toBe(expected);
  },
);

test.each(['\r\n', '\r'])('lines may end in %j', async (end) => {
  const out = await amended(STREAM.replaceAll('\n', end), 5);
  expect(out).toContain(`data: {"method":"notifications/message","params":"ä"}${end}${end}`);
  expect(out).toContain('id: 2\nretry: 10\ndata: {"result":"ö"}\n\n');
});

test('an event that is cut off passes as it is', async () => {
  expect(await amended('data: {"result":1}', 4)).toBe('data: {"result":1}');
});
