import type { Readable } from 'node:stream';

const NEWLINE = 0x0a;

/** Cuts a byte stream into lines without their ends; a line that is too long throws and nothing after it is read. */
export class LineReader {
  readonly #maxBytes: number;
  readonly #line: (bytes: Buffer) => void;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(maxBytes: number, line: (bytes: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#line = line;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      this.#take(chunk.subarray(start, end));
      const whole = Buffer.concat(this.#parts, this.#size);
      this.#parts = [];
      this.#size = 0;
      const bytes = whole.at(-1) === 0x0d ? whole.subarray(0, -1) : whole;
      if (bytes.length > 0) this.#line(bytes);
    }
    if (start < chunk.length) this.#take(chunk.subarray(start));
  }

  #take(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#maxBytes) throw new RangeError(`a line is longer than ${this.#maxBytes} bytes`);
    this.#parts.push(part);
  }
}

/** Reads a client's lines; resolves when it ends its input, sends a line that is too long, or `signal` says so. */
export async function readLines(
  stdin: Readable,
  maxBytes: number,
  on: { readonly line: (bytes: Buffer) => void; readonly complain: (text: string) => void },
  signal?: AbortSignal,
): Promise<void> {
  const done = Promise.withResolvers<void>();
  const reader = new LineReader(maxBytes, on.line);
  stdin.on('data', (chunk: Buffer) => {
    try {
      reader.push(chunk);
    } catch (error) {
      on.complain(String(error));
      done.resolve();
    }
  });
  stdin.on('end', () => done.resolve());
  signal?.addEventListener('abort', () => done.resolve(), { once: true });
  await done.promise;
}
