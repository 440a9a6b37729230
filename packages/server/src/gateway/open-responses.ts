import type { ServerResponse } from 'node:http';
import { partiesOf, type JsonObject } from '@countersign/core';
import type { Identified } from './identified.ts';
import { OpenTable } from './open-table.ts';

/** The responses that are open now, and whose they are. */
export class OpenResponses {
  readonly #open = new OpenTable<ServerResponse, Identified>();

  add(caller: Identified, response: ServerResponse): void {
    this.#open.set(response, caller);
    response.once('close', () => this.#open.delete(response));
  }

  /** Cuts off whatever an agent still hears or waits for, and whoever calls on its behalf or by it. */
  cutOff(agentId: string): void {
    for (const [response, caller] of this.#open) if (actsFor(caller, agentId)) response.destroy();
  }
}

function actsFor({ agentId, delegation }: Identified, other: string): boolean {
  if (agentId === other) return true;
  if (delegation === undefined) return false;
  return partiesOf(delegation as unknown as JsonObject).some(({ agent }) => agent === other);
}
