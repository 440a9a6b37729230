import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messagesOf, SharedStream } from './event-stream.ts';

test('what we say on an upstream’s stream stands between its events, however they are cut', async () => {
  const end = fc.constantFrom('\n\n', '\r\n\r\n', '\r\r');
  const events = fc.array(fc.tuple(fc.nat(99), end), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.infiniteStream(fc.nat(7)),
      fc.array(fc.nat(12), { maxLength: 3 }),
      async (theirs, cuts, at) => {
        const bytes = Buffer.from(theirs.map(([n, close]) => `data: {"theirs":${n}}${close}`).join(''));
        let out = '';
        const stream = new SharedStream({
          pipe: async (chunk) => void (out += Buffer.from(chunk).toString()),
          event: (message) => void (out += `data: ${JSON.stringify(message)}\n\n`),
        });
        let place = 0;
        for (let turn = 0; place < bytes.length; turn++) {
          for (const when of at) if (when === turn) stream.say({ ours: when });
          const size = (cuts.next().value as number) + 1;
          await stream.pipe(bytes.subarray(place, place + size));
          place += size;
        }
        const heard = messagesOf('text/event-stream', Buffer.from(out));
        expect(heard.filter((each) => 'theirs' in each).map((each) => each['theirs'])).toEqual(
          theirs.map(([n]) => n),
        );
        expect(out).not.toMatch(/\}data/);
      },
    ),
  );
});
