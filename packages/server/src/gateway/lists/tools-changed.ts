import type { JsonObject } from '@countersign/core';
import { onSubscription } from '../eras/notifications.ts';
import { isObject, type MessageId } from '../message.ts';
import type { Reply } from '../reply.ts';

/** What changes so soon after another change is told with it. */
const TOGETHER_MS = 250;
export const TOOLS_CHANGED = 'notifications/tools/list_changed';

/**
 * Clients that listen. When the policies are others now, so may be what each agent is told of its tools: each client hears
 * once that its list has changed, and not what. What it lists then is looked up then.
 */
export class ToolsChanged {
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  /** Until the stream of `reply` has closed. */
  add({ raw, closed }: Pick<Reply, 'raw' | 'closed'>, tell: () => void): void {
    if (closed) return;
    this.#listeners.add(tell);
    raw.once('close', () => this.#listeners.delete(tell));
  }

  changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const tell of this.#listeners) tell();
    }, TOGETHER_MS).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }
}

/** As a session of the older era hears it, or on the subscription of the newer one that asked for it. */
export function toolsChanged(subscription?: MessageId): JsonObject {
  if (subscription === undefined) return { jsonrpc: '2.0', method: TOOLS_CHANGED };
  return onSubscription(TOOLS_CHANGED, {}, subscription);
}

/** Whether a server that introduces itself so says that its list of tools may change; undefined where it does not introduce itself. */
export function declaresToolChanges({ result }: JsonObject): boolean | undefined {
  if (!isObject(result)) return undefined;
  const { capabilities } = result;
  const tools = isObject(capabilities) ? capabilities['tools'] : undefined;
  return isObject(tools) && tools['listChanged'] === true;
}

/** Whether this begins the subscription by agreeing to tell of tools. MCP 2026-07-28 §"Acknowledgment". */
export function agreesToTellOfTools({ method, params }: JsonObject): boolean | undefined {
  if (method !== 'notifications/subscriptions/acknowledged' || !isObject(params)) return undefined;
  const { notifications } = params;
  return isObject(notifications) && notifications['toolsListChanged'] === true;
}
