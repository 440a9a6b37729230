import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Voter } from './voter.ts';

export const MAIN: string = resolve(import.meta.dirname, '../../packages/server/src/cli/main.ts');
export const POLICIES: string = resolve(import.meta.dirname, '../../policies');
/** The official filesystem server, as it is installed. */
export const FILESYSTEM: string = resolve(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js',
);
export const PASSPHRASE = 'correct horse battery staple';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly url: string;
  readonly process: ChildProcess;
  readonly events: Record<string, unknown>[];
  /** All of its standard error so far. */
  readonly complaints: () => string;
  /** Ends it as an operator would, and waits. */
  readonly stop: () => Promise<void>;
  /** Ends it as a power cut would, and waits. */
  readonly kill: () => Promise<void>;
}

/** A folder with config, data, notes and keys, the command line over it, and servers started in it. */
export class Site {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'countersign-e2e-'));
  readonly data: string = join(this.dir, 'data');
  readonly files: string = join(this.dir, 'files');
  readonly policies: string = join(this.dir, 'policies');
  readonly keyFile: string = join(this.dir, 'approver.key');
  port = 0;
  #running: Running | undefined;
  #voter: Promise<Voter> | undefined;

  constructor() {
    mkdirSync(this.files);
    writeFileSync(join(this.files, 'hello.txt'), 'hello\n');
  }

  /** Writes the config as YAML of our own making; JSON is YAML. */
  configure(config: Record<string, unknown>): void {
    writeFileSync(join(this.dir, 'countersign.yaml'), JSON.stringify(config, null, 2));
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  async run(args: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, COUNTERSIGN_PASSPHRASE: PASSPHRASE, ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise<number | null>((done) => child.on('close', (status) => done(status)));
    return { code, stdout, stderr };
  }

  /** Runs a command that must succeed and answers its JSON. */
  async json(...args: string[]): Promise<Record<string, string>> {
    const done = await this.run([...args, '--json', '--data', this.data]);
    if (done.code !== 0) throw new Error(`countersign ${args.join(' ')}: ${done.stderr}`);
    return JSON.parse(done.stdout) as Record<string, string>;
  }

  async start(env: Record<string, string> = {}): Promise<Running> {
    const policies = existsSync(this.policies) ? this.policies : POLICIES;
    const catalog = join(policies, 'catalog');
    const child = spawn(
      process.execPath,
      [
        MAIN,
        'serve',
        '--json',
        '--config',
        join(this.dir, 'countersign.yaml'),
        '--data',
        this.data,
        '--policies',
        policies,
        '--port',
        String(this.port),
        ...(existsSync(catalog) ? ['--catalog', catalog] : []),
      ],
      { cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    );
    // Whatever becomes of the test, its server does not outlive it.
    process.once('exit', () => child.kill('SIGKILL'));
    let complaints = '';
    child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    const ended = new Promise<void>((done) => child.on('exit', () => done()));
    const events: Record<string, unknown>[] = [];
    const listening = await new Promise<string>((found, failed) => {
      void ended.then(() => failed(new Error(`serve ended: ${complaints}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const event = JSON.parse(line) as Record<string, unknown>;
        events.push(event);
        if (event['event'] === 'listening') found(String(event['url']));
      });
    });
    this.port = Number(new URL(listening).port);
    this.#running = {
      url: listening,
      process: child,
      events,
      complaints: () => complaints,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
    };
    return this.#running;
  }

  /** A free port that stays the same over restarts: `public_url` names it. */
  async reservePort(): Promise<void> {
    const { createServer } = await import('node:net');
    this.port = await new Promise<number>((found) => {
      const probe = createServer().listen(0, '127.0.0.1', () => {
        const address = probe.address();
        probe.close(() => found(typeof address === 'object' && address !== null ? address.port : 0));
      });
    });
  }

  writes(): string[] {
    const log = join(this.files, 'writes.log');
    return existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : [];
  }

  async enrolKey(email = 'ann@example.com'): Promise<void> {
    const { public_key = '' } = await this.json('key', 'new', this.keyFile);
    await this.json('approver', 'add', email, '--group', 'approvers', '--public-key', public_key);
  }

  /** An approver with the enrolled key, while a server runs. */
  openVoter(): Promise<Voter> {
    // Unlocking takes half a second on purpose; the socket is asked anew each time.
    this.#voter ??= Voter.open(this.data, this.keyFile, PASSPHRASE);
    return this.#voter;
  }

  async vote(decision: 'approve' | 'deny', id: string): Promise<void> {
    await (await this.openVoter()).vote(decision, id);
  }

  /** Waits until something waits for a person, and answers its id. */
  async pending(): Promise<string> {
    return await (await this.openVoter()).pending();
  }

  /** A policy folder of its own: the shipped ones with key votes accepted, and these catalog entries. */
  writePolicies(catalog: Readonly<Record<string, string>> = {}): void {
    cpSync(POLICIES, this.policies, {
      recursive: true,
      filter: (source) => !/[\\/](?:cases|demo)$/.test(source),
    });
    for (const file of ['writes.cedar', 'risky.cedar']) {
      const path = join(this.policies, file);
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replaceAll('@assurance("passkey")', '@assurance("key")'),
      );
    }
    for (const [name, text] of Object.entries(catalog)) {
      writeFileSync(join(this.policies, 'catalog', `${name}.yaml`), text);
    }
  }

  async close(): Promise<void> {
    await this.#running?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
