import { spawn } from 'node:child_process';

/** A server that said where it listens. */
export interface ListeningServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * Starts a Node program that ends with its standard input and says where it listens: its address, or what `says`
 * finds the port in.
 */
export async function startListening(
  args: readonly string[],
  options: { readonly env?: Record<string, string>; readonly says?: RegExp } = {},
): Promise<ListeningServer> {
  const child = spawn(process.execPath, [...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  const says = options.says ?? /http:\/\/127\.0\.0\.1:(\d+)\/mcp/;
  let said = '';
  const port = await new Promise<string>((found, failed) => {
    void ended.then(() => failed(new Error(`${args.join(' ')} ended: ${said}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const [, number] = says.exec(said) ?? [];
        if (number !== undefined) found(number);
      });
    }
  });
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
