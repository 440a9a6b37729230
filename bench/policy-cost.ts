import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSet } from '../packages/server/src/pdp/load.ts';
import { decide } from '../packages/server/src/pdp/decide.ts';
import { authorize, keepPolicies } from '../packages/server/src/pdp/cedar.ts';
import { cedarQuestion, placedScope } from '../packages/server/src/pdp/entities.ts';
import { factsOf } from '../packages/server/src/pdp/facts.ts';
import { openPdp } from '../packages/server/src/pdp/open.ts';
import { lookedAt } from '../packages/server/src/pdp/looked-at.ts';
import type { PolicyQuestion } from '../packages/server/src/pdp/port.ts';
import { readPolicySet } from '../packages/server/src/pdp/policy-set.ts';

/** Microseconds of one decision. */
export interface PolicyCost {
  /** One call of cedar-wasm on the whole set, parsed before. */
  readonly raw: Cost;
  /** Of the very question that was put before. */
  readonly again: Cost;
  /** Of a question that is new in a value that policies test, as calls come: another file of the same folder. */
  readonly other: Cost;
  /** New in a way that makes a difference to policies: Cedar is asked. */
  readonly first: Cost;
  /** By somebody who has not asked lately, where there are more than are remembered: his policies are put together. */
  readonly cold: Cost;
}

interface Cost {
  readonly p50: number;
  readonly p99: number;
}

const UPSTREAMS = 50;
const RULES_FOR_ALL = 8;

/**
 * A set as sites grow it: some rules for everybody, and beside them rules of one agent or team for one upstream or
 * tool, each with a condition.
 */
export function policiesOf(count: number): string {
  const rules = [
    '@id("reads") permit (principal, action == Action::"tools/call", resource is tool) when { resource.effects == ["read"] };',
    '@id("writes") @step_up("ops") permit (principal, action == Action::"tools/call", resource is tool) when { resource.effects.contains("update") };',
    '@id("suspended") forbid (principal, action, resource) unless { context.agent.status == "active" };',
    '@id("lists") permit (principal, action == Action::"tools/list", resource is mcp_server);',
    '@id("tainted") forbid (principal, action == Action::"tools/call", resource is tool) when { resource.outward && context.session.labels.contains("secret") };',
    '@id("resources") permit (principal, action == Action::"resources/read", resource is resource);',
    '@id("system") forbid (principal, action == Action::"tools/call", resource is tool) when { context.request has arguments && context.request.arguments has path && context.request.arguments.path like "/etc/*" };',
    '@id("spend") @step_up("finance") permit (principal, action, resource is tool) when { resource.effects.contains("spend") };',
  ];
  for (let i = RULES_FOR_ALL; i < count; i++) {
    const agent = Math.floor(i / 4);
    const upstream = `up-${i % UPSTREAMS}`;
    const head = [
      `principal == identity::"agt_${agent}", action == Action::"tools/call", resource in mcp_server::"${upstream}"`,
      `principal == identity::"agt_${agent}", action == Action::"tools/call", resource == tool::"${upstream}/tool-${i}"`,
      `principal in team::"team-${agent}", action == Action::"tools/call", resource in mcp_server::"${upstream}"`,
      `principal, action == Action::"tools/call", resource == tool::"${upstream}/tool-${i}"`,
    ][i % 4];
    rules.push(
      `@id("p${i}") permit (${head}) when { context.request has arguments && context.request.arguments has path && context.request.arguments.path like "/work/${i}/*" };`,
    );
  }
  return rules.slice(0, count).join('\n');
}

function questionFor(
  n: number,
  count: number,
  file = 'notes.txt',
  labels: readonly string[] = [],
): PolicyQuestion {
  const agent = n % Math.max(1, Math.floor(count / 4));
  const id = `agt_${agent}`;
  return {
    evaluation: {
      subject: { type: 'identity', id },
      action: { name: 'tools/call' },
      resource: { type: 'tool', id: `up-${(agent * 4) % UPSTREAMS}/tool-${agent * 4 + 1}` },
      context: { agent: id, arguments: { path: `/work/${agent * 4}/${file}` } },
    },
    overlay: false,
    agent: { id, name: id, owner: 'owner@example.com', status: 'active', groups: [] },
    session: { labels },
  };
}

function costOf(calls: number, call: (n: number) => unknown): Cost {
  const times: number[] = [];
  for (let n = 0; n < calls; n++) {
    const start = process.hrtime.bigint();
    call(n);
    times.push(Number(process.hrtime.bigint() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor((times.length - 1) * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** The cost of one decision of a set of `count` policies, beside the evaluator alone on the whole set. */
export function measurePolicies(count: number): PolicyCost {
  const text = policiesOf(count);
  const source = { name: 'bench.cedar', bytes: new TextEncoder().encode(text) };
  const { deciding } = loadSet(
    { policies: [source], catalog: [] },
    { outsideBoundary: 'forbid', upstreams: [] },
  );
  // As many callers at a time as a busy site has; of them all, only so many as there are.
  const lively = 500;
  const ours = (n: number): unknown => decide(deciding, questionFor(n % lively, count));
  costOf(2 * lively, ours);

  const loaded = readPolicySet([source]);
  keepPolicies('bench', Object.fromEntries(loaded.map(({ meaning, text: each }) => [meaning.id, each])));
  const seen = lookedAt(loaded.map(({ tree }) => tree));
  const raw = (n: number): unknown => {
    const question = questionFor(n % lively, count);
    const scope = placedScope(question.evaluation, deciding.known);
    const facts = factsOf(question.evaluation, deciding.catalog);
    return authorize('bench', cedarQuestion(question, scope, facts, seen, deciding.known));
  };
  const cost = {
    raw: costOf(count > 1000 ? 60 : 300, raw),
    again: costOf(4000, ours),
    other: costOf(4000, (n) => decide(deciding, questionFor(n % lively, count, `${n}.txt`))),
    // One policy for all asks what the session has seen.
    first: costOf(4000, (n) => decide(deciding, questionFor(n % lively, count, `${n}.txt`, [`label-${n}`]))),
    // Every agent in turn: more than are remembered.
    cold: costOf(2000, (n) => decide(deciding, questionFor(n * 7, count, `${n}.md`))),
  };
  deciding.slices.drop();
  return cost;
}

export interface ReloadCost {
  /** From the change to the new set's first answer, in milliseconds. */
  readonly whole: number;
  /** The longest that nothing else had its turn in the meantime. */
  readonly pause: number;
}

/** Reloads a set of `count` policies, and looks how long a turn of the event loop took meanwhile. */
export async function measureReload(count: number): Promise<ReloadCost> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-reload-'));
  const write = (text: string): void => writeFileSync(join(folder, 'a.cedar'), text);
  write(policiesOf(10));
  const { pdp, reload, close } = await openPdp({
    policiesDir: folder,
    catalogDir: folder,
    outsideBoundary: 'forbid',
    upstreams: [],
    onReload: () => undefined,
    onRefused: (error) => {
      throw error;
    },
  });
  try {
    write(policiesOf(count));
    const start = performance.now();
    const state = { done: false };
    const reloading = reload().finally(() => (state.done = true));
    let last = start;
    let pause = 0;
    while (!state.done) {
      pdp.decide(questionFor(1, 10));
      await new Promise((turn) => setImmediate(turn));
      const now = performance.now();
      pause = Math.max(pause, now - last);
      last = now;
    }
    await reloading;
    return { whole: performance.now() - start, pause };
  } finally {
    await close();
    rmSync(folder, { recursive: true });
  }
}
