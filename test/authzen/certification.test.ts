import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openPdpSite, type Pdp } from './fixture.ts';

interface Case {
  readonly id: string;
  readonly status?: number;
  readonly ask: Record<string, unknown>;
}
interface Cases {
  readonly evaluation: readonly (Case & { readonly decision?: boolean })[];
  /** Null where the scenario leaves the decision open. */
  readonly evaluations: readonly (Case & {
    readonly decision?: boolean;
    readonly decisions?: readonly (boolean | null)[];
  })[];
  readonly search: readonly (Case & {
    readonly find: string;
    readonly includes?: readonly string[];
    readonly results?: readonly string[];
    readonly same_as?: string;
  })[];
}

const cases = parse(readFileSync(join(import.meta.dirname, 'certification/cases.yaml'), 'utf8')) as Cases;
const PERMITTED = cases.evaluation[0]?.ask;
const SEARCH = {
  subject: { type: 'user' },
  action: { name: 'read' },
  resource: { type: 'record', id: 'record-1' },
};

let pdp: Pdp;
beforeAll(async () => {
  pdp = await openPdpSite('certification');
});
afterAll(() => pdp.close());

describe('Basic', () => {
  it.each(cases.evaluation)('$id', async ({ ask, status = 200, decision }) => {
    const answer = await pdp.post('/access/v1/evaluation', ask);
    expect(answer.status).toBe(status);
    if (status !== 200) return;
    // c-2-3: a boolean, and a context that is an object.
    expect(answer.body).toMatchObject({ decision, context: {} });
    expect(answer.headers.get('content-type')).toContain('application/json');
  });

  it('c-2-4-3: another content type', async () => {
    const { status } = await pdp.post('/access/v1/evaluation', PERMITTED, { 'content-type': 'text/plain' });
    expect(status).toBe(400);
  });

  it.each([
    ['c-2-4-4', '{"subject":'],
    ['c-2-4-4', 'not json'],
    ['c-2-4-5', ''],
  ])('%s: body %j', async (_id, body) => {
    expect((await pdp.post('/access/v1/evaluation', body)).status).toBe(400);
  });

  it.each(['bfe9eb29-ab87-4ca3-be83-a1d5d8305716', 'with spaces, and = signs', 'x'.repeat(1000)])(
    'c-2-5-1: echoes X-Request-ID %s',
    async (id) => {
      for (const body of [PERMITTED, {}]) {
        const { headers } = await pdp.post('/access/v1/evaluation', body, { 'x-request-id': id });
        expect(headers.get('x-request-id')).toBe(id);
      }
    },
  );

  it('c-2-5-2: does without X-Request-ID', async () => {
    expect((await pdp.post('/access/v1/evaluation', PERMITTED)).status).toBe(200);
  });

  it('c-2-6: the same question has the same answer', async () => {
    for (let i = 0; i < 5; i++)
      expect((await pdp.post('/access/v1/evaluation', PERMITTED)).body['decision']).toBe(true);
  });

  it('answers without its key with 401', async () => {
    const { status } = await pdp.post('/access/v1/evaluation', PERMITTED, { authorization: 'Bearer nobody' });
    expect(status).toBe(401);
  });
});

describe('reason_admin', () => {
  it('tells a PEP that may see it why, and no other', async () => {
    const { api_key } = await pdp.authority.registry.addPep({
      name: 'curious-pep',
      agents: [pdp.agent],
      explains: true,
    });
    const ask = cases.evaluation.find(({ id }) => id === 'c-2-2-4')?.ask;
    const told = await pdp.post('/access/v1/evaluation', ask, { authorization: `Bearer ${api_key}` });
    expect(told.body['context']).toMatchObject({
      reason_admin: {
        en: expect.stringMatching(
          /^forbid by no policy; nearly: permit rule-2 \(unless .*"archived"\) \} does not hold\), permit rule-6 .*, permit rules-1-and-3 \(action is not "read"\)$/,
        ),
      },
    });
    expect((await pdp.post('/access/v1/evaluation', ask)).body['context']).not.toHaveProperty('reason_admin');
  });
});

describe('Batch', () => {
  it.each(cases.evaluations)('$id', async ({ ask, decision, decisions }) => {
    const { status, body } = await pdp.post('/access/v1/evaluations', ask);
    expect(status).toBe(200);
    if (decisions === undefined) {
      expect(body['decision']).toBe(decision);
      expect(body['evaluations']).toBeUndefined();
      return;
    }
    // c-3-3: as many, in order, each with a boolean, and no decision above them.
    const expected = decisions.map((each) =>
      expect.objectContaining({ decision: each ?? (expect.any(Boolean) as boolean) }),
    );
    expect(body['evaluations']).toEqual(expected);
    expect(body['decision']).toBeUndefined();
  });

  it('c-3-4-1: says what failed', async () => {
    const { body } = await pdp.post('/access/v1/evaluations', {
      ...PERMITTED,
      evaluations: [
        { resource: { type: 'record' } },
        {},
        { context: { __entity: {} } },
        { context: { agent: 'agt_x' } },
      ],
    });
    expect(body['evaluations']).toEqual([
      {
        decision: false,
        context: { error: { status: 400, message: expect.stringContaining('resource.id') } },
      },
      expect.objectContaining({ decision: true }),
      {
        decision: false,
        context: { error: { status: 400, message: expect.stringContaining('reserved key') } },
      },
      { decision: false, context: { error: { status: 403, message: expect.any(String) } } },
    ]);
  });

  const read = { action: { name: 'read' } };
  const write = { action: { name: 'write' } };
  it.each([
    ['deny_on_first_deny', [read, write, read], [true, false]],
    ['deny_on_first_deny', [read, {}, read], [true, false]],
    ['deny_on_first_deny', [read, read], [true, true]],
    ['permit_on_first_permit', [write, {}, read, write], [false, false, true]],
    ['permit_on_first_permit', [write, write], [false, false]],
    ['execute_all', [write, {}, read, write], [false, false, true, false]],
  ])('API 1.0 §7.1.2.1: %s', async (evaluations_semantic, evaluations, expected) => {
    const { body } = await pdp.post('/access/v1/evaluations', {
      subject: { type: 'user', id: 'bob' },
      resource: { type: 'record', id: 'record-1' },
      evaluations,
      options: { evaluations_semantic },
    });
    expect((body['evaluations'] as { decision: boolean }[]).map(({ decision }) => decision)).toEqual(
      expected,
    );
  });

  it.each([
    { evaluations: 'all' },
    { evaluations: [1] },
    { evaluations: [read], options: { evaluations_semantic: 'some' } },
    { evaluations: [read], subject: 'alice' },
    { evaluations: Array.from({ length: 1001 }, () => ({})) },
    {},
  ])('a payload that is wrong as a whole is refused: %#', async (part) => {
    expect((await pdp.post('/access/v1/evaluations', { ...part })).status).toBe(400);
  });
});

