import type { BoundTuple, Evaluation } from '@countersign/core';
import type { Agent, Caller } from '../principal/port.ts';
import type { Chain } from './chain.ts';

/** One question under way: everything that later steps read, gathered once. */
export interface Asked {
  readonly id: string;
  readonly now: number;
  readonly caller: Caller;
  readonly credential: string;
  readonly agent: Agent;
  readonly chain: Chain;
  readonly evaluation: Evaluation;
  readonly bound: BoundTuple;
  readonly binding_hash: string;
}
