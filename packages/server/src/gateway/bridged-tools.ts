import type { JsonObject } from '@countersign/core';
import { lookAt, type BridgedMessage } from './bridged-message.ts';
import { isObject } from './message.ts';
import { paramHeadersOf, paramHeaderValues, type ParamHeader } from './param-headers.ts';

/**
 * What the tools that the client was told of want repeated in headers: a client over stdio sends none, and HTTP asks for
 * them (MCP 2026-07-28 §"Custom Headers from Tool Parameters"). The gateway holds them against its own listing.
 */
export class BridgedTools {
  readonly #byName = new Map<string, readonly ParamHeader[]>();

  /** Takes up the answer to a request for the list. */
  learn({ method }: BridgedMessage, answer: Uint8Array | string): void {
    if (method !== 'tools/list') return;
    const { tools } = lookAt(Buffer.from(answer)).result;
    for (const tool of Array.isArray(tools) ? (tools as readonly JsonObject[]) : [])
      if (isObject(tool) && typeof tool['name'] === 'string')
        this.#byName.set(tool['name'], paramHeadersOf(tool));
  }

  headersFor({ method, params }: BridgedMessage): Record<string, string> {
    const { name, arguments: args } = params;
    if (method !== 'tools/call' || typeof name !== 'string') return {};
    return paramHeaderValues(this.#byName.get(name) ?? [], args);
  }
}
