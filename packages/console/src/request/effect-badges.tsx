import { Badge } from '@mantine/core';
import type { ReactNode } from 'react';
import { isRisky } from './risk.ts';

/** What an action does, worst first; of what nobody reviewed, all effects are assumed and none is worth listing. */
export function EffectBadges({
  effects,
  reviewed,
  outward = false,
  labels = [],
}: {
  readonly effects: readonly string[];
  readonly reviewed: boolean;
  readonly outward?: boolean;
  readonly labels?: readonly string[];
}): ReactNode {
  if (!reviewed) {
    return (
      <ul className="badges" aria-label="Effects">
        <li>
          <Badge className="badge badge-risky">not reviewed</Badge>
        </li>
        <li>
          <Badge className="badge">any effect possible</Badge>
        </li>
      </ul>
    );
  }
  return (
    <ul className="badges" aria-label="Effects">
      {effects.toReversed().map((effect) => (
        <li key={effect}>
          <Badge className={isRisky(effect) ? 'badge badge-risky' : 'badge'}>{effect}</Badge>
        </li>
      ))}
      {outward ? (
        <li>
          <Badge className="badge badge-risky">reaches outside</Badge>
        </li>
      ) : null}
      {labels.map((label) => (
        <li key={`label ${label}`}>
          <Badge className="badge badge-label">{label} data</Badge>
        </li>
      ))}
    </ul>
  );
}
