import { ALGORITHMS } from './trusted-issuer.ts';

export type Scheme = 'Bearer' | 'DPoP';

/** How a caller without a good token comes by one. */
export interface Way {
  /** Where the resource's metadata is. */
  readonly metadata: string;
  readonly scope: readonly string[];
}

/** What was wrong, told in the scheme that was tried. RFC 6750 §3.1, RFC 9449 §7.1. */
export interface Fault {
  readonly scheme: Scheme;
  readonly error: 'invalid_token' | 'invalid_dpop_proof' | 'insufficient_scope';
  /** Words of ours: nothing that a caller sent, no quotes. */
  readonly description: string;
}

/** The `WWW-Authenticate` of a 401: both schemes, Bearer first, because clients read that one alone. RFC 9728 §5.1. */
export function challenges(way: Way, fault?: Fault): string[] {
  return [challenge('Bearer', way, fault), challenge('DPoP', way, fault)];
}

/** The one challenge of the scheme that was tried, as a 403 has it. */
export function challenge(scheme: Scheme, { metadata, scope }: Way, fault?: Fault): string {
  const told = fault?.scheme === scheme ? fault : undefined;
  const params: [string, string][] = [
    ...(told === undefined
      ? []
      : ([
          ['error', told.error],
          ['error_description', told.description],
        ] as [string, string][])),
    ...(scope.length === 0 ? [] : ([['scope', scope.join(' ')]] as [string, string][])),
    ['resource_metadata', metadata],
    ...(scheme === 'DPoP' ? ([['algs', ALGORITHMS.join(' ')]] as [string, string][]) : []),
  ];
  return `${scheme} ${params.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}
