import { canonicalHash } from '../json/canonical.ts';
import { setMember, type JsonObject, type JsonValue } from '../json/value.ts';
import type { Action, Evaluation, Resource, Subject } from './evaluation.ts';

/** What an approval is bound to: the tuple that ARAP hashes. */
export interface BoundTuple {
  readonly subject: Subject;
  readonly resource: Resource;
  readonly action: Action;
  readonly context: JsonObject;
}

/**
 * Context members that never bind: the name of an approval, the agent's plea, the session that labels are
 * kept under, and what the enforcement point can do. INVARIANT: everything else in the context is authorization-relevant, so that no
 * member that a policy can read escapes the binding.
 */
export const UNBOUND_CONTEXT: ReadonlySet<string> = new Set([
  'approval',
  'business_justification',
  'session_id',
  'supported_obligations',
]);

/**
 * The tuple to bind: the question with `subject.properties.act` removed (ARAP §"Binding token") and the
 * authority's own facts, the acting agent and the authority id, as context members that no caller can set.
 */
export function boundTuple(
  question: Evaluation,
  facts: { readonly authority: string; readonly agent: string; readonly delegation?: JsonValue },
): BoundTuple {
  const context: { [key: string]: JsonValue } = {};
  for (const [key, value] of Object.entries(question.context ?? {})) {
    if (!UNBOUND_CONTEXT.has(key)) setMember(context, key, value);
  }
  context['authority'] = facts.authority;
  context['agent'] = facts.agent;
  if (facts.delegation !== undefined) context['delegation'] = facts.delegation;
  return {
    subject: withoutAct(question.subject),
    resource: question.resource,
    action: question.action,
    context,
  };
}

/** ARAP `binding_hash`: unpadded base64url SHA-256 of the JCS of `{subject, resource, action, context}`. */
export function bindingHash(tuple: BoundTuple): string {
  const { subject, resource, action, context } = tuple;
  return canonicalHash({ subject, resource, action, context } as unknown as JsonObject);
}

function withoutAct(subject: Subject): Subject {
  if (subject.properties === undefined || !Object.hasOwn(subject.properties, 'act')) return subject;
  const { act: _act, ...properties } = subject.properties;
  return { ...subject, properties };
}
