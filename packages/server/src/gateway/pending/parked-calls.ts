import type { ConsentPort, DelegationParty, JsonObject } from '@countersign/core';
import { awayReason } from '../answers.ts';
import { askedIn, type RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import type { Pending } from '../enforce.ts';
import type { ParkedCall, ParkedCallStore } from '../port.ts';
import { behalfOf, standingOf, type OnBehalf } from '../standing.ts';
import type { DetachedLink, HttpUpstream } from '../upstream.ts';
import { UpstreamAway } from '../upstream-away.ts';
import { AskingCalls } from './asking-calls.ts';
import { canBeKept, kept, notRun, outcomeUnknown } from './endings.ts';
import { exchanged } from './exchanged.ts';
import { judgeParked, type Consented, type Standing } from './judge-parked.ts';
import { KEPT_MS, keptRunning, keptWaiting } from './lifetime.ts';
import { eraOf, requestOf } from './parked-request.ts';
import type { Running } from './running.ts';
import { newTaskId } from './task-id.ts';

/** Unfinished parked calls of one agent. */
const MAX_PER_AGENT = 256;
/** Approved calls that run at a time when a new process takes up what it finds. */
const TAKEN_UP_AT_ONCE = 16;
/** Ended calls of one agent that nobody was asked about: what people did not slow down must not fill the disk. */
const MAX_ENDED = 64;
const PAGE = 256;
const PRUNE_EVERY_MS = 60_000;

export interface ParkedCallsOptions {
  readonly store: ParkedCallStore;
  /** The authority's id, which vouches for agents. */
  readonly issuer: string;
  /** An agent's way to the authority; undefined for one that is gone. */
  readonly port: (agent: string, delegation?: DelegationParty) => Promise<ConsentPort | undefined>;
  readonly upstream: (name: string) => Pick<HttpUpstream, 'detached'> | undefined;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly complain: (upstream: string, text: string) => void;
  /** Hears of each request that a call waits for, where nobody else says when it has ended. */
  readonly waitsFor?: (request: string) => void;
}

/**
 * Tool calls that became tasks: they wait for consent without their caller, run once when it is given, and what came
 * of them is kept for whoever asks.
 *
 * Crash order: (1) the request is filed, (2) the call is kept, (3) its task is told; people consent; (4) it is taken,
 * which settles the race with its cancellation, (5) claimed, (6) marked as sent, (7) sent, (8) its claim reported,
 * (9) its answer kept. A crash before (2) leaves a request that the repeated call joins. What a new process finds
 * waiting it waits for; what was taken it claims under the call's own key, and where that is spent already, or the
 * call was marked as sent, it says that the outcome is unknown. INVARIANT: nothing is sent that may have been sent.
 */
export class ParkedCalls {
  readonly #options: ParkedCallsOptions;
  readonly #listeners = new Set<(call: ParkedCall) => void>();
  readonly #running = new Set<Promise<void>>();
  /** Calls that this process has taken: whoever looks for what an earlier one left must let them be. */
  readonly #taken = new Set<string>();
  readonly #asking = new AskingCalls();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ParkedCallsOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier process left; resolves with how many calls that were when all were looked at. */
  async start(): Promise<number> {
    const { store } = this.#options;
    this.#timer = setInterval(() => this.#track(this.prune()), PRUNE_EVERY_MS);
    this.#timer.unref();
    let after = '';
    let count = 0;
    for (;;) {
      const calls = await store.unfinished(after, PAGE);
      for (let at = 0; at < calls.length; at += TAKEN_UP_AT_ONCE)
        await Promise.all(calls.slice(at, at + TAKEN_UP_AT_ONCE).map((call) => this.#takeUp(call)));
      count += calls.length;
      const last = calls.at(-1);
      if (last === undefined || calls.length < PAGE) return count;
      after = last.id;
    }
  }

  /** Keeps a call until people have answered; the identical one that waits already stands for both. */
  async park(
    { agentId: agent, delegation }: OnBehalf,
    upstream: string,
    request: McpRequest,
    { task, tool_digest = '', world }: Pending,
    ttlMs = 0,
  ): Promise<ParkedCall | 'too_many'> {
    const { store, clock } = this.#options;
    const now = clock();
    const outcome = await store.park(
      {
        id: newTaskId(),
        agent,
        ...(delegation === undefined ? {} : { delegation }),
        upstream,
        request: task.id,
        message: request.value,
        tool_digest,
        ...(world === undefined ? {} : { world }),
        created_at: now,
        expires_at: keptWaiting(now, task, ttlMs),
      },
      MAX_PER_AGENT,
    );
    if (outcome.kind === 'too_many') return 'too_many';
    // Whoever answered between the filing and the keeping told nobody of this call.
    this.#track(this.#proceed(outcome.call));
    return outcome.call;
  }

  /**
   * Runs a permitted call as a task, in its caller's own standing: it ends as unknown with this process, since nothing
   * says whether it was sent. Resolves once the task is durable.
   */
  async begin(
    { agentId: agent, delegation }: OnBehalf,
    upstream: string,
    request: McpRequest,
    { exchange, claim, ttlMs }: Running,
  ): Promise<ParkedCall | 'too_many'> {
    const { store, clock } = this.#options;
    const now = clock();
    const outcome = await store.begin(
      {
        id: newTaskId(),
        agent,
        ...(delegation === undefined ? {} : { delegation }),
        upstream,
        request: '',
        message: request.value,
        tool_digest: '',
        created_at: now,
        expires_at: keptRunning(now, ttlMs),
      },
      { unfinished: MAX_PER_AGENT, ended: MAX_ENDED },
    );
    if (outcome.kind === 'too_many') return 'too_many';
    this.#taken.add(outcome.call.id);
    this.#track(this.#run(outcome.call, exchange, claim));
    return outcome.call;
  }

  /** A caller's calls at one upstream after an id, in the order of ids. */
  async list(
    { agentId: agent, delegation }: OnBehalf,
    upstream: string,
    after: string,
    limit: number,
  ): Promise<readonly ParkedCall[]> {
    const { store, clock } = this.#options;
    const of = { agent, upstream, ...(delegation === undefined ? {} : { delegation }) };
    return await store.list(of, after, limit, clock());
  }

  async find(caller: OnBehalf, id: string): Promise<ParkedCall | undefined> {
    const call = await this.#options.store.find(id, caller.agentId, this.#options.clock());
    return call !== undefined && standingOf(behalfOf(call)) === standingOf(caller) ? call : undefined;
  }

  /** The request has ended, one way or another: its calls go on. */
  requestEnded(request: string): void {
    this.#track(
      this.#options.store
        .waitingFor(request)
        .then(async (calls) => void (await Promise.all(calls.map((call) => this.#proceed(call))))),
    );
  }

  /** Cancels a call that still waits, and withdraws the request where no other call waits for it. */
  async cancel(call: ParkedCall): Promise<void> {
    const { store, clock, port } = this.#options;
    if (!(await store.cancel(call.id, clock()))) return;
    await this.#tell(call);
    if ((await store.waitingFor(call.request)).length > 0) return;
    // It may have ended in the same moment: then there is nothing to withdraw, and nothing runs.
    await (await port(call.agent, call.delegation))?.cancel(call.request).catch(() => {});
  }

  /** What the client answers to a server that asked for more: the same claim goes on, once for each asking. */
  async respond(call: ParkedCall, responses: JsonObject): Promise<void> {
    const { store, clock } = this.#options;
    const asking = this.#asking.get(call.id);
    const asked = call.answer ?? {};
    const wanted = Object.keys((asked['inputRequests'] ?? {}) as JsonObject);
    const given = Object.fromEntries(Object.entries(responses).filter(([key]) => wanted.includes(key)));
    if (asking === undefined || wanted.some((key) => !Object.hasOwn(given, key))) return;
    if (!(await store.send(call.id, 'asking', clock()))) return;
    this.#asking.delete(call.id);
    const { requestState } = asked;
    const more = { inputResponses: given, ...(requestState === undefined ? {} : { requestState }) };
    this.#track(this.#send(call, asking.link, asking.claim, more));
  }

  /** Hears of each call whose task has changed, after it is durable. Answers how to stop. */
  subscribe(listener: (call: ParkedCall) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends and forgets the calls whose time is up. */
  async prune(): Promise<void> {
    const now = this.#options.clock();
    await this.#asking.endLate(now);
    await this.#options.store.prune(now);
  }

  /** Waits for what runs; takes nothing up any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #takeUp(call: ParkedCall): Promise<void> {
    if (this.#taken.has(call.id)) return;
    switch (call.state) {
      case 'waiting':
        return await this.#proceed(call);
      case 'taken':
        return this.#take(call, await this.#standing(call), true);
      default:
        await this.#end(call, outcomeUnknown(call));
    }
  }

  /** Looks at the request, and where it has ended, does what follows from it. */
  async #proceed(call: ParkedCall): Promise<void> {
    const { store, clock, waitsFor } = this.#options;
    waitsFor?.(call.request);
    const standing = await this.#standing(call);
    if (standing === undefined) return await this.#end(call, notRun(call, { kind: 'unavailable' }));
    const { task } = standing;
    switch (task.status) {
      case 'pending':
        return;
      case 'approved':
        if (this.#closed || this.#taken.has(call.id)) return;
        // Before it is durable, so that nobody meets it taken and takes it for somebody else's.
        this.#taken.add(call.id);
        if (await store.take(call.id, clock())) this.#take({ ...call, state: 'taken' }, standing, false);
        else this.#taken.delete(call.id);
        return;
      default:
        await this.#end(call, notRun(call, { kind: 'ended', request_id: task.id, status: task.status }));
    }
  }

  /** The agent's way to the authority, and how the request stands there; undefined for an agent that is gone. */
  async #standing({ agent, delegation, request }: ParkedCall): Promise<Standing | undefined> {
    const port = await this.#options.port(agent, delegation);
    return port && { port, task: await port.wait(request, { timeoutMs: 0 }) };
  }

  #take(call: ParkedCall, standing: Standing | undefined, recovered: boolean): void {
    this.#taken.add(call.id);
    this.#track(this.#claimAndSend(call, standing, recovered));
  }

  async #claimAndSend(call: ParkedCall, standing: Standing | undefined, recovered: boolean): Promise<void> {
    const { upstream, message } = call;
    const approval = standing?.task.approval;
    let link: DetachedLink | undefined;
    try {
      link = await this.#options.upstream(upstream)?.detached(standingOf(behalfOf(call)), eraOf(message));
    } catch (error) {
      if (error instanceof UpstreamAway) return await this.#end(call, notRun(call, awayReason(error)));
      this.#complain(call, error);
    }
    try {
      if (standing !== undefined && approval !== undefined && link)
        return await this.#claimOver(link, call, { ...standing, approval: { ...approval } }, recovered);
      if (!this.#closed) await this.#end(call, notRun(call, { kind: 'unavailable' }));
    } finally {
      if (!this.#asking.has(call.id)) await link?.close();
    }
  }

  async #claimOver(
    link: DetachedLink,
    call: ParkedCall,
    standing: Consented,
    recovered: boolean,
  ): Promise<void> {
    const { store, issuer, clock } = this.#options;
    const verdict = await judgeParked(call, link, standing, {
      issuer,
      failed: (error) => this.#complain(call, error),
    });
    if (verdict.kind === 'run') {
      let mayBeSent = false;
      try {
        mayBeSent = await store.send(call.id, 'taken', clock());
      } finally {
        // A use that was spent is reported, also where it cannot be written that the call is sent: then it is not.
        if (!mayBeSent) await verdict.claim?.settle('denied-not-executed');
      }
      if (mayBeSent) await this.#send({ ...call, state: 'sent' }, link, verdict.claim);
      return;
    }
    if (verdict.kind === 'pending') {
      const { task, world } = verdict.pending;
      const now = clock();
      if (await store.askAgain(call.id, task.id, world, now, keptWaiting(now, task))) {
        this.#taken.delete(call.id);
        return await this.#proceed({ ...call, state: 'waiting', request: task.id });
      }
      // The identical call waits for that request already.
      return await this.#end(call, notRun(call, { kind: 'world_moved' }));
    }
    // Under this call's own key: the process before us claimed it, and may have sent it.
    if (recovered && verdict.kind === 'not_run' && verdict.why.kind === 'already_run')
      return await this.#end(call, outcomeUnknown(call));
    // What ended with us before it was claimed is taken up by whoever comes next.
    if (this.#closed && verdict.kind === 'not_run' && verdict.why.kind === 'unavailable') return;
    await this.#end(
      call,
      notRun(call, verdict.kind === 'not_run' ? verdict.why : { kind: 'unmappable', why: verdict.why }),
    );
  }

  async #send(
    call: ParkedCall,
    link: DetachedLink,
    claim: RunningClaim | undefined,
    more: JsonObject = {},
  ): Promise<void> {
    const { store, clock } = this.#options;
    // The call itself waits for what is asked of it, so its claim stays open.
    claim?.whenAsked(() => {});
    const failed = (error: unknown): void => this.#complain(call, error);
    const got = await exchanged(() => link.exchange(requestOf(call.message, more), claim), claim, failed);
    // A server that asked for more had the call before.
    const begun = Object.keys(more).length > 0;
    if (got instanceof UpstreamAway && !begun) return await this.#end(call, notRun(call, awayReason(got)));
    const message = got instanceof UpstreamAway ? undefined : got;
    const asked = message && askedIn(message);
    if (asked !== undefined && !canBeKept(asked)) {
      // A question that cannot be kept can never be answered.
      await claim?.settle('outcome-unknown');
      return await this.#end(call, outcomeUnknown(call));
    }
    if (asked === undefined)
      return await this.#end(call, message === undefined ? outcomeUnknown(call) : kept(call, message, true));
    this.#asking.set(call.id, { link, claim, until: call.expires_at });
    await store.ask(call.id, asked, clock());
    await this.#tell(call);
  }

  async #run(call: ParkedCall, exchange: Running['exchange'], claim: Running['claim']): Promise<void> {
    const message = await exchanged(exchange, claim, (error) => this.#complain(call, error));
    if (message instanceof UpstreamAway) return await this.#end(call, notRun(call, awayReason(message)));
    if (message === undefined) return await this.#end(call, outcomeUnknown(call));
    await this.#end(call, kept(call, message, claim !== undefined));
  }

  async #end(call: ParkedCall, answer: JsonObject): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock();
    const ended = await store.end(call.id, answer, now, now + KEPT_MS);
    this.#taken.delete(call.id);
    if (ended) await this.#tell(call);
  }

  async #tell(call: ParkedCall): Promise<void> {
    if (this.#listeners.size === 0) return;
    const now = await this.find(behalfOf(call), call.id);
    if (now !== undefined) for (const listener of this.#listeners) listener(now);
  }

  #track(work: Promise<unknown>): void {
    const done = this.#settled(work);
    this.#running.add(done);
    void done.finally(() => this.#running.delete(done));
  }

  async #settled(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#options.complain('', `a parked call was not handled: ${String(error)}`);
    }
  }

  #complain({ upstream }: ParkedCall, error: unknown): void {
    this.#options.complain(upstream, `deciding a parked call failed: ${String(error)}`);
  }
}
