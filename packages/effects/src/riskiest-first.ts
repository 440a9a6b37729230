import type { Effect } from '@countersign/core';
import type { Classification, Findings } from './classification.ts';

const WEIGHT: Readonly<Record<Effect, number>> = {
  read: 0,
  create: 1,
  update: 1,
  spend: 2,
  network: 3,
  delete: 4,
  export: 5,
  execute: 6,
  secret: 7,
  grant: 8,
};

/**
 * Includes many parts, the riskiest first, and before all others those that have an effect of their own: only so many
 * reasons and names are kept, and a dangerous part must not be hidden behind a hundred others.
 */
export function includeRiskiestFirst(findings: Findings, parts: readonly Classification[]): void {
  const ranked = parts.map((part) => ({ part, risk: riskOf(part) })).sort((a, b) => b.risk - a.risk);
  const seen = new Set<Effect>();
  const later: Classification[] = [];
  for (const { part } of ranked) {
    const isNew = part.effects.some((effect) => !seen.has(effect));
    for (const effect of part.effects) seen.add(effect);
    if (isNew) findings.include(part);
    else later.push(part);
  }
  for (const part of later) findings.include(part);
}

function riskOf({ effects, outward, understood }: Classification): number {
  const sum = effects.reduce((total, effect) => total + WEIGHT[effect], 0);
  return sum + (outward ? 5 : 0) + (understood ? 0 : 100);
}
