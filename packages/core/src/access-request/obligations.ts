/** How surely a voter was recognised; a passkey vote proves user verification. Ordered: `key` < `passkey`. */
export type Assurance = 'key' | 'passkey';

/** One approver group and how many distinct eligible people of it must approve. */
export interface GroupQuorum {
  readonly group: string;
  readonly quorum: number;
}

/** What a step-up asks for: the strictest merge over its determining permits. */
export interface Obligations {
  /** Sorted by group; each must meet its own quorum. */
  readonly groups: readonly GroupQuorum[];
  /** How long the approval lives once granted. */
  readonly ttl_seconds: number;
  readonly max_uses: number;
  readonly assurance: Assurance;
  readonly scope: 'exact';
}

const RANK: Record<Assurance, number> = { key: 0, passkey: 1 };

/** Whether `held` is at least `wanted`. */
export function meetsAssurance(held: Assurance, wanted: Assurance): boolean {
  return RANK[held] >= RANK[wanted];
}

/** The strictest merge: every group (highest quorum), least ttl and uses, highest assurance. Design §3. */
export function mergeObligations(all: readonly [Obligations, ...Obligations[]]): Obligations {
  const quorums = new Map<string, number>();
  for (const { group, quorum } of all.flatMap((each) => each.groups)) {
    quorums.set(group, Math.max(quorums.get(group) ?? 0, quorum));
  }
  return {
    groups: [...quorums]
      .map(([group, quorum]) => ({ group, quorum }))
      .sort((a, b) => (a.group < b.group ? -1 : 1)),
    ttl_seconds: Math.min(...all.map((each) => each.ttl_seconds)),
    max_uses: Math.min(...all.map((each) => each.max_uses)),
    assurance: all.some((each) => each.assurance === 'passkey') ? 'passkey' : 'key',
    scope: 'exact',
  };
}
