import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { MAIN, Site, type Running } from '../e2e/countersign.ts';
import { HttpClient, StdioClient, type Client, type Era } from './client.ts';

const UPSTREAM = resolve(import.meta.dirname, 'upstream.ts');
/** Our own door over stdio before a server of its own; `bridge`: a client of stdio before the HTTP gateway. */
export type Door = 'http' | 'stdio' | 'bridge';

/** What stands behind the gateway: the eras it speaks, and how it is reached. */
export interface Behind {
  readonly eras: readonly Era[];
  readonly reached: 'url' | 'child';
}

/** `both-url`, `legacy-child` ... */
export function nameOf({ eras, reached }: Behind): string {
  return `${eras.length > 1 ? 'both' : eras[0] === '2025-11-25' ? 'legacy' : 'modern'}-${reached}`;
}

export interface Config {
  readonly hold: string;
  readonly pending?: string;
}

/** A client, and the folder of whose it is. */
export interface At {
  readonly door: Door;
  readonly behind: Behind;
  readonly era: Era;
  readonly home: string;
}

/** A running Countersign with one upstream of each kind behind it, one agent and one approver. */
export class MatrixWorld {
  readonly site: Site = new Site();
  readonly #behinds: readonly Behind[];
  readonly #remotes = new Map<string, { readonly url: string; readonly process: ChildProcess }>();
  /** What each request asks for, by its id. */
  readonly #asked = new Map<string, string>();
  #looking: Promise<void> | undefined;
  #ends = 0;
  #hold = '';
  #key = '';
  #server: Running | undefined;

  private constructor(behinds: readonly Behind[]) {
    this.#behinds = behinds;
  }

  static async open(behinds: readonly Behind[]): Promise<MatrixWorld> {
    const world = new MatrixWorld(behinds);
    const { site } = world;
    await site.reservePort();
    site.writePolicies();
    for (const behind of behinds) if (behind.reached === 'url') await world.#listen(behind);
    const { api_key = '' } = await site.json('agent', 'add', 'bot', '--owner', 'owner@example.com');
    world.#key = api_key;
    await site.enrolKey();
    return world;
  }

  /** Starts the gateway, or starts it anew, with this config. */
  async configure({ hold, ...config }: Config): Promise<void> {
    await this.#server?.stop();
    this.#hold = hold;
    const upstreams = this.#behinds.map((behind) => {
      const [command, ...args] = this.#commandOf(behind);
      const name = nameOf(behind);
      return [name, behind.reached === 'child' ? { command, args } : { url: this.#remotes.get(name)?.url }];
    });
    this.site.configure({
      public_url: this.site.url,
      hold,
      ...config,
      limits: { access_requests_per_minute: 10_000 },
      upstreams: Object.fromEntries(upstreams),
    });
    await this.startGateway();
  }

  /** A client that has not begun. */
  client({ door, behind, era, home }: At, capabilities: object): Client {
    const { site } = this;
    const name = nameOf(behind);
    if (door === 'http')
      return new HttpClient(era, capabilities, `http://127.0.0.1:${site.port}/mcp/${name}`, this.#key);
    const own = door === 'bridge' ? [] : ['--hold', this.#hold, '--', ...this.#commandOf(behind)];
    const folder = join(site.dir, 'homes', home);
    mkdirSync(folder, { recursive: true });
    return new StdioClient(era, capabilities, [MAIN, 'mcp', '--server', name, ...own], {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      // Hundreds of processes of the same code: what the first has compiled, the others read.
      NODE_COMPILE_CACHE: join(site.dir, 'compiled'),
      COUNTERSIGN_URL: site.url,
      COUNTERSIGN_API_KEY: this.#key,
    });
  }

  /** The request that a call with this note has filed. */
  async requestOf(note: string): Promise<string> {
    let found: string | undefined;
    await until(`a request for ${note}`, async () => {
      await this.#look();
      found = [...this.#asked].find(([, asked]) => asked === note)?.[0];
      return found !== undefined;
    });
    return found ?? '';
  }

  async isWaiting(request: string): Promise<boolean> {
    return (await (await this.site.openVoter()).waiting()).includes(request);
  }

  /** Ends what still waits for people of the calls with this note. */
  async clear(note: string): Promise<void> {
    await this.#look();
    const ids = [...this.#asked].filter(([, asked]) => asked === note).map(([id]) => id);
    const waiting = await (await this.site.openVoter()).waiting();
    // One that expires in this moment is gone as well.
    const deny = (id: string): Promise<void> => this.site.vote('deny', id).catch(() => {});
    await Promise.all(ids.filter((id) => waiting.includes(id)).map(deny));
  }

  async #look(): Promise<void> {
    await (this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined)));
  }

  async #lookOnce(): Promise<void> {
    const voter = await this.site.openVoter();
    for (const id of await voter.waiting()) {
      if (this.#asked.has(id)) continue;
      const { question } = await voter.show(id);
      this.#asked.set(id, /"name":"(note-[\w-]+)"/.exec(JSON.stringify(question.bound))?.[1] ?? '');
    }
  }

  async killGateway(): Promise<void> {
    await this.#server?.kill();
  }

  async startGateway(): Promise<void> {
    this.#server = await this.site.start();
  }

  /** Ends all that runs of a server, as a crash would. */
  async killUpstream(behind: Behind): Promise<void> {
    const name = nameOf(behind);
    const { files } = this.site;
    writeFileSync(join(files, `${name}.end.${++this.#ends}`), '');
    await until(`the end of ${name}`, async () =>
      readdirSync(files)
        .filter((file) => file.startsWith(`${name}.pid.`))
        .every((file) => !isAlive(Number(file.split('.').at(-1)))),
    );
  }

  /** Lets one at a URL listen again; one that we start is started by who uses it. */
  async restartUpstream(behind: Behind): Promise<void> {
    if (behind.reached === 'url') await this.#listen(behind);
  }

  async #listen(behind: Behind): Promise<void> {
    const name = nameOf(behind);
    const port = new URL(this.#remotes.get(name)?.url ?? 'http://localhost:0').port || '0';
    const [command = '', ...args] = this.#commandOf(behind);
    // It ends when its standard input does, so none is left behind whatever happens here.
    const child = spawn(command, [...args, port], { stdio: ['pipe', 'pipe', 'inherit'] });
    const url = await new Promise<string>((found) =>
      createInterface({ input: child.stdout }).once('line', found),
    );
    this.#remotes.set(name, { url, process: child });
  }

  async close(): Promise<void> {
    await this.site.close();
    for (const remote of this.#remotes.values()) remote.process.kill('SIGKILL');
  }

  #commandOf(behind: Behind): string[] {
    return [process.execPath, UPSTREAM, this.site.files, nameOf(behind), behind.eras.join(',')];
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 40_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((later) => setTimeout(later, 100));
  }
}
