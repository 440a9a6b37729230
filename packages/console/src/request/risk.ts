import { EFFECTS, type ActionFacts, type Effect } from '@countersign/core';

/** Effects that are hard or impossible to take back; each asks for a typed confirmation. Design §4. */
const RISKIEST_TIER: ReadonlySet<string> = new Set<Effect>([
  'delete',
  'execute',
  'export',
  'grant',
  'secret',
  'network',
  'spend',
]);

export type RiskTier = 'plain' | 'riskiest';

/** How much care an approval takes. What nobody reviewed counts as the riskiest, whatever it claims. */
export function riskTier(facts: Pick<ActionFacts, 'effects' | 'reviewed'>): RiskTier {
  return facts.reviewed && !facts.effects.some(isRisky) ? 'plain' : 'riskiest';
}

export function isRisky(effect: string): boolean {
  return RISKIEST_TIER.has(effect);
}

const PHRASES: Record<Effect, string> = {
  read: 'read data',
  create: 'create something',
  update: 'change something',
  delete: 'delete something',
  execute: 'run code',
  export: 'send data out',
  grant: 'change permissions',
  secret: 'use a secret',
  network: 'open network access',
  spend: 'spend money',
};

/** What the action would do, worst first, in words of ours alone: no caller's text is ever a headline. */
export function headline(facts: { readonly effects: readonly string[]; readonly reviewed: boolean }): string {
  if (!facts.reviewed || facts.effects.length === EFFECTS.length) return 'This could do anything';
  const phrases = facts.effects
    .map((each) => (Object.hasOwn(PHRASES, each) ? PHRASES[each as Effect] : each))
    .toReversed();
  if (phrases.length === 0) return 'This has no known effect';
  const last = phrases.at(-1);
  return `This would ${phrases.length === 1 ? last : `${phrases.slice(0, -1).join(', ')} and ${last}`}`;
}

/** Reasons by the effect that each begins with, the worst first; what was not understood stands before all. */
export function worstFirst(because: readonly string[]): readonly string[] {
  const rank = (reason: string): number => {
    const effect = EFFECTS.findIndex((each) => reason.startsWith(`${each}: `));
    return effect < 0 ? EFFECTS.length : effect;
  };
  return because.toSorted((a, b) => rank(b) - rank(a));
}

/** A longer word than this is no test of attention, only of patience. */
const LONGEST_WORD = 40;

/** The word to type before the riskiest tier is approved: the last segment of the resource's name. */
export function confirmationWord(resourceId: string): string {
  const segment = resourceId.split(/[/\\:#?&=\s]+/).findLast((each) => each !== '');
  if (segment === undefined) return 'approve';
  return segment.length <= LONGEST_WORD ? segment : segment.slice(-LONGEST_WORD);
}
