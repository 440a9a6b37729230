import { createLocalJWKSet, decodeJwt, generateKeyPair, jwtVerify, SignJWT, type JSONWebKeySet } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Evaluation, JsonObject } from '@countersign/core';
import { addAgent, enrolFirst, vote, writeCall } from '../authority/fixture.ts';
import { openApp, type TestApp } from '../http/app.ts';

// The requirements of ARAP's three lists of processing rules, as the wire shows them. What is a PEP's to do is shown
// of our gateway in packages/server/src/gateway/enforce.test.ts and test/e2e, and of our client in
// test/client/pep-rules.test.ts. There are no catalogs here, and so nothing of what ARAP asks of them.
const URN = 'urn:openid:authzen:access-request:error:';

let site: TestApp;
let ann: Awaited<ReturnType<typeof enrolFirst>>;
let bot: Awaited<ReturnType<typeof addAgent>>;

beforeEach(async () => {
  site = await openApp();
  ann = await enrolFirst(site.opened);
  bot = await addAgent(site.opened);
});
afterEach(() => site.close());

type Wire = Record<string, never> & { readonly [member: string]: unknown };
/** An approval as it stands in a result. */
type Granted = JsonObject & { readonly id: string; readonly state: string };
interface Denied {
  readonly evaluation_id: string;
  readonly access_request: {
    readonly endpoint: string;
    readonly expires_at: string;
    readonly binding_token: string;
  };
  readonly reason: string;
  readonly next_action?: string;
}

const post = (path: string, body?: unknown, headers: Record<string, string> = {}, key = bot.api_key) =>
  site.send('POST', path, { key, ...(body === undefined ? {} : { body }), headers });
const question = (path = 'a.txt'): Evaluation => writeCall(bot.agent, { path, content: 'x' });

async function evaluate(
  asked: Evaluation = question(),
): Promise<{ decision: boolean; context: Denied & Wire }> {
  return (await post('/access/v1/evaluation', asked)).body as never;
}
async function deny(asked: Evaluation = question()): Promise<Denied & Wire> {
  const { decision, context } = await evaluate(asked);
  expect(decision).toBe(false);
  return context;
}
const submit = (asked: Evaluation, denial: object, more: object = {}, headers: Record<string, string> = {}) =>
  post('/access/v1/requests', { ...asked, denial, ...more }, headers);
const byId = ({ evaluation_id, access_request: { expires_at } }: Denied) => ({ evaluation_id, expires_at });
const byToken = ({ access_request: { binding_token, expires_at } }: Denied) => ({
  binding_token,
  expires_at,
});

async function expectProblem(
  answer: Awaited<ReturnType<typeof post>>,
  status: number,
  code: string,
): Promise<void> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ type: `${URN}${code}`, status });
  expect(answer.status).toBe(status);
}
async function keys(): Promise<ReturnType<typeof createLocalJWKSet>> {
  const metadata = (await site.send('GET', '/.well-known/authzen-configuration')).body;
  const { pathname } = new URL(String(metadata['jwks_uri']));
  return createLocalJWKSet((await site.send('GET', pathname)).body as unknown as JSONWebKeySet);
}
async function approve(asked: Evaluation = question()): Promise<Granted> {
  const filed = await submit(asked, byId(await deny(asked)));
  const { id } = filed.body['task'] as { id: string };
  await vote(site.opened, ann, id);
  const { result } = (await site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key }))
    .body as never as {
    result: { approval: Granted };
  };
  return result.approval;
}
const again = (asked: Evaluation, approval: JsonObject): Evaluation => ({
  ...asked,
  context: { ...asked.context, approval },
});

