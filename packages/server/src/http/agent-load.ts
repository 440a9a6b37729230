import { ConsentError, TokenBucket } from '@countersign/core';
import type { MiddlewareHandler } from 'hono';
import { BURST_SECONDS, type Limits } from '../config/limits.ts';
import type { Clock } from '../parts.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Counts a request for the agent that its key speaks for. Throws `too_fast`. */
    countAgent?: (agentId: string) => void;
  }
}

interface Load {
  readonly bucket: TokenBucket;
  underWay: number;
}

/**
 * What an agent's own key may ask of the API: as much as at the gateway. Enforcement points are the operator's and are
 * not counted. Memory grows with agents that are enrolled, not with who calls.
 */
export function limitAgents(limits: Limits, clock: Clock): MiddlewareHandler {
  const loads = new Map<string, Load>();
  const { rate_per_agent: perSecond, calls_per_agent } = limits;
  const loadOf = (agentId: string): Load => {
    const known = loads.get(agentId);
    if (known !== undefined) return known;
    const bucket = new TokenBucket({ perSecond, burst: perSecond * BURST_SECONDS }, clock());
    const load = { bucket, underWay: 0 };
    loads.set(agentId, load);
    return load;
  };
  return async (context, next) => {
    let counted: Load | undefined;
    context.set('countAgent', (agentId) => {
      const load = loadOf(agentId);
      if (load.bucket.take(clock()) > 0)
        throw new ConsentError('too_fast', 'this agent asks too fast: wait and try again');
      if (load.underWay >= calls_per_agent)
        throw new ConsentError(
          'too_fast',
          'too many requests of this agent are under way: wait for one to end',
        );
      load.underWay += 1;
      counted = load;
    });
    try {
      await next();
    } finally {
      if (counted !== undefined) counted.underWay -= 1;
    }
  };
}
