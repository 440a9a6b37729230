import { join } from 'node:path';
import type { JsonObject } from '@countersign/core';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readCatalog } from './catalog.ts';
import { filesOf, POLICIES, question, setOf, textsIn } from './testing.ts';

const Properties = z.record(z.string(), z.json());
const Expected = z.strictObject({
  kind: z.enum(['permit', 'step_up', 'forbid', 'indeterminate']),
  policies: z.array(z.string()),
  effects: z.array(z.string()).optional(),
  reviewed: z.boolean().optional(),
  obligations: z.record(z.string(), z.json()).optional(),
  why: z.string().optional(),
});
const Cases = z.strictObject({
  cases: z.array(
    z.strictObject({
      name: z.string(),
      ask: z.strictObject({
        action: z.string(),
        properties: Properties.optional(),
        resource: z.tuple([z.string(), z.string()]),
        resource_properties: Properties.optional(),
        context: Properties.optional(),
        overlay: z.boolean().default(false),
        status: z.enum(['active', 'suspended']).default('active'),
      }),
      expect: Expected,
      demo: Expected.partial().optional(),
    }),
  ),
});

const upstreams = [{ name: 'fs', catalog: 'filesystem' }, { name: 'other' }];
const catalog = textsIn(join(POLICIES, 'catalog'), '.yaml');
const reviewed = readCatalog(filesOf(catalog), upstreams);

describe.each([
  { pack: 'default', folder: POLICIES },
  { pack: 'demo', folder: join(POLICIES, 'demo') },
])('the $pack pack', ({ pack, folder }) => {
  const decide = setOf(textsIn(folder, '.cedar'), { catalog, upstreams });
  const files = Object.entries(textsIn(join(POLICIES, 'cases'), '.yaml'));
  const cases = files.flatMap(([file, text]) =>
    Cases.parse(parse(text)).cases.map((each) => ({ file, ...each })),
  );

  test.each(cases)('$file: $name', ({ ask, expect: common, demo }) => {
    const [type, id] = ask.resource;
    const expected = pack === 'demo' ? { ...common, ...demo } : common;
    const answer = decide(
      question(
        {
          action: { name: ask.action, properties: ask.properties ?? {} },
          resource: { type, id, properties: ask.resource_properties ?? {} },
          context: reviewedDigest(ask.context ?? {}, id),
        },
        {
          overlay: ask.overlay,
          agent: { id: 'agt_1', name: 'Scribe', owner: 'ada@example.com', status: ask.status, groups: [] },
        },
      ),
    );
    expect(answer.kind).toBe(expected.kind);
    expect(answer.policies.map((each) => each.id)).toEqual(expected.policies);
    if (expected.reviewed !== undefined) expect(answer.facts.reviewed).toBe(expected.reviewed);
    if (expected.effects !== undefined) expect(answer.facts.effects).toEqual(expected.effects);
    if (expected.obligations !== undefined)
      expect(answer).toMatchObject({ obligations: expected.obligations });
    if (expected.why !== undefined) expect(answer).toMatchObject({ why: expected.why });
    for (const policy of answer.policies) expect(policy.reason, policy.id).toBeDefined();
  });
});

test('the demo pack differs from the default pack in the assurance of a write alone', () => {
  const relaxed = code(POLICIES).map(([name, text]) => [
    name,
    name === 'writes.cedar' ? text.replace('@assurance("passkey")', '@assurance("key")') : text,
  ]);
  expect(code(join(POLICIES, 'demo'))).toEqual(relaxed);
});

function reviewedDigest(context: JsonObject, toolId: string): JsonObject {
  if (context['tool_digest'] !== '$reviewed') return context;
  const known = reviewed.get(toolId) ?? reviewed.get(toolId.replace('other/', 'fs/'));
  return { ...context, tool_digest: known?.definition ?? 'none' };
}

function code(folder: string): [string, string][] {
  const files = Object.entries(textsIn(folder, '.cedar'));
  return files.map(([name, text]) => [name, text.replaceAll(/^\/\/.*\n/gm, '').trim()]);
}
