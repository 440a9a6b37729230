import { isFinal, type ConsentPort, type JsonObject } from '@countersign/core';
import type { ServerCommand } from './child-server.ts';
import { answerTo, Conversation, type McpRequest } from './conversation.ts';
import { ErasConversation } from './eras/eras-conversation.ts';
import { overConversation } from './legacy-connections.ts';
import { openLegacySession, throughTask } from './legacy-session.ts';
import type { Era } from './message.ts';
import { pause } from './pause.ts';
import { ParkedCalls } from './pending/parked-calls.ts';
import { SessionTasks } from './pending/session-tasks.ts';
import type { ParkedCallStore } from './port.ts';
import type { DetachedLink } from './upstream.ts';

/** How soon an authority that is away is asked again, and a request that has ended is looked at again. */
const AGAIN_MS = 5000;

/** Where a stdio door keeps the calls that wait; nobody else's while it is open. */
export interface ParkedFile {
  readonly store: ParkedCallStore;
  close(): void;
}

export interface StdioTasksOptions {
  readonly file: ParkedFile;
  readonly server: ServerCommand & { readonly name: string };
  readonly port: ConsentPort;
  readonly issuer: string;
  readonly complain: (text: string) => void;
  readonly overheard: (text: string) => void;
  /** The era that the door's client speaks, and its own way to the server. */
  readonly era: Era;
  readonly conversation: Spoken;
  readonly agentId: string;
}

/** A way to a server over stdio. */
type Spoken = Pick<ErasConversation, 'send' | 'tools' | 'listTools' | 'read'>;

/**
 * The tasks of the stdio door. They are kept in a file and run while a door lives: what waited when the last one ended
 * is taken up by the next whose client takes tasks; what was sent then is of unknown outcome.
 */
export class StdioTasks {
  readonly parked: ParkedCalls;
  readonly session: SessionTasks;
  readonly #options: StdioTasksOptions;
  readonly #ending = new AbortController();
  #started = false;
  /** Requests that are waited for. */
  readonly #awaited = new Set<string>();
  /** Links to servers that were started for one call. */
  readonly #links = new Set<DetachedLink>();

  constructor(options: StdioTasksOptions) {
    const { file, server, port, issuer, complain } = options;
    this.#options = options;
    this.parked = new ParkedCalls({
      store: file.store,
      issuer,
      port: async () => port,
      upstream: () => ({ detached: async (_agent, era) => await this.#detached(era) }),
      clock: Date.now,
      complain: (_upstream, text) => complain(text),
      waitsFor: (request) => void this.#await(request),
    });
    this.session = new SessionTasks({ parked: this.parked, upstream: server.name, offered: true });
  }

  /** Takes up what an earlier door left; the client has begun. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.parked.start().catch((error: unknown) => this.#options.complain(`parked calls: ${String(error)}`));
  }

  /** The server has ended, or is about to: what runs is of unknown outcome, and kept as that when this resolves. */
  async stop(): Promise<void> {
    this.#ending.abort();
    const closed = this.parked.close();
    await Promise.all([...this.#links].map((link) => link.close()));
    await closed;
  }

  /** After everybody was answered who asked about them. */
  close(): void {
    this.#options.file.close();
  }

  /** A call of the client's era goes to its own server; one that an earlier client left in another era, to one of its own. */
  async #detached(era: Era): Promise<DetachedLink> {
    const { server, conversation, agentId } = this.#options;
    if (era === this.#options.era) return linkOver(conversation, async () => {});
    const { overheard } = this.#options;
    const link =
      era === 'legacy'
        ? await openLegacySession(overConversation((said) => new Conversation(server, { said, overheard })))
        : linkTo(server, agentId, overheard);
    this.#links.add(link);
    const close = async (): Promise<void> => {
      this.#links.delete(link);
      await link.close();
    };
    return { ...link, close };
  }

  /** The authority is elsewhere and tells nobody here: we ask. */
  async #await(request: string): Promise<void> {
    if (this.#awaited.has(request)) return;
    this.#awaited.add(request);
    const { signal } = this.#ending;
    const { port } = this.#options;
    while (!signal.aborted) {
      const task = await port.wait(request, { timeoutMs: 60_000, signal }).catch(() => undefined);
      if (task !== undefined && isFinal(task.status)) break;
      if (task === undefined) await pause(AGAIN_MS, signal);
    }
    if (!signal.aborted) this.parked.requestEnded(request);
    // What could not be looked at then is looked at again.
    await pause(AGAIN_MS, signal);
    this.#awaited.delete(request);
    if (signal.aborted) return;
    const left = await this.#options.file.store.waitingFor(request);
    if (left.length > 0) await this.#await(request);
  }
}

/** A server of the stateless era that is started for one call. */
function linkTo(server: ServerCommand, agent: string, overheard: (text: string) => void): DetachedLink {
  const conversation = new ErasConversation(server, agent, { overheard, said: () => {} });
  return linkOver(conversation, () => conversation.close());
}

function linkOver(conversation: Spoken, close: () => Promise<void>): DetachedLink {
  return {
    tools: conversation.tools,
    listTools: (request, cursor) => conversation.listTools(request.params, cursor),
    read: (request, tool, args) => conversation.read(request.params, tool, args),
    async exchange(request, claim) {
      if (request.era === 'modern') return await answerTo(conversation.send(request, claim, () => {}));
      const send = (one: McpRequest): Promise<JsonObject | undefined> =>
        answerTo(conversation.send(one, undefined, () => {}));
      const message = await throughTask(await send(request), 2, send);
      await claim?.answered(message);
      return message;
    },
    close,
  };
}
