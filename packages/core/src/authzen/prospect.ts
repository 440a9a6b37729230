/**
 * What can come of a call before it is made, whatever its arguments are: it is denied, it takes people's consent, it may
 * take it, or neither is known. A look ahead permits nothing, asks nobody and spends nothing.
 */
export type Prospect =
  | { readonly kind: 'never' }
  /** `groups` are those whose consent it takes, sorted. */
  | { readonly kind: 'consent'; readonly groups: readonly string[] }
  | { readonly kind: 'perhaps_consent'; readonly groups: readonly string[] }
  | { readonly kind: 'open' };
