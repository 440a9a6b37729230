import type { Task } from '@countersign/core';

/** What came of a call is kept so long after it ended. */
export const KEPT_MS: number = 60 * 60_000;
/** A task of MCP 2025-11-25 is kept as long as its requestor wishes, within this. */
const MAX_TTL_MS = 24 * 60 * 60_000;

/**
 * Until when a call is kept that waits for people. A wish for less than they may take is overridden, as its era allows
 * (MCP 2025-11-25 §"TTL and Resource Management"): nobody would hear what came of a consent given later.
 */
export function keptWaiting(now: number, { expires_at }: Task, ttlMs = 0): number {
  return Math.max(Math.max(now, Date.parse(expires_at)) + KEPT_MS, keptRunning(now, ttlMs));
}

/** Until when a call is kept that runs already. */
export function keptRunning(now: number, ttlMs: number): number {
  return now + Math.max(KEPT_MS, Math.min(ttlMs, MAX_TTL_MS));
}
