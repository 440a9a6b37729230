import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { JsonObject } from '@countersign/core';
import { LineReader } from './lines.ts';
import { looseObject } from './loose-object.ts';
import { isId, isObject, type MessageId } from './message.ts';
import { UpstreamAway } from './upstream-away.ts';

/** How to start an MCP server over stdio. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** How a server came to its end: we closed it, or else in a few words why. */
export type ServerEnd =
  { readonly kind: 'closed' } | { readonly kind: 'died'; readonly how: string; readonly code?: number };

/** A server's line as it came, and what a loose look at it says: never decided on, only routed by. */
export interface ServerLine {
  readonly bytes: Buffer;
  readonly id: MessageId | undefined;
  readonly method: string | undefined;
  readonly params: JsonObject;
  readonly value: JsonObject;
}

export const MAX_LINE_BYTES: number = 64 * 1024 * 1024;
/** What was written to a server that does not read; one message more is refused. */
export const MAX_UNREAD_BYTES: number = 16 * 1024 * 1024;
const KILL_AFTER_MS = 2000;
const LAST_WORDS_MS = 250;

/**
 * An MCP server as our child, in a process group of its own so that what it started ends with it. Its
 * answers are handed on as the bytes that they are.
 */
export class ChildServer {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly exited: Promise<ServerEnd>;
  readonly #line: (line: ServerLine) => void;
  /** Lines that came and were not handed on yet. */
  #lines: Buffer[] = [];
  #resting = false;
  #gone = false;
  #end: ServerEnd | undefined;

  constructor(
    server: ServerCommand,
    on: {
      readonly line: (line: ServerLine) => void;
      /** Its standard error: whatever it likes, secrets included. */
      readonly overheard: (text: string) => void;
    },
  ) {
    this.#child = spawn(server.command, [...server.args], {
      cwd: server.cwd,
      env: { ...inherited(), ...server.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    const { promise, resolve } = Promise.withResolvers<ServerEnd>();
    this.exited = promise;
    this.#line = on.line;
    const ended = (): void => {
      this.#gone = true;
      // Its last words come before its end.
      for (const bytes of this.#lines.splice(0)) this.#handOn(bytes);
      // Nothing that it started outlives it.
      this.#signal('SIGKILL');
      resolve(this.#end ?? { kind: 'died', how: 'it ended' });
    };
    this.#child.on('error', (error) => {
      this.#end ??= { kind: 'died', how: `cannot start \`${server.command}\`: ${error.message}` };
      ended();
    });
    this.#child.on('exit', (code, signal) => {
      this.#gone = true;
      this.#end ??=
        code === null
          ? { kind: 'died', how: `it ended by ${String(signal)}` }
          : { kind: 'died', how: `it ended with exit code ${code}`, code };
      // Its last words may still be in the pipe, and a grandchild may hold that open for ever.
      setTimeout(ended, LAST_WORDS_MS).unref();
    });
    this.#child.on('close', ended);
    this.#child.stdin.on('error', () => {});
    const reader = new LineReader(MAX_LINE_BYTES, (bytes) => void this.#lines.push(bytes));
    this.#child.stdout.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.#end ??= {
          kind: 'died',
          how: `it was ended: ${error instanceof Error ? error.message : String(error)}`,
        };
        this.#child.stdout.removeAllListeners('data').resume();
        void this.close();
      }
      this.#drain();
    });
    this.#child.stderr.on('data', (chunk: Buffer) => on.overheard(chunk.toString()));
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Writes one message. Resolves when the pipe has taken it. Rejects with `UpstreamAway` where there is no server to take it. */
  async send(message: JsonObject): Promise<void> {
    if (this.#gone || this.#child.pid === undefined) throw new UpstreamAway('it has ended', 1);
    if (this.#child.stdin.writableLength > MAX_UNREAD_BYTES) throw new UpstreamAway('it does not read');
    await new Promise<void>((written, failed) => {
      this.#child.stdin.write(lineOf(message), (error) => (error ? failed(error) : written()));
    });
  }

  /** Asks it to end by closing its input, then ends it and all that it started. */
  async close(): Promise<void> {
    this.#end ??= { kind: 'closed' };
    this.#child.stdin.end();
    if (this.#gone) return;
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), KILL_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** In the order in which they came: an answer has reached its caller before what the server said after it does. */
  #drain(): void {
    if (this.#resting) return;
    const lines = this.#lines.splice(0);
    for (const [at, bytes] of lines.entries()) {
      const answered = this.#handOn(bytes);
      if (!answered || at === lines.length - 1) continue;
      this.#lines = [...lines.slice(at + 1), ...this.#lines];
      this.#resting = true;
      // What comes meanwhile stays in the pipe: a server that says more than is handed on waits, and takes no memory.
      this.#child.stdout.pause();
      setImmediate(() => {
        this.#resting = false;
        this.#child.stdout.resume();
        this.#drain();
      });
      return;
    }
  }

  /** Answers whether the line was an answer. */
  #handOn(bytes: Buffer): boolean {
    const line = look(bytes);
    try {
      if (line !== undefined) this.#line(line);
    } catch (error) {
      // Parsing knows no depth, writing does: what is nested deeper than the stack is not passed on, and ends nobody.
      if (!(error instanceof RangeError)) throw error;
    }
    return line?.id !== undefined && line.method === undefined;
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}

/** One line for every reader: some, Node's `readline` among them, end a line at more than the newline. */
function lineOf(message: JsonObject): string {
  const escaped = (code: string): string => `\\u${code.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(message).replace(/[\u0085\u2028\u2029]/g, escaped)}\n`;
}

/** What a server needs to run at all; our own secrets stay ours. */
function inherited(): Record<string, string> {
  const names = [
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'SHELL',
    'TERM',
    'LANG',
    'LC_ALL',
    'TMPDIR',
    'TZ',
    'SYSTEMROOT',
    'APPDATA',
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Undefined for what is no message. */
export function look(bytes: Buffer): ServerLine | undefined {
  const message = looseObject(bytes);
  if (message === undefined) return undefined;
  const { id, method, params } = message;
  return {
    bytes,
    id: isId(id) ? id : undefined,
    method: typeof method === 'string' ? method : undefined,
    params: isObject(params) ? params : {},
    value: message,
  };
}
