import type { CedarValueJson, EntityJson, PolicyJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import {
  getCedarVersion,
  isAuthorized,
  policySetTextToParts,
  policyToJson,
  policyToText,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs';

/** A value in Cedar's JSON format. */
export type CedarValue = CedarValueJson;
/** An entity's name in Cedar's JSON format. */
export type CedarUid = TypeAndId;
/** An entity with its attributes and parents in Cedar's JSON format. */
export type CedarEntity = EntityJson;
/** A policy's syntax tree in Cedar's JSON format. */
export type CedarPolicy = PolicyJson;

/** Who would do what to what. */
export interface CedarScope {
  readonly principal: CedarUid;
  readonly action: CedarUid;
  readonly resource: CedarUid;
}

/** What one call asks of a kept set. */
export interface CedarQuestion extends CedarScope {
  readonly context: Record<string, CedarValue>;
  readonly entities: CedarEntity[];
}

/** Cedar's answer; `broken` is a question or a policy that it could not evaluate. */
export type CedarAnswer =
  | { readonly kind: 'allow' | 'deny'; readonly determining: readonly string[] }
  | { readonly kind: 'broken'; readonly why: string };

/** A refusal by Cedar's parser; `offset` counts UTF-8 bytes of the text. */
export interface CedarSyntaxError {
  readonly reason: string;
  readonly offset: number;
}

/** The text of each policy and of each template, verbatim, in no useful order; or why the text does not parse. */
export function splitPolicies(
  text: string,
):
  | { readonly policies: readonly string[]; readonly templates: readonly string[] }
  | readonly CedarSyntaxError[] {
  const parts = policySetTextToParts(text);
  if (parts.type === 'success') return { policies: parts.policies, templates: parts.policy_templates };
  return parts.errors.map(({ message, sourceLocations }) => ({
    reason: oneLine([message, sourceLocations?.[0]?.label].filter(Boolean).join(': ')),
    offset: sourceLocations?.[0]?.start ?? 0,
  }));
}

/** The syntax tree of one policy that `splitPolicies` returned. */
export function parsePolicy(text: string): CedarPolicy {
  const parsed = policyToJson(text);
  if (parsed.type === 'failure')
    throw new Error(oneLine(parsed.errors.map((each) => each.message).join('; ')));
  return parsed.json;
}

/** Keeps the policies in Cedar's memory under `setId`, each under its own id: a set given as text loses the ids. */
export function keepPolicies(setId: string, policies: Readonly<Record<string, string>>): void {
  const kept = preparsePolicySet(setId, { staticPolicies: policies });
  if (kept.type === 'failure') throw new Error(oneLine(kept.errors.map((each) => each.message).join('; ')));
}

/** Frees what `keepPolicies` kept. Cedar's cache cannot forget a name, so an empty set takes its place. */
export function dropPolicies(setId: string): void {
  preparsePolicySet(setId, { staticPolicies: {} });
}

/** Asks the policies kept under `setId`. May throw on values that are no JSON. */
export function authorize(setId: string, question: CedarQuestion): CedarAnswer {
  const answer = statefulIsAuthorized({ ...question, preparsedPolicySetId: setId });
  if (answer.type === 'failure')
    return { kind: 'broken', why: oneLine(answer.errors[0]?.message ?? 'unknown') };
  const { decision, diagnostics } = answer.response;
  // INVARIANT: Cedar skips a policy that errors, so a forbid that errors would vanish into an allow. Design §2.
  const [error] = diagnostics.errors;
  if (error !== undefined) {
    return { kind: 'broken', why: oneLine(`policy \`${error.policyId}\` errored: ${error.error.message}`) };
  }
  return { kind: decision, determining: diagnostics.reason };
}

/**
 * Asks policies that are not kept, given as trees by name: which permits hold, and the errors of those that err. Slow:
 * for explaining, not for deciding.
 */
export function authorizeOnce(
  policies: Readonly<Record<string, CedarPolicy>>,
  question: CedarQuestion,
): { readonly holding: ReadonlySet<string>; readonly errors: ReadonlyMap<string, string> } {
  const answer = isAuthorized({ ...question, policies: { staticPolicies: policies } });
  if (answer.type === 'failure') throw new Error(oneLine(answer.errors[0]?.message ?? 'unknown'));
  const { reason, errors } = answer.response.diagnostics;
  return {
    holding: new Set(reason),
    errors: new Map(errors.map(({ policyId, error }) => [policyId, oneLine(error.message)])),
  };
}

/** The text of a policy's tree. */
export function policyText(policy: CedarPolicy): string {
  const printed = policyToText(policy);
  if (printed.type === 'failure')
    throw new Error(oneLine(printed.errors.map((each) => each.message).join('; ')));
  return printed.text;
}

/** The evaluator's version, which may change an answer. */
export const CEDAR_VERSION: string = getCedarVersion();

function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, ' ').trim();
}
