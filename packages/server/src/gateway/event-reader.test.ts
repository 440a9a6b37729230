import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventsIn, readEvents, type ServerEvent } from './event-reader.ts';

async function read(chunks: readonly Uint8Array[]): Promise<ServerEvent[]> {
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const events: ServerEvent[] = [];
  for await (const event of readEvents(stream())) events.push(event);
  return events;
}

describe('events of a stream', () => {
  test.each<[string, ServerEvent[]]>([
    ['data: a\n\n', [{ data: 'a' }]],
    ['data:a\r\ndata: b\r\n\r\n', [{ data: 'a\nb' }]],
    ['data: a\r\rdata: b\r\r\n', [{ data: 'a' }, { data: 'b' }]],
    ['\uFEFFdata: a\n\n', [{ data: 'a' }]],
    [': comment\n\ndata: a\n\n', [{ data: 'a' }]],
    ['event: message\nid: 7\nretry: 50\ndata: a\n\n', [{ data: 'a', id: '7', retry: 50 }]],
    ['event: endpoint\ndata: /m\n\ndata: b\n\n', [{ type: 'endpoint', data: '/m' }, { data: 'b' }]],
    ['event: endpoint\n\ndata: b\n\n', [{ data: 'b' }]],
    ['id: 7\ndata:\n\n', [{ data: '', id: '7' }]],
    ['retry: soon\nid: a\0b\ndata:  a: b\n\n', [{ data: ' a: b' }]],
    ['data\n\ndata: cut off', []],
  ])('%j', async (text, events) => {
    expect(await read([Buffer.from(text)])).toEqual(events);
  });

  test('of a whole body are the same, and the one that is cut off at its end', () => {
    expect(eventsIn(Buffer.from('data: a\r\rid: 7\r\n\r\ndata: b\ndata: c'))).toEqual([
      { data: 'a' },
      { data: '', id: '7' },
      { data: 'b\nc' },
    ]);
  });

  test('are the same however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' ')),
          { maxLength: 5 },
        ),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(40), { maxLength: 20 }),
        async (texts, end, cuts) => {
          const bytes = Buffer.from(`${texts.map((text) => `data: ${text}${end}${end}`).join('')}:${end}`);
          const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
          const chunks = at.slice(1).map((to, index) => bytes.subarray(at[index], to));
          expect(await read(chunks)).toEqual(await read([bytes]));
          expect((await read(chunks)).map(({ data }) => data)).toEqual(texts.filter((text) => text !== ''));
        },
      ),
    );
  });
});
