import type { IncomingHttpHeaders } from 'node:http';
import type { JsonValue } from '@countersign/core';
import { ToolDefinitions, type ListTools, type ToolDefinition } from '../tool-definitions.ts';

/** The tools of a server that is met when they are looked for. */
export class LaterTools extends ToolDefinitions {
  readonly #tools: () => Promise<ToolDefinitions>;

  constructor(tools: () => Promise<ToolDefinitions>) {
    super();
    this.#tools = tools;
  }

  override async find(
    name: JsonValue | undefined,
    freshness: 'known' | 'fresh',
    list: ListTools,
  ): Promise<ToolDefinition | undefined> {
    return await (await this.#tools()).find(name, freshness, list);
  }

  override async tell(tools: readonly JsonValue[], isFirst: boolean): Promise<void> {
    await (await this.#tools()).tell(tools, isFirst);
  }

  override async headerMismatch(
    name: JsonValue | undefined,
    args: JsonValue | undefined,
    headers: IncomingHttpHeaders,
    list: ListTools,
  ): Promise<string | undefined> {
    return await (await this.#tools()).headerMismatch(name, args, headers, list);
  }
}
