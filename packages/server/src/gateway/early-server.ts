import { ChildServer, type ServerCommand, type ServerLine } from './child-server.ts';
import type { OpenConnection } from './server-connection.ts';

/** Before `initialize` a server says no more than pings and logs (MCP 2025-11-25 §"Lifecycle"); what is more is lost. */
const MAX_EARLY_LINES = 1000;

/**
 * A server that is started before there is anything to pass on to it: its client waits for both of us to be ready, and
 * each takes its time. It hears nothing before it is opened, once.
 */
export class EarlyServer {
  readonly #child: ChildServer;
  readonly #early: ServerLine[] = [];
  #line: ((line: ServerLine) => void) | undefined;

  constructor(server: ServerCommand, overheard: (text: string) => void) {
    const line = (each: ServerLine): void => {
      if (this.#line !== undefined) this.#line(each);
      else if (this.#early.length < MAX_EARLY_LINES) this.#early.push(each);
    };
    this.#child = new ChildServer(server, { line, overheard });
  }

  readonly open: OpenConnection = (line) => {
    this.#line = line;
    // Whoever opens it is ready for lines when it has it, and later lines are of a later turn.
    queueMicrotask(() => {
      for (const each of this.#early.splice(0)) line(each);
    });
    return this.#child;
  };

  /** Ends it, if it has not ended by itself. */
  async close(): Promise<void> {
    if (!this.#child.gone) await this.#child.close();
  }
}
