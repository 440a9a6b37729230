import type { JsonObject } from '@countersign/core';
import type { RunningClaim } from '../claim.ts';
import type { McpRequest } from '../conversation.ts';
import { capabilitiesOf } from '../pending/form.ts';
import { ToolDefinitions } from '../tool-definitions.ts';
import type { DetachedLink } from '../upstream.ts';
import { lookAgain } from './look-again.ts';
import type { Converted } from './peer.ts';

/**
 * A call that runs on without its caller at a server of the other era. What its client declared stands in the call, so it
 * is sent as that client's would be: what the server asks is what its task asks.
 */
export class DetachedCall implements DetachedLink {
  readonly tools: ToolDefinitions = new ToolDefinitions();
  readonly #meet: (declared: JsonObject) => Promise<Converted>;

  readonly close: () => Promise<void>;

  /** `close` ends what was begun for this call alone. */
  constructor(
    meet: (declared: JsonObject) => Promise<Converted>,
    close: () => Promise<void> = async () => {},
  ) {
    this.#meet = meet;
    this.close = close;
  }

  async listTools(request: McpRequest, cursor: string | undefined): Promise<JsonObject> {
    return await lookAgain(
      () => this.#server(request),
      (server) => server.listTools(request, cursor),
    );
  }

  async read(request: McpRequest, tool: string, args: JsonObject): Promise<JsonObject> {
    return await lookAgain(
      () => this.#server(request),
      (server) => server.read(request, tool, args),
    );
  }

  async exchange(request: McpRequest, claim: RunningClaim | undefined): Promise<JsonObject | undefined> {
    const server = await this.#server(request);
    return await server.run(request, claim, () => {}).answer;
  }

  #server({ params }: McpRequest): Promise<Converted> {
    return this.#meet(capabilitiesOf(params));
  }
}