describe('PDP Processing Rules', () => {
  it('"MUST NOT include `context.access_request` unless an Access Request Endpoint is available"', async () => {
    const { access_request } = await deny();
    const metadata = (await site.send('GET', '/.well-known/authzen-configuration')).body;
    expect(metadata['access_request_endpoint']).toBe(access_request.endpoint);
    site.opened.pdp.kind = 'forbid';
    expect(await deny()).not.toHaveProperty('access_request');
  });

  it('"MUST include `request_schema_url` when including `request_catalogs_url`": it includes the one alone', async () => {
    const { access_request } = await deny();
    expect(access_request).toHaveProperty('request_schema_url');
    expect(access_request).not.toHaveProperty('request_catalogs_url');
  });

  it('"MUST include an expiration time", absolute', async () => {
    const { access_request } = await deny();
    expect(access_request.expires_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('"MUST provide verifiable denial-binding material", "MUST integrity-protect it": a JWS that the key at jwks_uri verifies, and an identifier', async () => {
    const { evaluation_id, access_request } = await deny();
    const { payload, protectedHeader } = await jwtVerify(access_request.binding_token, await keys(), {
      issuer: 'http://localhost:7300',
      audience: 'http://localhost:7300',
      typ: 'arap-binding+jwt',
      currentDate: new Date(site.opened.time.now),
    });
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.stringMatching(/.{20}/) });
    const { subject, action, resource, context } = question();
    expect(payload).toMatchObject({
      jti: evaluation_id,
      evaluation_id,
      denial_expires_at: access_request.expires_at,
      binding_context_members: Object.keys(context ?? {}),
      subject,
      action,
      resource,
      context,
    });
  });

  it('binds what is large by its hash', async () => {
    const asked = writeCall(bot.agent, { path: 'a', content: 'x'.repeat(20_000) });
    const denied = await deny(asked);
    const claims = decodeJwt(denied.access_request.binding_token);
    expect(claims).toHaveProperty('binding_hash');
    expect(claims).not.toHaveProperty('context');
    expect((await submit(asked, byToken(denied))).status).toBe(202);
  });

  it('"MUST validate approval references": the state that it signed, of this approval and this action', async () => {
    const approval = await approve();
    const other = await approve(question('b.txt'));
    const refused = async (presented: JsonObject) =>
      (await evaluate(again(question(), presented))).context.reason;
    expect(await refused({ ...approval, state: other.state })).toBe('approval_unverifiable');
    expect(await refused({ ...approval, state: `${approval.state}x` })).toBe('approval_unverifiable');
    expect(await refused({ ...approval, state: {} })).toBe('approval_unverifiable');
    expect(await refused({ ...other, state: approval.state })).toBe('out_of_scope');
    expect(await refused({ id: 'apr_unknown' })).toBe('approval_unverifiable');
    expect((await evaluate(again(question(), approval))).decision).toBe(true);
  });

  it('"MUST only consider an Approval Result applicable when … within the approval scope"', async () => {
    const approval = await approve();
    const { decision, context } = await evaluate(again(question('b.txt'), approval));
    expect({ decision, reason: context.reason }).toEqual({ decision: false, reason: 'out_of_scope' });
  });

  it('§"Completion Semantics": "MUST check current approval status … revoked"', async () => {
    const approval = await approve();
    await site.opened.authority.desk.revokeApproval(ann.approver, approval.id);
    const { decision, context } = await evaluate(again(question(), approval));
    expect({ decision, reason: context.reason, next: context.next_action }).toEqual({
      decision: false,
      reason: 'approval_revoked',
      next: 'request',
    });
  });

  it('§"Completion Semantics": "MUST verify that the approval reference … is applicable to the authenticated caller"', async () => {
    const approval = await approve();
    const eve = await addAgent(site.opened, 'eve');
    const asked = again(writeCall(eve.agent, { path: 'a.txt', content: 'x' }), approval);
    const { body } = await post('/access/v1/evaluation', asked, {}, eve.api_key);
    expect(body).toMatchObject({ decision: false, context: { reason: 'approval_unverifiable' } });
  });

  it('§"Completion Semantics": "MUST contain, or allow the PDP to determine" what the state is of', async () => {
    const approval = await approve();
    const { payload } = await jwtVerify(approval.state, await keys(), {
      issuer: 'http://localhost:7300',
      audience: 'http://localhost:7300',
      typ: 'arap-approval+jwt',
      currentDate: new Date(site.opened.time.now),
    });
    expect(payload).toMatchObject({
      approval_id: approval['id'],
      task_id: expect.stringMatching(/^arq_/),
      client_id: bot.agent.id,
      agent: bot.agent.id,
      binding_hash: expect.any(String),
      approved_at: approval['approved_at'],
      approved_until: approval['approved_until'],
    });
  });

  it('§"Completion Semantics": `retry_after` is there "when `next_action` is `retry`"', async () => {
    const { parts } = site.opened;
    const asked = question();
    const { api_key } = bot;
    await site.opened.authority.consent({ kind: 'agent', agent: bot.agent }).evaluate(asked);
    const record = parts.requests.recordDecision.bind(parts.requests);
    parts.requests.recordDecision = () => Promise.reject(new Error('disk full'));
    const { body } = await post('/access/v1/evaluation', asked, {}, api_key);
    parts.requests.recordDecision = record;
    expect(body['context']).toMatchObject({
      reason: 'log_unavailable',
      next_action: 'retry',
      retry_after: 15,
    });
  });

  it('"MUST ensure that approval does not override policy conditions that remain mandatory"', async () => {
    const approval = await approve();
    site.opened.pdp.kind = 'forbid';
    const { decision, context } = await evaluate(again(question(), approval));
    expect({ decision, reason: context.reason, next: context.next_action }).toEqual({
      decision: false,
      reason: 'policy_denied',
      next: 'none',
    });
  });

  it('"The PDP MUST also include a fresh `context.access_request`" with next_action request', async () => {
    const approval = await approve();
    expect((await evaluate(again(question(), approval))).decision).toBe(true);
    const { context } = await evaluate(again(question(), approval));
    expect(context).toMatchObject({ reason: 'approval_consumed', next_action: 'request' });
    expect((await submit(question(), byId(context))).status).toBe(202);
  });
});

describe('Access Request Service Processing Rules', () => {
  it('"MUST authenticate and authorize the PEP"', async () => {
    const denied = await deny();
    const eve = await addAgent(site.opened, 'eve');
    const body = { ...question(), denial: byId(denied) };
    expect((await site.send('POST', '/access/v1/requests', { body })).status).toBe(401);
    expect((await post('/access/v1/requests', body, {}, eve.api_key)).status).toBe(403);
  });

  it('"MUST validate that the submission is based on a requestable denial"', async () => {
    site.opened.pdp.kind = 'forbid';
    const { evaluation_id } = await deny();
    await expectProblem(await submit(question(), { evaluation_id }), 400, 'not_requestable');
  });

  it('"MUST verify its integrity": a token of ours, whole, of this kind', async () => {
    const denied = await deny();
    const { privateKey } = await generateKeyPair('ES256');
    const claims = decodeJwt(denied.access_request.binding_token);
    const forged = (typ: string) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256', typ }).sign(privateKey);
    const [head = '', body = '', signature = ''] = denied.access_request.binding_token.split('.');
    const none = `${Buffer.from('{"alg":"none","typ":"arap-binding+jwt"}').toString('base64url')}.${body}.`;
    const { state } = await approve(question('other.txt'));
    for (const binding_token of [
      await forged('arap-binding+jwt'),
      `${head}.${Buffer.from(JSON.stringify({ ...claims, resource: {} })).toString('base64url')}.${signature}`,
      none,
      state,
      'not a token',
    ])
      await expectProblem(
        await submit(question(), { ...byToken(denied), binding_token }),
        400,
        'invalid_denial_binding',
      );
    expect((await submit(question(), byToken(denied))).status).toBe(202);
  });

  it('"MUST … verify the Subject, Resource, Action, and Context match", by token and by identifier', async () => {
    const denied = await deny();
    for (const denial of [byId(denied), byToken(denied)]) {
      for (const change of [
        { resource: { type: 'tool', id: 'other' } },
        { action: { name: 'other' } },
        { context: { ...question().context, arguments: {} } },
        { context: { ...question().context, more: true } },
        { resource: { ...question().resource, properties: {} } },
      ])
        await expectProblem(
          await submit({ ...question(), ...change }, denial),
          400,
          'invalid_denial_binding',
        );
    }
  });

  it('leaves out of the comparison what ARAP does: subject.properties.act, and the plea', async () => {
    const pep = await site.opened.authority.registry.addPep({ name: 'pep', agents: [bot.agent.id] });
    const asked = {
      ...question(),
      subject: { type: 'user', id: 'u', properties: { act: { sub: 'agent' } } },
    };
    const send = (path: string, body: object) => post(path, body, {}, pep.api_key);
    const { context } = (await send('/access/v1/evaluation', asked)).body as never as { context: Denied };
    const submitted = {
      ...asked,
      subject: { type: 'user', id: 'u', properties: {} },
      context: { ...asked.context, business_justification: 'because' },
      denial: byToken(context),
    };
    expect((await send('/access/v1/requests', submitted)).status).toBe(202);
  });

  it('refuses a token of another evaluation than the one named, and another expiry than the one signed', async () => {
    const [one, two] = [await deny(), await deny(question('b.txt'))];
    await expectProblem(
      await submit(question(), { ...byToken(one), evaluation_id: two.evaluation_id }),
      400,
      'invalid_denial_binding',
    );
    const later = new Date(site.opened.time.now + 3_600_000).toISOString();
    await expectProblem(
      await submit(question(), { ...byToken(one), expires_at: later }),
      400,
      'invalid_denial_binding',
    );
    await expectProblem(await submit(question(), {}), 400, 'invalid_denial_binding');
  });

  it('"MUST reject submissions received after the verified `denial.expires_at`", whatever is echoed', async () => {
    const denied = await deny();
    site.opened.time.now += 11 * 60_000;
    const later = new Date(site.opened.time.now + 3_600_000).toISOString();
    await expectProblem(
      await submit(question(), { ...byId(denied), expires_at: later }),
      410,
      'expired_denial',
    );
    await expectProblem(await submit(question(), byToken(denied)), 410, 'expired_denial');
  });

  it('"MUST bind the task to the submitted Subject, Resource, Action, Context, denial"', async () => {
    const denied = await deny();
    const filed = await submit(question(), byId(denied));
    const { id } = filed.body['task'] as { id: string };
    const { subject, action, resource, context } = question();
    const { bound, agent } = (await site.opened.authority.desk.view(id)).question;
    expect(bound).toEqual({
      subject,
      action,
      resource,
      context: { ...context, authority: site.opened.parts.id },
    });
    expect(agent.id).toBe(bot.agent.id);
  });

  it('"MUST bind the task to the submitted … requester": a handle is nothing to another credential', async () => {
    const eve = await addAgent(site.opened, 'eve');
    const filed = await submit(question(), byId(await deny()));
    const { id } = filed.body['task'] as { id: string };
    await expectProblem(
      await site.send('GET', `/access/v1/requests/${id}`, { key: eve.api_key }),
      404,
      'unknown_task',
    );
    await expectProblem(
      await post(`/access/v1/requests/${id}/cancel`, {}, {}, eve.api_key),
      404,
      'unknown_task',
    );
  });

  it('"MUST return an opaque Task Handle", with everything that a task must have', async () => {
    const filed = await submit(question(), byId(await deny()));
    expect(filed.status).toBe(202);
    const task = filed.body['task'] as { id: string; status_endpoint: string };
    expect(task.id).toMatch(/^arq_[\w-]{22,}$/);
    expect(filed.headers.get('location')).toBe(task.status_endpoint);
    expect(task).toMatchObject({ status: 'pending', links: { cancel: expect.any(String) } });
    expect(JSON.stringify(filed.body)).not.toMatch(/ann@example|review/);
  });

  it('treats the same key and body as the same request, and another body as duplicate_request', async () => {
    const denied = await deny();
    const headers = { 'idempotency-key': 'k' };
    const [first, second] = [
      await submit(question(), byId(denied), {}, headers),
      await submit(question(), byId(denied), {}, headers),
    ];
    expect(second.body['task']).toMatchObject({ id: (first.body['task'] as { id: string }).id });
    const other = await deny(question('b.txt'));
    await expectProblem(await submit(question('b.txt'), byId(other), {}, headers), 409, 'duplicate_request');
    const wish = { requested_access: { emergency: true } };
    await expectProblem(await submit(question(), byId(denied), wish, headers), 409, 'duplicate_request');
  });

  it('nobody is asked again with a denial whose request a person denied, and a repetition finds that one', async () => {
    const denied = await deny();
    const headers = { 'idempotency-key': 'k' };
    const filed = await submit(question(), byId(denied), {}, headers);
    const { id } = filed.body['task'] as { id: string };
    await vote(site.opened, ann, id, 'deny');
    await expectProblem(await submit(question(), byId(denied)), 400, 'not_requestable');
    const { resource, action, subject, context } = question();
    const bundle = { subject, context, items: [{ resource, action, denial: byId(denied) }] };
    await expectProblem(await post('/access/v1/requests', bundle), 400, 'not_requestable');
    const repeated = await submit(question(), byId(denied), {}, headers);
    expect(repeated.status).toBe(201);
    expect(repeated.body).toMatchObject({ task: { id, status: 'denied' } });
  });

  it('§"Overbroad Approval": "MUST NOT treat the `template`, `requested_access`, or `display` fields as … policy"', async () => {
    const late = { requested_until: '2030-01-01T00:00:00Z', emergency: true };
    const filed = await submit(
      question(),
      { ...byId(await deny()), template: 'everything' },
      { requested_access: late },
    );
    const { id } = filed.body['task'] as { id: string };
    const { approval } = await vote(site.opened, ann, id);
    expect(approval?.approved_until).toBe(new Date(site.opened.time.now + 900_000).toISOString());
  });

  it('§"Forward Compatibility": "MUST ignore it and MUST NOT fail"', async () => {
    const denied = { ...byId(await deny()), 'vendor.example.com/x': 1 };
    const more = {
      client: { id: 'gw', 'vendor.example.com/y': {}, source: { session_id: 's', more: [] } },
      requested_access: { 'urn:example:z': null },
      unknown: true,
    };
    expect((await submit(question(), denied, more)).status).toBe(202);
  });

  it('§"Completed Task Response": after its time a task is task_expired', async () => {
    const filed = await submit(question(), byId(await deny()));
    const { id } = filed.body['task'] as { id: string };
    await vote(site.opened, ann, id);
    const read = () => site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key });
    const { expires_at } = (await read()).body['task'] as { expires_at: string };
    site.opened.time.now = Date.parse(expires_at) - 1;
    expect((await read()).status).toBe(200);
    site.opened.time.now = Date.parse(expires_at);
    await expectProblem(await read(), 410, 'task_expired');
  });

  it('"MUST expire Access Requests and approvals"', async () => {
    const filed = await submit(question(), byId(await deny()));
    const { id } = filed.body['task'] as { id: string };
    const approval = await approve(question('b.txt'));
    site.opened.time.now += 2 * 3_600_000;
    await site.opened.parts.requests.expireDue(site.opened.time.now);
    const { body } = await site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key });
    expect(body).toMatchObject({ task: { status: 'expired' } });
    expect(body).not.toHaveProperty('result');
    expect((await evaluate(again(question('b.txt'), approval))).context.reason).toMatch(
      /^approval_(?:expired|unverifiable)$/,
    );
  });

  it('"MUST NOT return `approved` unless the configured approval workflow has completed"', async () => {
    site.opened.pdp.obligations = {
      ...site.opened.pdp.obligations,
      groups: [{ group: 'approvers', quorum: 2 }],
    };
    const filed = await submit(question(), byId(await deny()));
    const { id } = filed.body['task'] as { id: string };
    expect((await vote(site.opened, ann, id)).status).toBe('pending');
    const { body } = await site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key });
    expect(body).toMatchObject({ task: { status: 'pending' } });
    expect(body).not.toHaveProperty('result');
  });

  it('"MUST evaluate approver eligibility": the owner does not approve the own agent', async () => {
    const own = await addAgent(site.opened, 'own', 'ann@example.com');
    const asked = writeCall(own.agent);
    const denied = (await post('/access/v1/evaluation', asked, {}, own.api_key)).body as never as {
      context: Denied;
    };
    const filed = await post(
      '/access/v1/requests',
      { ...asked, denial: byId(denied.context) },
      {},
      own.api_key,
    );
    const { id } = filed.body['task'] as { id: string };
    await expect(vote(site.opened, ann, id)).rejects.toMatchObject({ code: 'not_eligible' });
  });

  it('"MUST retain sufficient audit records to reconstruct the request, approval, denial, and completion result"', async () => {
    const denied = await deny();
    const filed = await submit(question(), byId(denied));
    const { id } = filed.body['task'] as { id: string };
    await vote(site.opened, ann, id);
    const { audit } = site.opened.parts;
    const events = (await audit.entries(0, await audit.size())).map(
      ({ leaf }) => (JSON.parse(Buffer.from(leaf).toString()) as { event: Record<string, unknown> }).event,
    );
    const { evaluation_id } = denied;
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'decision', evaluation_id, reason: 'approval_required' }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'request_filed', evaluation_id, request_id: id }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'vote', request_id: id, decision: 'approve' }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'request_ended',
        request_id: id,
        status: 'approved',
        approval: expect.any(String),
      }),
    );
  });

  it('§Delegation: "MUST verify that the authenticated caller’s credential authorizes the entire claimed chain"', async () => {
    const denied = byId(await deny());
    const claim = (actor: object) => submit(question(), denied, { client: { id: 'gw', actor } });
    expect((await claim({ id: 'agt_somebody', issuer: 'x' })).status).toBe(403);
    expect((await claim({ id: bot.agent.id, act: { sub: 'other', iss: 'x' } })).status).toBe(403);
    expect((await claim({ id: bot.agent.id, type: 'ai_agent' })).status).toBe(202);
  });

  it('§Cancellation: by POST or DELETE, with or without a body, once', async () => {
    for (const [method, body] of [
      ['POST', undefined],
      ['POST', { reason: 'r', comment: 'c' }],
      ['DELETE', undefined],
    ] as const) {
      const asked = question(`${method}${JSON.stringify(body)}`);
      const filed = await submit(asked, byId(await deny(asked)));
      const { links } = filed.body['task'] as { links: { cancel: string } };
      const { pathname } = new URL(links.cancel);
      const cancel = () =>
        site.send(method, pathname, { key: bot.api_key, ...(body === undefined ? {} : { body }) });
      expect((await cancel()).body).toMatchObject({ task: { status: 'cancelled' } });
      await expectProblem(await cancel(), 409, 'invalid_task_state');
    }
  });

  it('§Machine-Readable Forms: the schema says what a submission may add', async () => {
    const { access_request } = await deny();
    const { pathname } = new URL(String((access_request as never as Wire)['request_schema_url']));
    const { body } = await site.send('GET', pathname);
    expect(body).toMatchObject({
      type: 'object',
      properties: {
        context: { properties: { business_justification: { type: 'string', maxLength: 2000 } } },
      },
    });
  });
});

