import { readFileSync } from 'node:fs';
import { get } from 'node:http';
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
    // c-2-3-1: a boolean; c-2-3-2: a context is an object; c-5 rule 2.
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
    // c-3-3-1: as many; c-3-3-2: in order; c-3-3-3: each with a boolean; c-3-3-4: no decision above them.
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

  it('c-4-5-1, c-4-5-2, c-4-5-3: page by page, with the token alone or with the same limit', async () => {
    const { status, body: first } = await pdp.post('/access/v1/search/subject', {
      ...SEARCH,
      page: { limit: 1 },
    });
    expect(status).toBe(200);
    const { next_token } = first['page'] as { next_token: string };
    expect(first['results']).toEqual([{ type: 'user', id: 'alice' }]);
    expect(next_token).not.toBe('');
    for (const page of [{ token: next_token }, { token: next_token, limit: 1 }]) {
      const { status: again, body: second } = await pdp.post('/access/v1/search/subject', {
        ...SEARCH,
        page,
      });
      expect(again).toBe(200);
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

/** "apply to all certification sub-levels": c-2-3 to c-2-6, and c-5. */
describe.each<[string, string, object]>([
  ['Basic', '/access/v1/evaluation', PERMITTED ?? {}],
  ['Batch', '/access/v1/evaluations', { ...PERMITTED, evaluations: [{}] }],
  ['Subject Search', '/access/v1/search/subject', SEARCH],
  ['Resource Search', '/access/v1/search/resource', { ...SEARCH, subject: { type: 'user', id: 'alice' } }],
  ['Action Search', '/access/v1/search/action', { ...SEARCH, subject: { type: 'user', id: 'alice' } }],
])('c-5, of %s', (_level, path, ask) => {
  it('rules 1 and 2: takes and answers application/json', async () => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON']) {
      const { status, headers } = await pdp.post(path, ask, { 'content-type': type });
      expect(status).toBe(200);
      expect(headers.get('content-type')).toContain('application/json');
    }
  });

  it('rule 3, c-2-4: what is wrong as a whole is 400', async () => {
    for (const body of ['{"subject":', 'not json', '', '[]', '"a"', 'null', '{}'])
      expect((await pdp.post(path, body)).status, body).toBe(400);
    expect((await pdp.post(path, ask, { 'content-type': 'text/plain' })).status).toBe(400);
    for (const change of [{ subject: 'alice' }, { action: { name: 123 } }, { context: 'c' }])
      // An action search has no action.
      if (!(path.endsWith('/action') && 'action' in change))
        expect((await pdp.post(path, { ...ask, ...change })).status, JSON.stringify(change)).toBe(400);
  });

  it('rule 4, c-2-5: echoes X-Request-ID, whatever it answers, and does without', async () => {
    for (const [body, status, authorization] of [
      [ask, 200, undefined],
      [{}, 400, undefined],
      [ask, 401, 'Bearer nobody'],
    ] as const) {
      const headers = { 'x-request-id': 'r 1', ...(authorization === undefined ? {} : { authorization }) };
      const answer = await pdp.post(path, body, headers);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('x-request-id')).toBe('r 1');
    }
    expect((await pdp.post(path, ask)).headers.get('x-request-id')).toBeNull();
  });

  it('rule 5, c-2-2-9: ignores unknown members, wherever they stand', async () => {
    const known = (await pdp.post(path, ask)).body;
    const odd = Object.fromEntries(
      Object.entries(ask).map(([name, value]: [string, unknown]) => [
        name,
        Array.isArray(value) ? value : { ...(value as object), odd: [1] },
      ]),
    );
    const { status, body } = await pdp.post(path, { ...odd, foo: 'bar', futureField: { nested: true } });
    expect(status).toBe(200);
    expect(withoutIds(body)).toEqual(withoutIds(known));
  });

  it('c-2-6: the same again is answered the same', async () => {
    const [first, second] = [await pdp.post(path, ask), await pdp.post(path, ask)];
    expect(withoutIds(second.body)).toEqual(withoutIds(first.body));
  });
});

/** What of an answer is not another each time. */
function withoutIds(body: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(body).replaceAll(/"evaluat(?:ion_id|ed_at)":"[^"]*",?/g, ''));
}

describe('Discovery', () => {
  it('c-6-1 to c-6-5: tells where everything is, under its own name', async () => {
    const response = await fetch(`${pdp.url}/.well-known/authzen-configuration`);
    expect(response.status).toBe(200);
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

  it('c-6-3, c-6-5: every address is https where the authority is', async () => {
    const remote = await openPdpSite('certification', { public_url: 'https://consent.example' });
    const { port } = new URL(remote.url);
    const metadata = await metadataAs('consent.example', Number(port));
    await remote.close();
    expect(metadata).toMatchObject({ policy_decision_point: 'https://consent.example' });
    const addresses = Object.entries(metadata).filter(([name]) => /_endpoint$|_uri$/.test(name));
    expect(addresses.map(([name]) => name)).toEqual(
      expect.arrayContaining(['access_evaluation_endpoint', 'access_request_endpoint', 'jwks_uri']),
    );
    for (const [, address] of addresses) expect(address).toMatch(/^https:\/\/consent\.example\/[^?#]*$/);
  });

  it('c-6-6: everything is at its default path', async () => {
    const metadata = (await (await fetch(`${pdp.url}/.well-known/authzen-configuration`)).json()) as Record<
      string,
      string
    >;
    expect(
      ['access_evaluation', 'access_evaluations', 'search_subject', 'search_resource', 'search_action'].map(
        (name) => new URL(metadata[`${name}_endpoint`] ?? '').pathname,
      ),
    ).toEqual([
      '/access/v1/evaluation',
      '/access/v1/evaluations',
      '/access/v1/search/subject',
      '/access/v1/search/resource',
      '/access/v1/search/action',
    ]);
  });
});

/** As a proxy that ends TLS asks: fetch would not send another Host. */
async function metadataAs(host: string, port: number): Promise<Record<string, unknown>> {
  const path = '/.well-known/authzen-configuration';
  return await new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(JSON.parse(text) as Record<string, unknown>));
    }).on('error', reject);
  });
}
