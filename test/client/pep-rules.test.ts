import { describe, expect, it } from 'vitest';
import type { Evaluation, Submission, Task } from '@countersign/core';
import { against, json, type Misbehave } from './misbehaving.ts';

// ARAP §"PEP Processing Rules", and what §"Task Status Endpoint" and §"Completion Semantics" ask of a PEP: what of it a
// client can keep by itself. What it does with a decision is whoever's who asked; the gateway is shown in
// packages/server/src/gateway/enforce.test.ts.
const QUESTION: Evaluation = {
  subject: { type: 'identity', id: 'a', properties: { act: { sub: 'b', iss: 'x' } } },
  action: { name: 'tools/call' },
  resource: { type: 'tool', id: 'x/y' },
  context: { more: 1 },
};
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const denial = (endpoint?: string): Submission['denial'] => ({
  evaluation_id: 'evl_1',
  expires_at: '2026-11-24T12:10:00Z',
  binding_token: 'a.b.c',
  ...(endpoint === undefined ? {} : { endpoint }),
});
const pending = (more: object = {}) => ({
  task: { id: 'arq_1', status: 'pending', expires_at: inMs(60_000), ...more },
});
const metadataOf = (origin: string, endpoint: string) => ({
  policy_decision_point: origin,
  access_request_endpoint: endpoint,
});
const filing =
  (endpoint: string | undefined, more: object = {}) =>
  async (port: { request(submission: Submission): Promise<Task> }) =>
    await port.request({ ...QUESTION, denial: denial(endpoint), ...more });

