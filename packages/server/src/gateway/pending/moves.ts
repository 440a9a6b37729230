import type { JsonObject } from '@countersign/core';
import { isSameWorld } from '../world.ts';
import { keyOf, type Asked } from './continuations.ts';

const MAX_KEPT = 1000;

/**
 * What people were told had moved, so that the same call made again asks the same question: the one that they are
 * looking at. Forgotten with the process; then they are asked once more, without the difference.
 */
export class Moves {
  readonly #kept = new Map<string, JsonObject>();

  remember(call: Asked, world: JsonObject): JsonObject {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(keyOf(call), world);
    return world;
  }

  /** How things stand, with what they were where that was told and they have not moved again. */
  known(call: Asked, now: JsonObject): JsonObject {
    const told = this.#kept.get(keyOf(call));
    return told !== undefined && isSameWorld(told, now) ? told : now;
  }
}
