import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A server that printed where it listens. */
export interface ListeningServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Starts a Node program that prints its address and ends with its standard input. */
export async function startListening(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly from?: 'stdout' | 'stderr' } = {},
): Promise<ListeningServer> {
  const child: ChildProcess = spawn(process.execPath, [...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const url = await new Promise<string>((found, failed) => {
    void ended.then(() => failed(new Error(`${args.join(' ')} ended: ${complaints}`)));
    const stream = child[options.from ?? 'stdout'];
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      const [address] = /http:\/\/\S+/.exec(line) ?? [];
      if (address !== undefined) found(address);
    });
  });
  return {
    url,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
