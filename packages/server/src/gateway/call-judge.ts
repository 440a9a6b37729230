import type { ConsentPort, DelegationParty, JsonObject, Task } from '@countersign/core';
import type { PendingForm } from '../config/config.ts';
import { errorMessage, notRunMessage, spentState } from './answers.ts';
import type { RunningClaim } from './claim.ts';
import type { McpRequest } from './conversation.ts';
import { enforce, type Surroundings } from './enforce.ts';
import { HoldProgress } from './hold-progress.ts';
import { Continuations, type Asked } from './pending/continuations.ts';
import { capabilitiesOf, formFor } from './pending/form.ts';
import { pendingAnswer, type Keeping } from './pending/waiting.ts';
import { Moves } from './pending/moves.ts';
import type { ListTools, ToolDefinitions } from './tool-definitions.ts';
import { standingOf } from './standing.ts';
import { lookAtWorld, movedWorld, type ReadWorld } from './world.ts';

/** Who calls, and the way to the authority that is theirs. */
export interface Calling {
  readonly agentId: string;
  readonly port: ConsentPort;
  /** On whose behalf; absent where the agent speaks for itself. */
  readonly delegation?: DelegationParty;
}

/** A request as it is to be judged: a retry that we asked for is the call itself again. */
export interface Opened {
  readonly request: McpRequest;
  readonly isRetry: boolean;
}

/** What a door knows and can do about one call. */
export interface CallSide extends Pick<Surroundings, 'present' | 'gone' | 'onReadPermit'> {
  /** The task that a client of the older era asked this call to be. */
  readonly task?: { readonly ttlMs: number } | undefined;
  /** What the client of a session declared when it began; one of the stateless era declares it in each request. */
  readonly capabilities: JsonObject;
  readonly tools: ToolDefinitions;
  readonly listTools: ListTools;
  readonly read: ReadWorld;
  /** Whether a notification can be told now; begins the stream that it takes. */
  canTell(): boolean;
  tell(notification: JsonObject): void;
}

export type Judged =
  | { readonly kind: 'run'; readonly claim?: RunningClaim }
  /** `look` is the request whose page the client of a session was sent to look at. */
  | { readonly kind: 'answer'; readonly message: JsonObject; readonly look?: Task };

export interface JudgeOptions {
  /** The authority's id, which vouches for agents. */
  readonly issuer: string;
  readonly upstream: string;
  readonly holdMs: number;
  readonly whenPending: readonly PendingForm[];
  readonly keeping: Keeping;
  readonly complain: (text: string) => void;
}

/** What both doors do with a request for one upstream: judge it, and say what there is to say where it does not run. */
export class CallJudge {
  readonly #options: JudgeOptions;
  readonly #continuations = new Continuations();
  readonly #moves = new Moves();

  constructor(options: JudgeOptions) {
    this.#options = options;
  }

  /** The call that a request is, or the answer to a retry that ends here. What it says of the page decides nothing. */
  async open(caller: Calling, request: McpRequest): Promise<Opened | { readonly answer: JsonObject }> {
    const { upstream, keeping } = this.#options;
    const { port } = caller;
    const retry = await keeping.retries.take({ agent: standingOf(caller), upstream }, request);
    if (retry === undefined) return { request, isRetry: false };
    const { id, method, era } = request;
    if (retry === 'spent') return { answer: spentState(id) };
    if (retry.action !== 'decline') return { request: retry.request, isRetry: true };
    // It may have ended by itself: then there is nothing to withdraw.
    await port.cancel(retry.accessRequest).catch(() => {});
    return { answer: notRunMessage(id, method, era, { kind: 'declined', request_id: retry.accessRequest }) };
  }

  async judge(caller: Calling, { request, isRetry }: Opened, side: CallSide): Promise<Judged> {
    const { issuer, upstream, holdMs, whenPending, keeping, complain } = this.#options;
    const { agentId, port, delegation } = caller;
    const agent = standingOf(caller);
    const { id, method, params, era } = request;
    const capabilities = era === 'modern' ? capabilitiesOf(params) : side.capabilities;
    const form = formFor(whenPending, { method, era, capabilities, asksForTask: side.task !== undefined });
    const continuing = (tool_digest: string | undefined): Asked => {
      return { agent, upstream, tool_digest, method, params };
    };
    const progress = new HoldProgress();
    let digest: string | undefined;
    const verdict = await enforce(
      { agentId, delegation, issuer, upstream, method, params },
      {
        port,
        // Who has looked at the page may as well wait; who was not sent there yet is sent at once.
        holdMs: form === 'hold' || isRetry ? holdMs : 0,
        definition: async (freshness) => {
          const found = await side.tools.find(params['name'], freshness, side.listTools);
          digest = found?.digest;
          return found;
        },
        present: () => side.present(),
        gone: () => side.gone(),
        holding: () => {
          if (side.canTell()) progress.begin(params, (notification) => side.tell(notification));
        },
        ...(side.onReadPermit === undefined ? {} : { onReadPermit: side.onReadPermit }),
        look: async ({ context }) => {
          const wanted = context.access_request?.precondition;
          if (wanted === undefined) return undefined;
          return this.#moves.known(continuing(undefined), await lookAtWorld(wanted, side.read));
        },
        moved: (before, now) => this.#moves.remember(continuing(undefined), movedWorld(before, now)),
        continued: (tool_digest) => this.#continuations.take(continuing(tool_digest)),
        failed: (error) => complain(`deciding failed: ${String(error)}`),
      },
    );
    progress.end();
    switch (verdict.kind) {
      case 'run': {
        const { claim } = verdict;
        claim?.whenAsked((result) => this.#continuations.keep(claim, continuing(digest), result));
        return verdict;
      }
      case 'not_run':
        return { kind: 'answer', message: notRunMessage(id, method, era, verdict.why) };
      case 'bad_params':
        return { kind: 'answer', message: errorMessage(id, -32602, verdict.why, { code: 'bad_params' }) };
      case 'pending': {
        const waiting = { caller, upstream, request, form, ...side.task };
        const message = await pendingAnswer(waiting, verdict.pending, keeping);
        const look = form === 'url' && era === 'legacy' ? { look: verdict.pending.task } : {};
        return { kind: 'answer', message, ...look };
      }
    }
  }
}