describe('"MUST use the `endpoint` from the denial context when present"', () => {
  it('of the authority’s own origin', async () => {
    const { outcome, arrived } = await against(
      (response) => json(response, 202, pending()),
      async (port, url) => await filing(`${url}/elsewhere/requests`)(port),
    );
    expect(outcome).toMatchObject({ status: 'pending' });
    expect(arrived.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /elsewhere/requests']);
  });

  it('"otherwise it MUST use the `access_request_endpoint` from PDP metadata"', async () => {
    const serve: Misbehave = (response, request) => {
      const origin = `http://${request.headers.host ?? ''}`;
      if (request.method === 'GET') json(response, 200, metadataOf(origin, `${origin}/from/metadata`));
      else json(response, 202, pending());
    };
    const { arrived } = await against(serve, filing(undefined));
    expect(arrived.map(({ path }) => path)).toEqual(['/.well-known/authzen-configuration', '/from/metadata']);
  });

  it.each<[string, (origin: string) => object]>([
    ['that nobody advertises', (origin) => metadataOf(origin, `${origin}/access/v1/requests`)],
    [
      'that another authority advertises',
      () => metadataOf('https://other.example', 'https://other.example/r'),
    ],
    ['where there are no metadata', () => ({})],
  ])('"MUST NOT submit credentials to a host that is not trusted": one %s', async (_what, metadata) => {
    const { outcome, arrived } = await against(
      (response, request) => json(response, 200, metadata(`http://${request.headers.host ?? ''}`)),
      filing('https://other.example/r'),
    );
    expect(outcome).toMatchObject({ code: 'unavailable' });
    expect(arrived.filter(({ method }) => method === 'POST')).toEqual([]);
  });
});

describe('a submission', () => {
  const sent = async (more: object = {}) => {
    const { arrived, outcome } = await against(
      (response) => json(response, 202, pending()),
      async (port, url) => await filing(`${url}/r`, more)(port),
    );
    return { body: arrived[0]?.body, key: arrived[0]?.key, outcome };
  };

  it('"MUST preserve … the Resource, Action, and relevant Context", and the denial as it was', async () => {
    const { body } = await sent({ business_justification: 'because' });
    expect(body).toEqual({
      ...QUESTION,
      context: { ...QUESTION.context, business_justification: 'because' },
      denial: denial(),
    });
  });

  it('"the actor identity itself MUST NOT be dropped"', async () => {
    expect((await sent({ actor: { id: 'agt_1' } })).body).toMatchObject({
      subject: QUESTION.subject,
      client: { actor: { id: 'agt_1' } },
    });
  });

  it('"MUST include `denial.expires_at`": without one there is nothing to file', async () => {
    const { body, outcome } = await sent({ denial: { evaluation_id: 'evl_1' } });
    expect(outcome).toMatchObject({ code: 'not_requestable' });
    expect(body).toBeUndefined();
  });

  it('"SHOULD include an idempotency key"', async () => {
    expect((await sent()).key).toMatch(/^[\w-]{36}$/);
  });
});

describe('a task', () => {
  const read = async (body: object) =>
    (
      await against(
        (response) => json(response, 200, body),
        (port) => port.wait('arq_1', { timeoutMs: 0 }),
      )
    ).outcome;
  const approval = { id: 'apr_1', approved_until: '2026-11-24T13:00:00Z', state: { any: ['json'] } };
  const approved = { ...pending().task, status: 'approved' };

  it.each(['approved_with_remarks', 'partial', '', 1, null])(
    '"MUST treat unknown task status values as not approved": %j',
    async (status) => {
      const task = await read({ task: { ...approved, status }, result: { mode: 'reevaluate', approval } });
      expect(task).toMatchObject({ status: 'failed' });
      expect(task).not.toHaveProperty('approval');
    },
  );

  it.each([undefined, 'token', 'urn:example:mode', null])(
    '"MUST treat unknown `result.mode` values as not approved": %j',
    async (mode) => {
      expect(await read({ task: approved, result: { mode, approval } })).toMatchObject({
        code: 'unavailable',
      });
    },
  );

  it.each([{}, { id: 'apr_1' }, { approved_until: 'x' }])(
    '"MUST enforce an approved result only according to" its form: %j',
    async (incomplete) => {
      const result = { mode: 'reevaluate', approval: incomplete };
      expect(await read({ task: approved, result })).toMatchObject({ code: 'unavailable' });
    },
  );

  it.each(['denied', 'pending'])(
    '"MUST NOT treat … as approval" a result of one that is %s',
    async (status) => {
      const task = await read({ task: { ...approved, status }, result: { mode: 'reevaluate', approval } });
      expect(task).toMatchObject({ status });
      expect(task).not.toHaveProperty('approval');
    },
  );

  it('"MUST preserve the JSON value exactly", the state of an approval', async () => {
    expect(await read({ task: approved, result: { mode: 'reevaluate', approval } })).toMatchObject({
      approval,
    });
  });
});

describe('polling', () => {
  it('"MUST wait at least the indicated duration before issuing the next poll"', async () => {
    const { arrived } = await against(
      (response, _request, n) =>
        n === 1
          ? json(response, 200, pending(), { 'retry-after': '2' })
          : json(response, 200, pending({ status: 'denied' })),
      (port) => port.wait('arq_1', { timeoutMs: 10_000 }),
    );
    expect(arrived).toHaveLength(2);
    expect((arrived[1]?.after ?? 0) - (arrived[0]?.after ?? 0)).toBeGreaterThanOrEqual(1990);
  });

  it('so it does where it is told that there were too many', async () => {
    const { arrived } = await against(
      (response, _request, n) =>
        n === 1
          ? json(response, 429, { code: 'too_many_attempts' }, { 'retry-after': '1' })
          : json(response, 200, pending({ status: 'denied' })),
      (port) => port.wait('arq_1', { timeoutMs: 10_000 }),
    );
    expect((arrived[1]?.after ?? 0) - (arrived[0]?.after ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('asks no further than it may, and answers with what it knows', async () => {
    const { outcome, arrived } = await against(
      (response) => json(response, 200, pending(), { 'retry-after': '60' }),
      (port) => port.wait('arq_1', { timeoutMs: 300 }),
    );
    expect(outcome).toMatchObject({ status: 'pending' });
    expect(arrived).toHaveLength(1);
  });

  it('"MUST stop polling once `task.expires_at` is reached"', async () => {
    const { outcome, arrived } = await against(
      (response) => json(response, 200, pending({ expires_at: inMs(-60_000) })),
      (port) => port.wait('arq_1', { timeoutMs: 60_000 }),
    );
    expect(outcome).toMatchObject({ status: 'pending' });
    expect(arrived).toHaveLength(1);
  });

  it('ends when its caller goes, in the middle of a pause', async () => {
    const { outcome } = await against(
      (response) => json(response, 200, pending(), { 'retry-after': '30' }),
      (port) => port.wait('arq_1', { timeoutMs: 60_000, signal: AbortSignal.timeout(200) }),
    );
    expect(outcome).toMatchObject({ name: 'TimeoutError' });
  });
});

describe('an approval', () => {
  const asked = async (approval: object) => {
    const { arrived } = await against(
      (response) => json(response, 200, { decision: false, context: { evaluation_id: 'e', reason: 'x' } }),
      (port) => port.evaluate({ ...QUESTION, context: { more: 1, approval: approval as never } }),
    );
    return arrived[0]?.body['context'];
  };

  it('"MUST include the returned `approval` object unchanged"', async () => {
    const approval = { id: 'apr_1', approved_until: inMs(60_000), state: { a: [1, null] }, unknown: 'kept' };
    expect(await asked(approval)).toEqual({ more: 1, approval });
  });

  it('"MUST NOT use the approval for re-evaluation after this timestamp"', async () => {
    expect(await asked({ id: 'apr_1', approved_until: inMs(-60_000) })).toEqual({ more: 1 });
  });
});
