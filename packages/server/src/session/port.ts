/**
 * What an agent has touched. Labels accumulate per agent over a window: a session id that an agent chooses
 * may add to them, never start afresh. Design §3.
 */
export interface SessionStore {
  /** The labels that the agent has met since `since` (milliseconds), sorted. */
  labels(agent: string, since: number): Promise<readonly string[]>;
  /** Remembers the labels before their data is released; durable when it resolves. */
  touch(agent: string, labels: readonly string[], now: number): Promise<void>;
}
