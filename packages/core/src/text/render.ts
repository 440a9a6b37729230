import type { ConsentQuestion } from '../access-request/question.ts';
import type { BoundTuple } from '../authzen/binding.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import { block, inline } from './block.ts';
import { quoted, visible } from './visible.ts';
import { wrapped } from './wrap.ts';

/** Names this renderer; any change to a byte of its output is a new version. */
export const RENDERER = 'countersign-text/1';

/**
 * The canonical text of a request: what an approver reads and whose hash is signed. INVARIANT: everything
 * that came from a caller is quoted or made visible, nothing is cut, no caller's text starts a line, and what
 * a caller can make long stands below all that the authority says. Design §4.
 */
export function renderQuestion(question: ConsentQuestion): string {
  const lines = [
    `Consent request ${name(question.id)}`,
    ...whatWouldRun(question),
    ...whyConsent(question),
    ...whatIsGranted(question),
    ...whatWasRead(question),
    ...whatCallersSay(question),
    ...record(question),
  ];
  return `${lines.flatMap(wrapped).join('\n')}\n`;
}

function whatWouldRun({ bound, agent, delta, reported_by }: ConsentQuestion): string[] {
  const { action, resource, subject, context } = bound;
  return [
    ...title('WHAT WOULD RUN'),
    row('action', name(action.name)),
    row('on', `${name(resource.type)} ${name(resource.id)}`),
    row('by agent', `${quoted(agent.name)} (${name(agent.id)}), owned by ${name(agent.owner)}`),
    row('on behalf of', `${name(subject.type)} ${name(subject.id)}`),
    ...memberRow('upstream', context, 'upstream'),
    ...memberRow('method', context, 'method'),
    ...memberRow('delegated', context, 'delegation'),
    ...(reported_by === 'self' ? [row('reported by', 'the agent itself (not observed by a gateway)')] : []),
    row('effects', delta.facts.effects.map(name).join(', ') || 'none known'),
    row('reaches out', delta.facts.outward ? 'yes' : 'no'),
    row('definition', delta.facts.reviewed ? 'reviewed' : 'NOT REVIEWED: treated as the riskiest'),
    ...(delta.facts.labels.length > 0 ? [row('data carries', delta.facts.labels.map(name).join(', '))] : []),
  ];
}

function whyConsent({ delta }: ConsentQuestion): string[] {
  const policies = delta.policies.map(({ id, reason }) =>
    row('policy', reason === undefined ? name(id) : `${name(id)}: ${visible(reason)}`),
  );
  return [
    ...title('WHY CONSENT IS NEEDED'),
    ...(policies.length > 0 ? policies : [row('policy', '(none named)')]),
  ];
}

function whatIsGranted({ obligations }: ConsentQuestion): string[] {
  const { groups, max_uses, ttl_seconds, assurance } = obligations;
  return [
    ...title('WHAT AN APPROVAL GRANTS'),
    row('scope', 'exactly this action with exactly these arguments'),
    row('uses', max_uses === 1 ? 'once' : `${max_uses} times`),
    row('lasts', `${inMinutes(ttl_seconds)} from the approval`),
    row(
      'needs',
      groups.map(({ group, quorum }) => `${quorum} of group ${name(group)}`).join(' and ') || 'nobody',
    ),
    row('signed with', assurance === 'passkey' ? 'a passkey' : 'a passkey or an approver key'),
  ];
}

/** Only where a classifier read the arguments; it bounds how much it says. */
function whatWasRead({ delta }: ConsentQuestion): string[] {
  const { because = [], touches = [] } = delta.facts;
  if (because.length === 0) return [];
  return [
    ...title('WHAT THE ARGUMENTS WOULD DO, as far as they were understood'),
    ...because.map((why) => `  ${quoted(why)}`),
    ...(touches.length === 0
      ? []
      : [...title('WHAT THEY NAME'), ...touches.map((each) => `  ${quoted(each)}`)]),
  ];
}

function whatCallersSay({ bound, justification }: ConsentQuestion): string[] {
  const { action, resource, subject, context } = bound;
  const args = own(context, 'arguments');
  return [
    ...(args === undefined ? [...title('ARGUMENTS'), '  none'] : section('ARGUMENTS', args)),
    ...section('ACTION PROPERTIES', action.properties),
    ...section('RESOURCE PROPERTIES', resource.properties),
    ...section('SUBJECT PROPERTIES', subject.properties),
    ...section('OTHER CONTEXT', without(context, SHOWN_APART)),
    ...section('OTHER MEMBERS', otherMembers(bound)),
    ...section("THE AGENT'S OWN WORDS (not verified)", justification),
  ];
}

function record(question: ConsentQuestion): string[] {
  return [
    ...title('RECORD'),
    row('created', name(question.created_at)),
    row('expires', name(question.expires_at)),
    row('authority', `${name(question.authority)} / ${name(question.tenant)}`),
    row('policy set', name(question.policy_version)),
    ...memberRow('tool digest', question.bound.context, 'tool_digest'),
    row('binding', name(question.binding_hash)),
  ];
}

/** Context members that have a line of their own; `findVoteMismatch` holds agent and authority to theirs. */
const SHOWN_APART: ReadonlySet<string> = new Set([
  'agent',
  'authority',
  'upstream',
  'method',
  'tool_digest',
  'arguments',
  'delegation',
]);

const ENTITY: ReadonlySet<string> = new Set(['type', 'id', 'name', 'properties']);

/** What AuthZEN does not know but the binding covers. */
function otherMembers({ subject, resource, action }: BoundTuple): JsonObject | undefined {
  const others = Object.entries({ subject, resource, action }).flatMap(([each, entity]) => {
    const rest = without(entity as unknown as JsonObject, ENTITY);
    return rest === undefined ? [] : [[each, rest] as const];
  });
  return others.length === 0 ? undefined : Object.fromEntries(others);
}

/** A plain word as it is, anything else as a literal: never what could be taken for more of the line. */
function name(text: string): string {
  return /^[A-Za-z0-9](?:[A-Za-z0-9@._/:+-]*[A-Za-z0-9_/+-])?$/.test(text) ? text : quoted(text);
}

function title(words: string): string[] {
  return ['', words];
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(13)}${value}`;
}

function memberRow(label: string, context: JsonObject, member: string): string[] {
  const value = own(context, member);
  if (value === undefined) return [];
  return [row(label, inline(value))];
}

/** More lines than a screen holds are announced. */
const SCREEN = 24;

function section(words: string, value: JsonValue | undefined): string[] {
  if (value === undefined) return [];
  const lines = block(value, 1);
  return [...title(lines.length > SCREEN ? `${words}, ${lines.length} lines` : words), ...lines];
}

function own(object: JsonObject, member: string): JsonValue | undefined {
  return Object.hasOwn(object, member) ? object[member] : undefined;
}

function without(object: JsonObject, members: ReadonlySet<string>): JsonObject | undefined {
  const rest = Object.entries(object).filter(([key, value]) => !members.has(key) && value !== undefined);
  return rest.length === 0 ? undefined : Object.fromEntries(rest);
}

function inMinutes(seconds: number): string {
  if (seconds < 60 || seconds % 60 !== 0) return `${seconds} seconds`;
  return seconds === 60 ? '1 minute' : `${seconds / 60} minutes`;
}
