import { NOTHING, type Client, type Era, type Message, type Sent } from './client.ts';
import { until, type Behind, type Door, type MatrixWorld } from './world.ts';

export const FORMS = ['hold', 'url', 'task'] as const;
export type Form = (typeof FORMS)[number];

export type Outcome =
  | 'approved'
  | 'denied'
  | 'expired'
  /** Nobody answers for longer than a call is held. */
  | 'unanswered'
  | 'cancelled'
  | 'gateway killed'
  | 'agent gone'
  | 'upstream gone';

/** One place of the matrix. */
export interface Cell {
  readonly door: Door;
  readonly behind: Behind;
  readonly era: Era;
  readonly form: Form;
  readonly outcome: Outcome;
}

/** What the agent sees at each step of its doing, and how often the tool ran. */
export type Seen = Record<string, unknown>;

const TASKS = 'io.modelcontextprotocol/tasks';

/** What a client declares so that it is answered in the form. */
const DECLARES: Record<Era, Record<Form, object>> = {
  '2025-11-25': { hold: {}, url: { elicitation: { url: {} } }, task: { tasks: {} } },
  '2026-07-28': { hold: {}, url: { elicitation: { url: {} } }, task: { extensions: { [TASKS]: {} } } },
};

/** Plays one cell from its call to its end. Between the parts, what all cells of one outcome meet at once happens. */
export class Played {
  readonly seen: Seen = {};
  readonly #world: MatrixWorld;
  readonly #cell: Cell;
  readonly #note: string;
  readonly #clients: Client[] = [];
  #client!: Client;
  #first!: Sent;
  #answer: Message = {};
  #request = '';

  constructor(world: MatrixWorld, cell: Cell, note: string) {
    this.#world = world;
    this.#cell = cell;
    this.#note = note;
  }

  /** The call, up to the request that waits for people. */
  async begin(): Promise<void> {
    const { era, form } = this.#cell;
    await this.#connect();
    this.#first = this.#call(form === 'task' && era === '2025-11-25' ? { task: { ttl: 600_000 } } : {});
    if (form !== 'hold') this.#answer = this.#see('the call', await this.#first.answer);
    this.#request = await this.#world.requestOf(this.#note);
  }

