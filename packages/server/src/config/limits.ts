import { z } from 'zod';

/** What one agent, and all of them together, may ask of this server. The rest of its bounds is fixed: docs/limits.md. */
export interface Limits {
  /** HTTP requests of one agent to the gateway that are under way: streams and held calls are, until they end. */
  readonly calls_per_agent: number;
  /** Those of all agents. */
  readonly calls: number;
  /** HTTP requests of one agent to the gateway, a second; `BURST_SECONDS` of them at once. */
  readonly rate_per_agent: number;
  /** New access requests of one agent within a minute. Protects the approvers. */
  readonly access_requests_per_minute: number;
  /** Open connections. */
  readonly connections: number;
}

/** An agent that was quiet may make so many seconds' calls at once. */
export const BURST_SECONDS = 10;

const count = (most: number) => {
  const error = `must be a whole number from 1 to ${most}`;
  return z.int(error).min(1, error).max(most, error);
};

export const limits = z
  .strictObject({
    calls_per_agent: count(65_536).default(512),
    calls: count(65_536).default(4096),
    rate_per_agent: count(1_000_000).default(500),
    access_requests_per_minute: count(10_000).default(30),
    connections: count(65_536).default(8192),
  })
  .prefault({});

export const DEFAULT_LIMITS: Limits = limits.parse({});
