import { ask, type Got } from '../../packages/server/src/gateway/testing-client.ts';

export const TASKS = 'io.modelcontextprotocol/tasks';
export const DISPOSITION = 'io.modelcontextprotocol/tool-approval-disposition';
export const CONSENT = 'io.countersign/consent';

/** What a client of the stateless era declares. */
export const DECLARES = {
  nothing: {},
  tasks: { extensions: { [TASKS]: {} } },
  url: { elicitation: { form: {}, url: {} } },
  forms: { elicitation: {} },
  both: { elicitation: { url: {} }, extensions: { [TASKS]: {} } },
};

export interface Said {
  readonly id: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data?: Record<string, unknown>;
  };
}

/** An agent that says exactly what a test wants, in the stateless era, and shows exactly what it hears. */
export class RawAgent {
  readonly #url: string;
  readonly #key: string;
  #count = 0;

  constructor(url: string, key: string) {
    this.#url = url.replace('localhost', '127.0.0.1');
    this.#key = key;
  }

  /** Everything that came of one request. */
  async got(
    method: string,
    params: Record<string, unknown>,
    declares: object = DECLARES.tasks,
    on?: (message: Said) => boolean | void,
  ): Promise<Got> {
    const name = params['name'] ?? params['uri'] ?? params['taskId'];
    return await ask(
      this.#url,
      {
        id: ++this.#count,
        method,
        params: {
          ...params,
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
            'io.modelcontextprotocol/clientCapabilities': declares,
          },
        },
      },
      {
        agent: this.#key,
        headers: {
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
        },
        ...(on === undefined ? {} : { on: (message) => on(message as unknown as Said) }),
      },
    );
  }

  /** The last message, which answers. */
  async say(
    method: string,
    params: Record<string, unknown>,
    declares: object = DECLARES.tasks,
  ): Promise<Said> {
    return (await this.got(method, params, declares)).messages.at(-1) as unknown as Said;
  }

  call(name: string, args: object, declares: object = DECLARES.tasks, more: object = {}): Promise<Said> {
    return this.say('tools/call', { name, arguments: args, ...more }, declares);
  }

  task(taskId: unknown): Promise<Said> {
    return this.say('tasks/get', { taskId });
  }
}
