import { afterAll, beforeAll, expect, test } from 'vitest';
import * as schemas from '../../packages/server/src/http/schemas.ts';
import { addAgent, enrolFirst, vote, writeCall } from '../authority/fixture.ts';
import { openApp, type TestApp } from './app.ts';

let site: TestApp;
let ann: Awaited<ReturnType<typeof enrolFirst>>;
let bot: Awaited<ReturnType<typeof addAgent>>;

beforeAll(async () => {
  site = await openApp();
  ann = await enrolFirst(site.opened);
  bot = await addAgent(site.opened);
});
afterAll(() => site.close());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  site.send('POST', path, { key: bot.api_key, body, headers });

test('a step-up from denial to disposition', async () => {
  const question = writeCall(bot.agent, { path: 'whole' });
  const denied = await post('/access/v1/evaluation', question, { 'x-request-id': 'r-1' });
  schemas.decision.parse(denied.body);
  expect(denied.headers.get('x-request-id')).toBe('r-1');
  expect(denied.body).toMatchObject({
    decision: false,
    context: {
      reason: 'approval_required',
      access_request: { endpoint: 'http://localhost:7300/access/v1/requests' },
    },
  });
  const { evaluation_id } = denied.body['context'] as { evaluation_id: string };

  const filed = await post('/access/v1/requests', { ...question, denial: { evaluation_id } });
  expect(filed.status).toBe(202);
  const { task } = schemas.task.parse(filed.body);
  expect(filed.headers.get('location')).toBe(task.status_endpoint);
  expect(task).toMatchObject({
    status: 'pending',
    progress: { current_step: 1, total_steps: 1, awaiting: ['approvers'] },
    links: { cancel: `${task.status_endpoint}/cancel` },
  });

  const poll = (prefer?: string) =>
    site.send('GET', `/access/v1/requests/${task.id}`, {
      key: bot.api_key,
      ...(prefer === undefined ? {} : { headers: { prefer } }),
    });
  expect((await poll()).headers.get('retry-after')).toBe('2');
  const waiting = poll('respond-async, wait=30');
  await vote(site.opened, ann, task.id);
  const done = await waiting;
  expect(done.headers.get('preference-applied')).toBe('wait=30');
  const { result } = schemas.task.parse(done.body);
  expect(result).toMatchObject({ mode: 'reevaluate' });

  const approval = { id: result?.approval.id };
  const spend = { ...question, context: { ...question.context, approval } };
  const key = { 'idempotency-key': 'spend-1' };
  const claimed = await post('/access/v1/evaluation', spend, key);
  expect(claimed.body).toMatchObject({ decision: true });
  const claim = (claimed.body['context'] as { approval: { claim_id: string } }).approval.claim_id;
  // A lost answer, asked for again: the same claim, and no second use.
  const again = await post('/access/v1/evaluation', spend, key);
  expect((again.body['context'] as { approval: { claim_id: string } }).approval.claim_id).toBe(claim);
  expect((await post('/access/v1/evaluation', spend)).body).toMatchObject({
    decision: false,
    context: { reason: 'approval_consumed' },
  });

  schemas.lease.parse((await post(`/access/v1/claims/${claim}/renew`, {})).body);
  const reported = await post(`/access/v1/claims/${claim}`, { disposition: 'approved-executed' });
  expect(reported.status).toBe(200);
  // The same report again is the same; another one is a conflict.
  expect((await post(`/access/v1/claims/${claim}`, { disposition: 'approved-executed' })).status).toBe(200);
  expect((await post(`/access/v1/claims/${claim}`, { disposition: 'execution-error' })).status).toBe(409);
});

test('whose key it is', async () => {
  const answer = await site.send('GET', '/access/v1/credential', { key: bot.api_key });
  expect(schemas.credential.parse(answer.body)).toEqual({
    kind: 'agent',
    id: bot.agent.id,
    name: 'bot',
    authority: site.opened.authority.id,
  });
});

test('metadata and probes', async () => {
  expect((await site.send('GET', '/.well-known/authzen-configuration')).body).toEqual({
    policy_decision_point: 'http://localhost:7300',
    access_evaluation_endpoint: 'http://localhost:7300/access/v1/evaluation',
    access_evaluations_endpoint: 'http://localhost:7300/access/v1/evaluations',
    search_subject_endpoint: 'http://localhost:7300/access/v1/search/subject',
    search_resource_endpoint: 'http://localhost:7300/access/v1/search/resource',
    search_action_endpoint: 'http://localhost:7300/access/v1/search/action',
    access_request_endpoint: 'http://localhost:7300/access/v1/requests',
    jwks_uri: 'http://localhost:7300/.well-known/jwks.json',
    supported_obligations: ['step-up', 'notification'],
    capabilities: ['urn:openid:authzen:capability:access-request'],
  });
  expect((await site.send('GET', '/healthz')).status).toBe(200);
  expect((await site.send('GET', '/readyz')).status).toBe(200);
});

test('the OpenAPI document names exactly the routes that are served to agents and PEPs', async () => {
  const { body } = await site.send('GET', '/openapi.json');
  const described = Object.entries(body['paths'] as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const served = site.app.routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/access/'))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  expect(described.toSorted()).toEqual([...new Set(served)].toSorted());
});
