import type { ScopesConfig } from '../config/config.ts';

/** All that an operation needs, in one: "SHOULD include all scopes required for the current operation in a single challenge". */
export function scopesFor(scopes: ScopesConfig | undefined, tool?: string): readonly string[] {
  if (scopes === undefined) return [];
  const { all, tools } = scopes;
  const own = tool !== undefined && Object.hasOwn(tools, tool) ? (tools[tool] ?? []) : [];
  return [...new Set([...all, ...own])];
}

/** Every scope that a resource knows; never `offline_access`, which is no resource's to ask for. */
export function scopesOf({ all, tools }: ScopesConfig): readonly string[] {
  return [...new Set([...all, ...Object.values(tools).flat()])].toSorted();
}

/** Whether what was granted covers what is needed: "a broader scope implies narrower ones". */
export function covers(
  granted: readonly string[],
  needed: readonly string[],
  implies: ScopesConfig['implies'] = {},
): boolean {
  const held = new Set(granted);
  // A Set is walked over what is added on the way, too, and each scope once, however they imply each other.
  for (const scope of held)
    if (Object.hasOwn(implies, scope)) for (const narrower of implies[scope] ?? []) held.add(narrower);
  return needed.every((scope) => held.has(scope));
}

/** The scopes of a token. RFC 9068 §2.2.3; some servers call them `scp`, some list them. */
export function grantedBy(claims: Readonly<Record<string, unknown>>): readonly string[] {
  const given = claims['scope'] ?? claims['scp'];
  if (typeof given === 'string') return given.split(' ').filter(Boolean);
  return Array.isArray(given) ? given.filter((each) => typeof each === 'string') : [];
}
