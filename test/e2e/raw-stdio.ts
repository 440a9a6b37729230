import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { MAIN } from './countersign.ts';
import { DECLARES, type Said } from './raw-agent.ts';

/** A client of the stdio door that says exactly what a test wants, in either era, and shows exactly what it hears. */
export class RawStdio {
  readonly #door: ChildProcess;
  readonly #waiting = new Map<unknown, (said: Said) => void>();
  readonly heard: Said[] = [];
  readonly ended: Promise<void>;
  #count = 0;

  /** `home` is where the door keeps what is its user's. */
  constructor(home: string, env: Record<string, string>, args: readonly string[]) {
    this.#door = spawn(process.execPath, [MAIN, 'mcp', ...args], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '', HOME: home, ...env },
    });
    const kill = (): void => void this.#door.kill('SIGKILL');
    process.once('exit', kill);
    this.ended = new Promise((done) => this.#door.once('exit', () => done()));
    void this.ended.then(() => process.off('exit', kill));
    if (this.#door.stdout === null) throw new Error('the door has no standard output');
    createInterface({ input: this.#door.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as Said;
      this.heard.push(said);
      if (said.method === undefined) this.#waiting.get(said.id)?.(said);
    });
  }

  tell(method: string, params: object = {}): void {
    this.#door.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`);
  }

  say(method: string, params: object = {}): Promise<Said> {
    const id = ++this.#count;
    return new Promise((answered) => {
      this.#waiting.set(id, answered);
      this.#door.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    });
  }

  modern(method: string, params: object = {}, declares: object = DECLARES.tasks): Promise<Said> {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': declares,
    };
    return this.say(method, { ...params, _meta: meta });
  }

  /** Begins a session of 2025-11-25; answers what the server can do. */
  async open(): Promise<unknown> {
    const clientInfo = { name: 'raw', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: { tasks: {} }, clientInfo };
    const { result } = await this.say('initialize', params);
    this.tell('notifications/initialized');
    return result?.['capabilities'];
  }

  async end(how: 'close' | 'kill'): Promise<void> {
    if (how === 'kill') this.#door.kill('SIGKILL');
    else this.#door.stdin?.end();
    await this.ended;
  }
}
