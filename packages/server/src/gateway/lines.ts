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