  /** What the agent sees while the gateway, or the upstream, is away. */
  async meanwhile(): Promise<void> {
    const { form, outcome } = this.#cell;
    if (outcome === 'gateway killed' && form === 'hold') this.#see('the call', await this.#first.answer);
    if (outcome !== 'upstream gone') return;
    await this.#world.site.vote('approve', this.#request);
    if (form !== 'hold' && (await this.#lostSession())) await this.#connect();
    if (form === 'hold') this.#see('the call', await this.#first.answer);
    else if (form === 'url') this.#see('the call again', await this.#again().answer);
    else await this.#seeTask();
  }

  async end(): Promise<void> {
    switch (this.#cell.outcome) {
      case 'approved':
        await this.#world.site.vote('approve', this.#request);
        await this.#seeEnd();
        break;
      case 'denied':
        await this.#world.site.vote('deny', this.#request);
        await this.#seeEnd();
        break;
      case 'expired':
        await until('its expiry', async () => !(await this.#world.isWaiting(this.#request)));
        await this.#seeEnd();
        break;
      case 'unanswered':
        await this.#unanswered();
        break;
      case 'cancelled':
        await this.#cancelled();
        break;
      case 'gateway killed':
        await this.#world.site.vote('approve', this.#request);
        // A session of HTTP ended with the gateway; a process of the client's lives on.
        if (this.#cell.door === 'http') await this.#connect();
        if (this.#cell.form === 'task') await this.#seeTask();
        else this.#see('the call again', await this.#again().answer);
        break;
      case 'agent gone':
        await this.#agentGone();
        break;
      case 'upstream gone':
        if (this.#ran > 0) break;
        await this.#connect();
        this.#see('the same call, once it is back', await this.#call().answer);
        break;
    }
    this.seen['it ran'] = ['never', 'once'][this.#ran] ?? `${this.#ran} times`;
  }

  get #ran(): number {
    return this.#world.site.writes().filter((each) => each === this.#note).length;
  }

  /** Leaves nothing for the next. */
  async leave(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.leave()));
    await this.#world.clear(this.#note);
  }

  /** The request has ended, or is about to. */
  async #seeEnd(): Promise<void> {
    const { era, form } = this.#cell;
    if (form === 'hold') return void this.#see('the call', await this.#first.answer);
    if (form === 'task') return await this.#seeTask();
    if (era === '2025-11-25')
      this.#see('it is told', await this.#heard('notifications/elicitation/complete'));
    this.#see('the call again', await this.#again().answer);
  }

  async #unanswered(): Promise<void> {
    const { form } = this.#cell;
    if (form === 'hold') this.#see('the call', await this.#first.answer);
    if (form === 'url') this.#answer = this.#see('the call again', await this.#again().answer);
    if (form === 'task') this.#see('tasks/get, meanwhile', await this.#askAboutTask('tasks/get'));
    await this.#world.site.vote('approve', this.#request);
    if (form === 'task') await this.#seeTask();
    else this.#see('the same call, once a person has consented', await this.#again().answer);
  }

  async #cancelled(): Promise<void> {
    const { era, form } = this.#cell;
    if (form === 'task') {
      this.#see('tasks/cancel', await this.#askAboutTask('tasks/cancel'));
      return await this.#seeTask();
    }
    if (form === 'url') {
      // Who has been given an error has no call that could be taken back.
      if (era === '2025-11-25') this.seen['to cancel'] = 'nothing: the call has been answered';
      else this.#see('the call again, declined', await this.#again('decline').answer);
      return;
    }
    await this.#client.cancel(this.#first);
    await this.#client.ask('tools/list', {});
    const answer = await Promise.race([this.#first.answer, Promise.resolve(undefined)]);
    if (answer === undefined) this.seen['the call'] = 'no answer';
    else this.#see('the call', answer);
    await this.#world.site.vote('approve', this.#request);
    this.#see('the same call, once a person has consented', await this.#call().answer);
  }

  /** An approval whose caller has left runs by itself only as a task. */
  async #agentGone(): Promise<void> {
    await this.#client.leave();
    await this.#connect();
    // Whoever is answered this came after the other had left.
    await this.#client.ask('tools/list', {});
    await this.#world.site.vote('approve', this.#request);
    if (this.#cell.form === 'task') await this.#seeTask();
    else this.#see('the same call of another client', await this.#call().answer);
  }

  /** Whether there is none any more: a server's sessions end with it, and its door over stdio too. */
  async #lostSession(): Promise<boolean> {
    const answer = await this.#client.ask('ping', {});
    const lost = answer === NOTHING || answer.error?.['code'] === -32600;
    if (lost) this.#see('the session', answer);
    return lost;
  }

  /** The task, when it has ended. */
  async #seeTask(): Promise<void> {
    let last: Message | typeof NOTHING = NOTHING;
    await until('the end of a task', async () => {
      last = await this.#askAboutTask('tasks/get');
      return last === NOTHING || last.result?.['status'] !== 'working';
    });
    const { result } = this.#see('tasks/get', last);
    if (this.#cell.era === '2025-11-25' && result !== undefined)
      this.#see('tasks/result', await this.#askAboutTask('tasks/result'));
  }

  async #askAboutTask(method: string): Promise<Message | typeof NOTHING> {
    const { result } = this.#answer;
    const { taskId } = (this.#cell.era === '2025-11-25' ? (result?.['task'] ?? {}) : (result ?? {})) as {
      readonly taskId?: string;
    };
    return await this.#client.ask(method, { taskId });
  }

  async #connect(): Promise<void> {
    const { door, behind, era, form } = this.#cell;
    const at = { door, behind, era, home: this.#note };
    this.#client = this.#world.client(at, DECLARES[era][form]);
    this.#clients.push(this.#client);
    await this.#client.begin();
  }

  #call(more: object = {}): Sent {
    return this.#client.sent('tools/call', { name: 'write_note', arguments: { name: this.#note }, ...more });
  }

  /** The call once more, as whoever was sent to look at a page makes it. */
  #again(action = 'accept'): Sent {
    const { requestState } = this.#answer.result ?? {};
    return this.#call(
      requestState === undefined ? {} : { requestState, inputResponses: { consent: { action } } },
    );
  }

  async #heard(method: string): Promise<Message> {
    let found: Message | undefined;
    await until(method, async () => {
      found = this.#client.heard.find((message) => message.method === method);
      return found !== undefined;
    });
    return found ?? {};
  }

  #see(step: string, message: Message | typeof NOTHING): Message {
    this.seen[step] = message === NOTHING ? NOTHING : plain(message, this.#note);
    return message === NOTHING ? {} : message;
  }
}

/** A message without what differs each time. */
function plain({ result, error, method, params }: Message, note: string): unknown {
  const text = JSON.stringify({ method, params, result, error })
    .replaceAll(note, 'a-note')
    .replaceAll(/\b(arq|tsk|tkt)_[\w-]+/g, '<$1>')
    .replaceAll(/"\d{4}-\d\d-\d\dT[^"]+Z"/g, '"<time>"')
    .replaceAll(/"(ttlMs|ttl)":\d+/g, '"$1":"<milliseconds>"')
    .replaceAll(/"retry_after":(?:600|5\d\d)\b/g, '"retry_after":"<seconds>"')
    .replaceAll(/http:\/\/localhost:\d+/g, 'http://<gateway>')
    .replaceAll(/"countersign\.[\w-]+"/g, '"<state>"');
  return JSON.parse(text);
}
