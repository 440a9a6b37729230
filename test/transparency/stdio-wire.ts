import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { Wire, type Message } from './wire.ts';

/** Speaks with a server that it starts, line by line. */
export class StdioWire extends Wire {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #ended: Promise<void>;

  constructor(args: readonly string[], env: Record<string, string>) {
    super();
    this.#child = spawn(process.execPath, [...args], { stdio: ['pipe', 'pipe', 'ignore'], env });
    process.once('exit', () => this.#child.kill('SIGKILL'));
    this.#ended = new Promise((done) => this.#child.once('close', () => done()));
    let text = '';
    // Lines end at LF alone: readline would cut at U+2028 too, which may stand in a text.
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.hear(JSON.parse(line) as Message);
    });
  }

  send(message: object): Promise<void> {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill(), 500);
    await this.#ended;
    clearTimeout(timer);
  }
}
