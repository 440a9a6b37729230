import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { atOnce, type Latencies } from './load.ts';

/** A command that speaks JSON-RPC, a message a line. */
export interface StdioTarget {
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

const OPENING = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1' },
};

/** A started command, and its answers by id. */
class Lines {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, () => void>();
  #count = 0;

  constructor({ args, env }: StdioTarget) {
    this.#child = spawn(process.execPath, [...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...env },
    });
    let text = '';
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const { id } = JSON.parse(line) as { id?: number };
        if (id !== undefined) this.#waiting.get(id)?.();
      }
    });
  }

  async ask(method: string, params: object): Promise<void> {
    const id = ++this.#count;
    const answered = new Promise<void>((heard) => this.#waiting.set(id, heard));
    this.#child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    await answered;
    this.#waiting.delete(id);
  }

  async close(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('close', done));
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(timer);
  }
}

/** Calls one tool `count` times, `concurrency` at a time; milliseconds. */
export async function measureStdio(
  target: StdioTarget,
  tool: string,
  count: number,
  concurrency: number,
): Promise<Latencies> {
  const lines = new Lines(target);
  try {
    await lines.ask('initialize', OPENING);
    const call = (n: number): Promise<void> =>
      lines.ask('tools/call', { name: tool, arguments: { item: n } });
    for (let n = 0; n < 200; n++) await call(n);
    return await atOnce(count, concurrency, call);
  } finally {
    await lines.close();
  }
}

/** From the start of a command to its first answer, the median of several; milliseconds. */
export async function measureStart(target: StdioTarget, rounds = 9): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const lines = new Lines(target);
    await lines.ask('initialize', OPENING);
    times.push(performance.now() - start);
    await lines.close();
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}
