import type { Explanation } from './port.ts';

/** For whoever writes policies: one line. */
export function explanationText({ answer, nearly }: Explanation): string {
  const by = answer.policies.map(({ id }) => id).join(', ');
  const near = nearly.slice(0, 5).map(({ id, effect, lacks }) => `${effect} ${id} (${lacks.join('; ')})`);
  return [
    `${answer.kind} by ${by === '' ? 'no policy' : by}`,
    ...(answer.kind === 'indeterminate' ? [answer.why] : []),
    ...(near.length === 0 ? [] : [`nearly: ${near.join(', ')}`]),
  ].join('; ');
}
