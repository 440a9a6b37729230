import { meetsAssurance, type Assurance, type PersonView } from '@countersign/core';
import type { Agent } from '../principal/port.ts';
import type { PolicySetInfo } from '../pdp/port.ts';
import { counted, ok, warn, wrong, type Finding } from './finding.ts';

interface Demand {
  readonly group: string;
  readonly quorum: number;
  readonly assurance: Assurance;
  readonly policy: string;
}

/** That each policy which asks people has enough of them to ask. */
export function checkApprovers(
  info: PolicySetInfo,
  people: readonly PersonView[],
  agents: readonly Agent[],
  singleOperator: boolean,
): readonly Finding[] {
  const enrolled = people.filter(({ credentials }) =>
    credentials.some(({ revoked_at }) => revoked_at === undefined),
  );
  if (enrolled.length === 0)
    return [
      wrong('approvers', 'nobody is enrolled: open the link of `countersign approver link` in a browser'),
    ];
  const short = strictest(info).flatMap((demand) => {
    const able = ableTo(demand, enrolled).length;
    return able >= demand.quorum ? [] : [wrong('approvers', lacking(demand, able))];
  });
  if (short.length > 0) return short;
  const groups = counted(info.groups.length, 'group');
  return [
    ok(
      'approvers',
      `${counted(enrolled.length, 'person').replace('persons', 'people')}, enough for ${groups}`,
    ),
    ...(singleOperator ? [] : ownersAlone(info, enrolled, agents)),
  ];
}

/** For each group and way to sign, the policy that asks for most. */
function strictest({ policies }: PolicySetInfo): readonly Demand[] {
  const demands = new Map<string, Demand>();
  for (const { id, annotations } of policies) {
    const group = annotations['step_up'];
    if (typeof group !== 'string') continue;
    const assurance = annotations['assurance'] === 'key' ? 'key' : 'passkey';
    const quorum = Number(annotations['quorum'] ?? 1);
    const known = demands.get(`${group} ${assurance}`);
    if (known === undefined || known.quorum < quorum)
      demands.set(`${group} ${assurance}`, { group, assurance, quorum, policy: id });
  }
  return [...demands.values()];
}

function ableTo({ group, assurance }: Demand, people: readonly PersonView[]): readonly PersonView[] {
  return people.filter(
    ({ groups, credentials }) =>
      groups.includes(group) &&
      credentials.some(({ kind, revoked_at }) => revoked_at === undefined && meetsAssurance(kind, assurance)),
  );
}

function lacking({ group, quorum, assurance, policy }: Demand, able: number): string {
  return `${policy} needs ${quorum} of ${group} with a ${assurance}, there ${able === 1 ? 'is one' : able === 0 ? 'is none' : `are ${able}`}: invite them on the console’s People page`;
}

/** Nobody approves what his own agent asks for, so an owner who is the only approver waits for ever. */
function ownersAlone(
  info: PolicySetInfo,
  people: readonly PersonView[],
  agents: readonly Agent[],
): readonly Finding[] {
  const stuck = agents.filter(({ owner, status }) =>
    strictest(info).some(
      (demand) =>
        status === 'active' && ableTo(demand, people).filter(({ id }) => id !== owner).length < demand.quorum,
    ),
  );
  if (stuck.length === 0) return [];
  const names = stuck.map(({ name }) => name).join(', ');
  return [
    warn(
      'approvers',
      `without its owner too few may approve for ${names}: invite another, or set single_operator: true`,
    ),
  ];
}
