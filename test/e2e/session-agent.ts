import { ask, type Got } from '../../packages/server/src/gateway/testing-client.ts';
import type { Said } from './raw-agent.ts';

const HEADERS = { 'mcp-protocol-version': '2025-11-25' };

/** An agent that says exactly what a test wants in a session of 2025-11-25, and shows exactly what it hears. */
export class SessionAgent {
  readonly #url: string;
  readonly #key: string;
  #session = '';
  #count = 0;

  constructor(url: string, key: string) {
    this.#url = url.replace('localhost', '127.0.0.1');
    this.#key = key;
  }

  /** Opens a session; answers what the server says it can do. */
  async open(capabilities: object = { tasks: {} }): Promise<Record<string, unknown>> {
    const clientInfo = { name: 'raw', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities, clientInfo };
    const got = await ask(
      this.#url,
      { id: ++this.#count, method: 'initialize', params },
      { agent: this.#key },
    );
    this.#session = String(got.headers['mcp-session-id'] ?? '');
    await this.got('notifications/initialized', {}, undefined, false);
    return (got.messages.at(-1) as unknown as Said).result?.['capabilities'] as Record<string, unknown>;
  }

  async got(
    method: string,
    params: Record<string, unknown>,
    on?: (message: Said) => boolean | void,
    isRequest = true,
  ): Promise<Got> {
    const message = { ...(isRequest ? { id: ++this.#count } : {}), method, params };
    return await ask(this.#url, message, {
      agent: this.#key,
      session: this.#session,
      headers: HEADERS,
      ...(on === undefined ? {} : { on: (said) => on(said as unknown as Said) }),
    });
  }

  /** The last message, which answers. */
  async say(method: string, params: Record<string, unknown> = {}): Promise<Said> {
    return (await this.got(method, params)).messages.at(-1) as unknown as Said;
  }

  /** A call that asks to be a task. */
  call(name: string, args: object, task: object = {}): Promise<Said> {
    return this.say('tools/call', { name, arguments: args, task });
  }

  /** Hears the session's own stream until `on` has heard enough; resolves once it is open. */
  async listen(on: (message: Said) => boolean | void): Promise<void> {
    const opened = Promise.withResolvers<void>();
    void ask(this.#url, undefined, {
      method: 'GET',
      agent: this.#key,
      session: this.#session,
      headers: HEADERS,
      on: (said) => on(said as unknown as Said),
    });
    setTimeout(opened.resolve, 200);
    await opened.promise;
  }
}

/** The id of the task that an answer creates. */
export function taskId({ result }: Said): string {
  const { task } = (result ?? {}) as { readonly task?: { readonly taskId?: string } };
  return task?.taskId ?? '';
}
