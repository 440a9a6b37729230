import { bindingHash } from '../authzen/binding.ts';
import type { ConsentQuestion } from '../access-request/question.ts';
import { RENDERER } from '../text/render.ts';
import { deltaHash, textHash, type VoteStatement } from './vote.ts';

/** The first way in which a statement is not about this question, as the statement's member; or undefined. */
export type VoteMismatch = keyof VoteStatement | 'bound';

/**
 * Recomputes from the question all that a vote statement says of it. Browser and command line run this
 * before they sign, the authority before it counts, an auditor years later; any difference is a refusal.
 */
export function findVoteMismatch(
  statement: VoteStatement,
  question: ConsentQuestion,
): VoteMismatch | undefined {
  if (statement.type !== 'vote') return 'type';
  if (statement.version !== 1 || question.version !== 1 || question.delta.version !== 1) return 'version';
  if (!isBound(question)) return 'bound';
  // The text shows one policy version, the delta holds it a second time.
  if (question.delta.boundary.policy_version !== question.policy_version) return 'policy_version';
  const expected: Partial<Record<keyof VoteStatement, string | number>> = {
    authority: question.authority,
    tenant: question.tenant,
    request_id: question.id,
    binding_hash: question.binding_hash,
    scope: question.obligations.scope,
    max_uses: question.obligations.max_uses,
    ttl_seconds: question.obligations.ttl_seconds,
    policy_version: question.policy_version,
    delta_hash: deltaHash(question),
    text_hash: textHash(question),
    text_version: RENDERER,
  };
  for (const [member, value] of Object.entries(expected)) {
    if (statement[member as keyof VoteStatement] !== value) return member as keyof VoteStatement;
  }
  return undefined;
}

/** INVARIANT: agent and authority that the text shows are the bound ones; the text names each once. */
function isBound({ bound, binding_hash, agent, authority }: ConsentQuestion): boolean {
  return (
    bindingHash(bound) === binding_hash &&
    bound.context['agent'] === agent.id &&
    bound.context['authority'] === authority
  );
}