describe('§"Access Request Submission", bundles', () => {
  /** Items share a context, so that they differ in their resources here. */
  const asked = (name: string): Evaluation => ({
    ...question(),
    resource: { type: 'tool', id: `notes/${name}` },
  });
  const bundle = async (...names: string[]) => ({
    subject: question().subject,
    context: question().context,
    items: await Promise.all(
      names.map(async (name) => {
        const { resource, action } = asked(name);
        return { resource, action, denial: byId(await deny(asked(name))) };
      }),
    ),
  });
  const read = async (id: string) =>
    (await site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key })).body['task'] as BundleOnWire;
  interface BundleOnWire {
    readonly id: string;
    readonly status: string;
    readonly items: readonly {
      resource: { id: string };
      status: string;
      result?: { approval: JsonObject };
    }[];
  }
  const pending = async () => (await site.opened.authority.desk.list({ open: true })).requests;

  it('an item for each, in order, each put to people by itself and granted by itself', async () => {
    const filed = await post('/access/v1/requests', await bundle('a', 'b', 'c'));
    expect(filed.status).toBe(202);
    const task = filed.body['task'] as BundleOnWire;
    expect(task).toMatchObject({
      id: expect.stringMatching(/^bnd_[\w-]{22,}$/),
      status: 'pending',
      items: ['a', 'b', 'c'].map((name) => ({ resource: { id: `notes/${name}` }, status: 'pending' })),
    });
    const [first, second, third] = (await pending()).toSorted((x, y) => (x.resource < y.resource ? -1 : 1));
    await vote(site.opened, ann, first?.id ?? '');
    expect((await read(task.id)).status).toBe('pending');
    await vote(site.opened, ann, second?.id ?? '', 'deny');
    await vote(site.opened, ann, third?.id ?? '');
    const done = await read(task.id);
    expect(done.status).toBe('partial');
    expect(done.items.map(({ status }) => status)).toEqual(['approved', 'denied', 'approved']);
    expect(done.items.map(({ result }) => result !== undefined)).toEqual([true, false, true]);
    const approval = done.items[0]?.result?.approval ?? {};
    expect((await evaluate(asked('b'))).context.reason).toBe('recently_denied');
    expect((await evaluate(again(asked('c'), approval))).context.reason).toBe('out_of_scope');
    expect((await evaluate(again(asked('a'), approval))).decision).toBe(true);
  });

  it('"MUST be rejected" where a denial does not cover its item, and then nothing is filed', async () => {
    const body = await bundle('a', 'b');
    const swapped = {
      ...body,
      items: body.items.map((item, i) => ({ ...item, denial: body.items[1 - i]?.denial })),
    };
    await expectProblem(await post('/access/v1/requests', swapped), 400, 'invalid_denial_binding');
    const [{ denial: _, ...bare } = { denial: {} }, other] = body.items;
    await expectProblem(
      await post('/access/v1/requests', { ...body, items: [bare, other] }),
      400,
      'invalid_denial_binding',
    );
    const stale = {
      ...body,
      items: [body.items[0], { ...body.items[1], denial: { evaluation_id: 'evl_none' } }],
    };
    await expectProblem(await post('/access/v1/requests', stale), 400, 'not_requestable');
    expect(await pending()).toEqual([]);
  });

  it('is filed whole or not at all, where one is one too many', async () => {
    const names = Array.from({ length: 21 }, (_, i) => `n${i}`);
    expect((await post('/access/v1/requests', await bundle(...names))).status).toBe(429);
    expect(await pending()).toEqual([]);
  });

  it.each([
    ['resource beside items', { resource: { type: 'a', id: 'b' } }],
    ['action beside items', { action: { name: 'a' } }],
    ['no items', { items: [] }],
    ['a callback', { callback: { endpoint: 'https://pep.example/' } }],
  ])('refuses %s', async (_what, change) => {
    expect((await post('/access/v1/requests', { ...(await bundle('a')), ...change })).status).toBe(400);
  });

  it('the same key and body are the same bundle; another body is duplicate_request', async () => {
    const body = await bundle('a', 'b');
    const headers = { 'idempotency-key': 'k' };
    const id = async () =>
      ((await post('/access/v1/requests', body, headers)).body['task'] as BundleOnWire).id;
    expect(await id()).toBe(await id());
    await expectProblem(
      await post('/access/v1/requests', await bundle('c'), headers),
      409,
      'duplicate_request',
    );
  });

  it('§"Completed Task Response": it is task_expired when each of its items is', async () => {
    const { id } = (await post('/access/v1/requests', await bundle('a', 'b'))).body['task'] as BundleOnWire;
    for (const { id: each } of await pending()) {
      await vote(site.opened, ann, each, 'deny');
      site.opened.time.now += 10 * 60_000;
    }
    const { body } = await site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key });
    const { expires_at } = body['task'] as { expires_at: string };
    site.opened.time.now = Date.parse(expires_at) - 1;
    expect((await read(id)).status).toBe('denied');
    site.opened.time.now += 1;
    const answer = await site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key });
    await expectProblem(answer, 410, 'task_expired');
  });

  it('waits, and cancels what is pending', async () => {
    const { id } = (await post('/access/v1/requests', await bundle('a', 'b'))).body['task'] as BundleOnWire;
    const headers = { prefer: 'wait=30' };
    const waiting = site.send('GET', `/access/v1/requests/${id}`, { key: bot.api_key, headers });
    const [first] = await pending();
    await vote(site.opened, ann, first?.id ?? '');
    const cancelled = await post(`/access/v1/requests/${id}/cancel`);
    expect((cancelled.body['task'] as BundleOnWire).items.map(({ status }) => status).toSorted()).toEqual([
      'approved',
      'cancelled',
    ]);
    expect(((await waiting).body['task'] as BundleOnWire).status).toBe('partial');
    await expectProblem(await post(`/access/v1/requests/${id}/cancel`), 409, 'invalid_task_state');
  });

  it('is nothing to another credential', async () => {
    const eve = await addAgent(site.opened, 'eve');
    const { id } = (await post('/access/v1/requests', await bundle('a'))).body['task'] as BundleOnWire;
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/cancel'],
    ] as const)
      await expectProblem(
        await site.send(method, `/access/v1/requests/${id}${path}`, { key: eve.api_key }),
        404,
        'unknown_task',
      );
  });
});
