import type { ConsentQuestion } from '../access-request/question.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import { quoted, visible } from './visible.ts';

/** Names this renderer; any change to a byte of its output is a new version. */
export const RENDERER = 'countersign-text/1';

/** Context members that have a line of their own above the arguments. */
const SHOWN_APART = new Set(['agent', 'authority', 'upstream', 'method', 'tool_digest', 'arguments', 'delegation']);

/**
 * The canonical text of a request: what an approver reads and whose hash is signed. Everything that came
 * from a caller is quoted or made visible, nothing is cut, and no caller's text starts a line. Design §4.
 */
export function renderQuestion(question: ConsentQuestion): string {
  const { bound, agent, delta, obligations } = question;
  const context = bound.context;
  const rest = Object.entries(context).filter(([key]) => !SHOWN_APART.has(key));
  return [
    `Consent request ${question.id}`,
    '',
    'WHAT WOULD RUN',
    row('action', visible(bound.action.name)),
    row('on', `${visible(bound.resource.type)} ${quoted(bound.resource.id)}`),
    row('by agent', `${quoted(agent.name)} (${agent.id}), owned by ${quoted(agent.owner)}`),
    row('for', `${visible(bound.subject.type)} ${quoted(bound.subject.id)}`),
    ...('delegation' in context ? [row('delegated', inline(context['delegation'] ?? null))] : []),
    ...(question.reported_by === 'self' ? [row('reported by', 'the agent itself (not observed by a gateway)')] : []),
    ...section('ARGUMENTS', context['arguments']),
    ...section('ACTION PROPERTIES', bound.action.properties),
    ...section('RESOURCE PROPERTIES', bound.resource.properties),
    ...section('SUBJECT PROPERTIES', bound.subject.properties),
    ...section('OTHER CONTEXT', rest.length === 0 ? undefined : Object.fromEntries(rest)),
    '',
    'WHY CONSENT IS NEEDED',
    row('effects', delta.facts.effects.join(', ') || 'none known'),
    row('reaches out', delta.facts.outward ? 'yes' : 'no'),
    row('definition', delta.facts.reviewed ? 'reviewed' : 'NOT REVIEWED: treated as the riskiest'),
    ...(delta.facts.labels.length > 0 ? [row('data carries', delta.facts.labels.join(', '))] : []),
    ...delta.policies.map((each) => row('policy', each.reason ? `${each.id}: ${visible(each.reason)}` : each.id)),
    '',
    'WHAT AN APPROVAL GRANTS',
    row('scope', 'exactly this action with exactly these arguments'),
    row('uses', obligations.max_uses === 1 ? 'once' : `${obligations.max_uses} times`),
    row('for', `${obligations.ttl_seconds} seconds from the approval`),
    row('needs', obligations.groups.map((g) => `${g.quorum} of group ${g.group}`).join(' and ')),
    row('signed with', obligations.assurance === 'passkey' ? 'a passkey' : 'a passkey or an approver key'),
    '',
    ...(question.justification === undefined
      ? []
      : ["THE AGENT'S OWN WORDS (not verified)", `  ${quoted(question.justification)}`, '']),
    'RECORD',
    row('created', question.created_at),
    row('expires', question.expires_at),
    row('authority', `${question.authority} / ${question.tenant}`),
    row('policy set', question.policy_version),
    ...('tool_digest' in context ? [row('tool digest', inline(context['tool_digest'] ?? null))] : []),
    row('binding', question.binding_hash),
    '',
  ].join('\n');
}

function row(label: string, value: string): string {
  return `  ${label.padEnd(13)}${value}`;
}

function section(title: string, value: JsonValue | undefined): string[] {
  if (value === undefined) return [];
  return ['', title, ...block(value, 1)];
}

/** Pretty JSON in member order of code units, two spaces a level, nothing elided. */
function block(value: JsonValue, depth: number): string[] {
  const pad = '  '.repeat(depth);
  if (typeof value !== 'object' || value === null) return [pad + inline(value)];
  const entries: [string, JsonValue][] = Array.isArray(value)
    ? value.map((item, index) => [`[${index}]`, item as JsonValue])
    : sortedEntries(value as JsonObject).map(([key, item]) => [quoted(key), item]);
  if (entries.length === 0) return [pad + (Array.isArray(value) ? '[]' : '{}')];
  return entries.flatMap(([key, item]) =>
    isBranch(item) ? [`${pad}${key}:`, ...block(item, depth + 1)] : [`${pad}${key}: ${inline(item)}`],
  );
}

function isBranch(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function inline(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => inline(item as JsonValue)).join(', ')}]`;
  return `{${sortedEntries(value as JsonObject)
    .map(([key, item]) => `${quoted(key)}: ${inline(item)}`)
    .join(', ')}}`;
}

function sortedEntries(value: JsonObject): [string, JsonValue][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