describe('Search', () => {
  const results = async (find: string, ask: unknown) => {
    const { status, headers, body } = await pdp.post(`/access/v1/search/${find}`, ask);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    return body['results'] as Record<string, string>[];
  };

  it.each(cases.search)('$id', async ({ find, ask, status = 200, includes, results: exactly, same_as }) => {
    if (status !== 200) {
      expect((await pdp.post(`/access/v1/search/${find}`, ask)).status).toBe(status);
      return;
    }
    const found = await results(find, ask);
    const type = (ask[find] as { type?: string } | undefined)?.type;
    for (const each of found)
      expect(each).toEqual(
        find === 'action' ? { name: expect.any(String) } : { type, id: expect.any(String) },
      );
    const names = found.map((each) => each['id'] ?? each['name']);
    expect(names).toEqual(expect.arrayContaining([...(includes ?? [])]));
    if (exactly !== undefined) expect(names).toEqual(exactly);
    const other = cases.search.find((each) => each.id === same_as);
    if (other !== undefined) expect(found).toEqual(await results(other.find, other.ask));
  });

  it('c-4-5: page by page, with the token alone or with the same limit', async () => {
    const first = (await pdp.post('/access/v1/search/subject', { ...SEARCH, page: { limit: 1 } })).body;
    const { next_token } = first['page'] as { next_token: string };
    expect(first['results']).toEqual([{ type: 'user', id: 'alice' }]);
    expect(next_token).not.toBe('');
    for (const page of [{ token: next_token }, { token: next_token, limit: 1 }]) {
      const second = (await pdp.post('/access/v1/search/subject', { ...SEARCH, page })).body;
      expect(second).toEqual({ page: { next_token: '', count: 1 }, results: [{ type: 'user', id: 'bob' }] });
    }
  });

  it.each([
    ['another limit', { page: { limit: 2 } }],
    ['another action', { action: { name: 'write' } }],
    ['another context', { context: { ip: '1.1.1.1' } }],
    ['no token of ours', { page: { token: 'bm90IG91cnM' } }],
  ])('API 1.0 §8.2: %s is refused in the middle', async (_what, change) => {
    const first = (await pdp.post('/access/v1/search/subject', { ...SEARCH, page: { limit: 1 } })).body;
    const { next_token } = first['page'] as { next_token: string };
    const page = { token: next_token, ...('page' in change ? change.page : {}) };
    const { status } = await pdp.post('/access/v1/search/subject', { ...SEARCH, ...change, page });
    expect(status).toBe(400);
  });

  it('is refused to an agent’s own key', async () => {
    const { api_key } = await pdp.authority.registry.addAgent({
      name: 'curious',
      owner_email: 'o@example.com',
    });
    const own = { authorization: `Bearer ${api_key}` };
    expect((await pdp.post('/access/v1/search/subject', SEARCH, own)).status).toBe(403);
  });

  it('finds the agents that the authority knows, of those that the PEP may speak for', async () => {
    const { agent } = await pdp.authority.registry.addAgent({
      name: 'another',
      owner_email: 'o@example.com',
    });
    const ask = {
      ...SEARCH,
      subject: { type: 'identity' },
      action: { name: 'be' },
      context: { agent: pdp.agent },
    };
    const ids = async (key: string) => {
      const { body } = await pdp.post('/access/v1/search/subject', ask, { authorization: `Bearer ${key}` });
      return (body['results'] as { id: string }[]).map(({ id }) => id);
    };
    const wide = await pdp.authority.registry.addPep({ name: 'wide', agents: null });
    expect(await ids(pdp.key)).toEqual([pdp.agent]);
    expect(await ids(wide.api_key)).toEqual(expect.arrayContaining([pdp.agent, agent.id]));
  });
});

describe('Discovery', () => {
  it('c-6: tells where everything is, under its own name', async () => {
    const response = await fetch(`${pdp.url}/.well-known/authzen-configuration`);
    const metadata = (await response.json()) as Record<string, unknown>;
    const base = pdp.url.replace('127.0.0.1', 'localhost');
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(metadata).toMatchObject({
      policy_decision_point: base,
      access_evaluation_endpoint: `${base}/access/v1/evaluation`,
      access_evaluations_endpoint: `${base}/access/v1/evaluations`,
      search_subject_endpoint: `${base}/access/v1/search/subject`,
      search_resource_endpoint: `${base}/access/v1/search/resource`,
      search_action_endpoint: `${base}/access/v1/search/action`,
      capabilities: expect.arrayContaining([expect.stringMatching(/^urn:/)]),
    });
  });
});
