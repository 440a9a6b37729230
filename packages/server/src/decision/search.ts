import {
  canonicalHash,
  ConsentError,
  type Evaluation,
  type JsonObject,
  type PepObligation,
  type Search,
  type SearchResult,
} from '@countersign/core';
import type { AuthorityParts } from '../parts.ts';
import { newId } from '../principal/ids.ts';
import type { Caller } from '../principal/port.ts';
import { actingAgent, credentialOf } from './acting-agent.ts';
import { surroundings } from './decide.ts';
import { pepObligations, unsupported } from './pep-obligations.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Questions to policy for one page; a page with fewer results than its limit may have a next one. */
const MAX_QUESTIONS = 2000;
/** Questions between which other callers have their turn. */
const TURN = 50;

/**
 * Everything of one kind that a plain permit covers: entities of the configured file, and the agents, tools and
 * upstreams that this authority knows. What needs consent is not found. It permits nothing, claims nothing, and is in
 * the log before its answer leaves. AuthZEN 1.0 §8.
 */
export async function search(parts: AuthorityParts, caller: Caller, asked: Search): Promise<SearchResult> {
  if (caller.kind === 'agent') throw new ConsentError('forbidden', 'an agent’s own key cannot search');
  if (asked.context?.['approval'] !== undefined)
    throw new ConsentError('invalid_request', 'context.approval has no meaning in a search');
  const now = parts.clock();
  const agent = await actingAgent(parts.principals, caller, asked);
  const page = readPage(asked);
  const candidates = await candidatesFor(parts, caller, asked);
  const around = await surroundings(parts, caller, agent, now);
  const { policy_version, catalog_version } = parts.pdp.info;
  const id = newId(parts, 'evl');

  const found: Found[] = [];
  let index = page.after === undefined ? 0 : firstAfter(candidates, page.after);
  for (let questions = 0; index < candidates.length; index++, questions++) {
    if (found.length >= page.limit || questions >= MAX_QUESTIONS) break;
    if (questions % TURN === TURN - 1) await new Promise((next) => setImmediate(next));
    const candidate = candidates[index];
    if (candidate === undefined) break;
    const evaluation = questionFor(asked, candidate);
    const answer = parts.pdp.decide({ evaluation, ...around });
    // What the enforcement point could not do for a result, it would have to leave out itself.
    if (
      agent.status !== 'active' ||
      answer.kind !== 'permit' ||
      unsupported(evaluation, answer) !== undefined
    )
      continue;
    const numbered = `${id}-${found.length + 1}`;
    const obligations = pepObligations(numbered, agent.id, evaluation, answer, 'permitted');
    found.push({ name: candidate, obligations });
  }

  const last = candidates[index - 1];
  const rest = index < candidates.length;
  await parts.audit.appendAlone({
    type: 'search',
    evaluation_id: id,
    agent: agent.id,
    credential: credentialOf(caller),
    find: asked.find,
    ...(asked.find === 'action' ? {} : { of: asked[asked.find].type }),
    found: found.length,
    policy_version,
    catalog_version,
  });
  return {
    page: { next_token: rest ? tokenOf(asked, page.limit, last) : '', count: found.length },
    results: found.map(({ name, obligations }) => ({
      ...(asked.find === 'action' ? { name } : { type: asked[asked.find].type, id: name }),
      ...(obligations.length === 0 ? {} : { obligations }),
    })),
  };
}

interface Found {
  readonly name: string;
  readonly obligations: readonly PepObligation[];
}

/** Sorted and without repeats. An input that nobody knows has no answers, whatever policy says of anybody. */
async function candidatesFor(
  parts: AuthorityParts,
  caller: Caller,
  asked: Search,
): Promise<readonly string[]> {
  const inputs = [
    ...(asked.find === 'subject' ? [] : [asked.subject]),
    ...(asked.find === 'resource' ? [] : [asked.resource]),
  ];
  for (const { type, id } of inputs) if (!(await idsOf(parts, caller, type)).includes(id)) return [];
  return asked.find === 'action' ? parts.pdp.actions : await idsOf(parts, caller, asked[asked.find].type);
}

/** A PEP that is limited to some agents knows of no others. */
async function idsOf(parts: AuthorityParts, caller: Caller, type: string): Promise<readonly string[]> {
  const listed = parts.pdp.entities(type);
  if (type !== 'agent' && type !== 'identity') return listed;
  const limits = caller.kind === 'pep' ? caller.pep.agents : null;
  const agents = (await parts.principals.agents())
    .map(({ id }) => id)
    .filter((id) => limits?.includes(id) ?? true);
  return [...new Set([...listed, ...agents])].sort();
}

function questionFor(asked: Search, candidate: string): Evaluation {
  const { context } = asked;
  const rest = context === undefined ? {} : { context };
  switch (asked.find) {
    case 'subject':
      return {
        ...rest,
        subject: { type: asked.subject.type, id: candidate },
        action: asked.action,
        resource: asked.resource,
      };
    case 'resource':
      return {
        ...rest,
        subject: asked.subject,
        action: asked.action,
        resource: { type: asked.resource.type, id: candidate },
      };
    case 'action':
      return { ...rest, subject: asked.subject, action: { name: candidate }, resource: asked.resource };
  }
}

function firstAfter(sorted: readonly string[], last: string): number {
  const index = sorted.findIndex((each) => each > last);
  return index < 0 ? sorted.length : index;
}

interface Page {
  readonly limit: number;
  readonly after?: string;
}

// A token names a place in a list, nothing more: whoever makes one up sees what a search would have shown anyway.
function tokenOf(asked: Search, limit: number, after: string | undefined): string {
  return Buffer.from(JSON.stringify([queryHash(asked), limit, after ?? ''])).toString('base64url');
}

function readPage({ page = {}, ...query }: Search): Page {
  const limit = page.limit === undefined ? undefined : Math.min(page.limit, MAX_LIMIT);
  if (page.token === undefined || page.token === '') return { limit: limit ?? DEFAULT_LIMIT };
  const token = parseToken(page.token);
  // AuthZEN 1.0 §8.2: "PDPs SHOULD return an error when any entity or parameter has been changed".
  if (token?.query !== queryHash(query) || (limit !== undefined && limit !== token.limit)) {
    throw new ConsentError('invalid_request', 'page.token is not of this search: start it again without one');
  }
  return { limit: token.limit, after: token.after };
}

function parseToken(text: string): { query: string; limit: number; after: string } | undefined {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(token)) return undefined;
    const [query, limit, after] = token as unknown[];
    return typeof query === 'string' && isLimit(limit) && typeof after === 'string'
      ? { query, limit, after }
      : undefined;
  } catch {
    return undefined;
  }
}

function isLimit(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_LIMIT;
}

function queryHash(asked: Omit<Search, 'page'>): string {
  const { page: _page, ...query } = asked as Search;
  return canonicalHash(query as unknown as JsonObject);
}
