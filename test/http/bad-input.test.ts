import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAgent, approved, enrolFirst, park, vote, writeCall } from '../authority/fixture.ts';
import { openApp, type Answer, type Sent, type TestApp } from './app.ts';

let site: TestApp;
let ann: Awaited<ReturnType<typeof enrolFirst>>;
let bot: Awaited<ReturnType<typeof addAgent>>;
let eve: Awaited<ReturnType<typeof addAgent>>;
let pepKey: string;

beforeAll(async () => {
  site = await openApp();
  ann = await enrolFirst(site.opened);
  bot = await addAgent(site.opened);
  eve = await addAgent(site.opened, 'eve', 'other@example.com');
  pepKey = (await site.opened.authority.registry.addPep({ name: 'pep', agents: ['bot'] })).api_key;
});
afterAll(() => site.close());

const question = (args: Record<string, unknown> = { path: 'a', content: 'x' }) =>
  writeCall(bot.agent, args as never) as unknown as Record<string, Record<string, unknown>>;
const evaluate = (sent: Sent) => site.send('POST', '/access/v1/evaluation', { key: bot.api_key, ...sent });
const file = (body: unknown, sent: Sent = {}) =>
  site.send('POST', '/access/v1/requests', { key: bot.api_key, body, ...sent });

/** A problem document with that code, and nothing of our insides. */
function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at \w+ \(/);
  expect(answer, answer.text).toMatchObject({ status, body: { status, code } });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(String(answer.body['type'])).toMatch(new RegExp(`:${code}$`));
}

async function denialId(): Promise<string> {
  const { body } = await evaluate({ body: question() });
  return String((body['context'] as Record<string, unknown>)['evaluation_id']);
}

describe('bodies that are no question', () => {
  const valid = () => JSON.stringify(question());
  test.each<[string, () => Sent, number, string]>([
    ['nothing', () => ({ raw: '' }), 400, 'invalid_json'],
    ['half of it', () => ({ raw: valid().slice(0, 40) }), 400, 'invalid_json'],
    ['something after it', () => ({ raw: `${valid()} {}` }), 400, 'invalid_json'],
    ['a comment', () => ({ raw: `/* */${valid()}` }), 400, 'invalid_json'],
    ['a byte order mark', () => ({ raw: `\ufeff${valid()}` }), 400, 'invalid_json'],
    [
      'bytes that are not UTF-8',
      () => ({ raw: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }),
      400,
      'invalid_json',
    ],
    [
      'a key twice',
      () => ({ raw: valid().replace('"path":"a"', '"path":"a","path":"b"') }),
      400,
      'invalid_json',
    ],
    [
      'a key twice, once escaped',
      () => ({ raw: valid().replace('"path":"a"', '"path":"a","p\\u0061th":"b"') }),
      400,
      'invalid_json',
    ],
    ['a lone surrogate', () => ({ raw: valid().replace('"a"', '"\\ud800"') }), 400, 'invalid_json'],
    ['a number too long', () => ({ raw: valid().replace('"a"', '9007199254740993') }), 400, 'invalid_json'],
    ['a number too big', () => ({ raw: valid().replace('"a"', '1e400') }), 400, 'invalid_json'],
    ['minus zero', () => ({ raw: valid().replace('"a"', '-0') }), 400, 'invalid_json'],
    [
      'too deep',
      () => ({ raw: valid().replace('"a"', `${'['.repeat(200)}${']'.repeat(200)}`) }),
      400,
      'invalid_json',
    ],
    [
      'over one megabyte',
      () => ({ raw: valid().replace('"a"', `"${'a'.repeat(1_100_000)}"`) }),
      413,
      'too_large',
    ],
    ['an array', () => ({ body: [] }), 400, 'invalid_request'],
    ['text', () => ({ body: 'x' }), 400, 'invalid_request'],
    ['null', () => ({ body: null }), 400, 'invalid_request'],
    ['no subject', () => ({ body: { ...question(), subject: undefined } }), 400, 'invalid_request'],
    ['a subject of text', () => ({ body: { ...question(), subject: 'bot' } }), 400, 'invalid_request'],
    [
      'a subject without type',
      () => ({ body: { ...question(), subject: { id: 'x' } } }),
      400,
      'invalid_request',
    ],
    [
      'an empty id',
      () => ({ body: { ...question(), resource: { type: 'tool', id: '' } } }),
      400,
      'invalid_request',
    ],
    [
      'an action of a number',
      () => ({ body: { ...question(), action: { name: 7 } } }),
      400,
      'invalid_request',
    ],
    ['a context of text', () => ({ body: { ...question(), context: 'x' } }), 400, 'invalid_request'],
    [
      'properties of text',
      () => ({ body: { ...question(), subject: { type: 'identity', id: bot.agent.id, properties: 'x' } } }),
      400,
      'invalid_request',
    ],
    [
      'an agent of a number',
      () => ({ body: { ...question(), context: { ...question()['context'], agent: 7 } } }),
      400,
      'invalid_request',
    ],
    [
      'another content type',
      () => ({ raw: valid(), headers: { 'content-type': 'text/plain' } }),
      400,
      'unsupported_media_type',
    ],
  ])('%s', async (_name, sent, status, code) => {
    expectProblem(await evaluate(sent()), status, code);
  });

  test.each([
    [{ __entity: { type: 'agent', id: 'admin' } }],
    [{ nested: [{ __extn: { fn: 'ip', arg: '10.0.0.1' } }] }],
    [{ __expr: 'principal' }],
  ])('Cedar escapes in what a caller says: %j', async (escape) => {
    expectProblem(await evaluate({ body: question(escape) }), 400, 'reserved_key');
    const inContext = { ...question(), context: { ...question()['context'], more: escape } };
    expectProblem(await evaluate({ body: inContext }), 400, 'reserved_key');
    for (const part of ['subject', 'resource', 'action'] as const) {
      const inPart = { ...question(), [part]: { ...question()[part], properties: escape } };
      expectProblem(await evaluate({ body: inPart }), 400, 'reserved_key');
    }
    const submission = { ...question(escape), denial: { evaluation_id: await denialId() } };
    expectProblem(await file(submission), 400, 'reserved_key');
  });
});

describe('credentials', () => {
  test.each<[string, Record<string, string>]>([
    ['none', {}],
    ['no scheme', { authorization: 'cs_agent_x' }],
    ['another scheme', { authorization: 'Basic eDp5' }],
    ['a made-up key', { authorization: 'Bearer cs_agent_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['an empty key', { authorization: 'Bearer ' }],
  ])('%s: 401 on every route', async (_name, headers) => {
    for (const [method, path] of [
      ['GET', '/access/v1/credential'],
      ['POST', '/access/v1/evaluation'],
      ['POST', '/access/v1/requests'],
      ['GET', '/access/v1/requests/arq_x'],
      ['POST', '/access/v1/requests/arq_x/cancel'],
      ['POST', '/access/v1/claims/clm_x'],
      ['POST', '/access/v1/claims/clm_x/renew'],
    ] as const) {
      const answer = await site.send(method, path, { headers, ...(method === 'POST' ? { body: {} } : {}) });
      expectProblem(answer, 401, 'unauthenticated');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test('a revoked key is unknown', async () => {
    const { pep, api_key } = await site.opened.authority.registry.addPep({ name: 'gone', agents: null });
    expect((await evaluate({ key: api_key, body: question() })).status).toBe(200);
    await site.opened.authority.registry.revokePep(pep.id);
    expectProblem(await evaluate({ key: api_key, body: question() }), 401, 'unauthenticated');
  });

  test('an agent asks for itself alone, a limited pep for its agents alone', async () => {
    expectProblem(await evaluate({ key: eve.api_key, body: question() }), 403, 'forbidden');
    const own = writeCall(eve.agent);
    const asOther = { ...own, subject: { type: 'identity', id: bot.agent.id } };
    expectProblem(await evaluate({ key: eve.api_key, body: asOther }), 403, 'forbidden');
    expectProblem(await evaluate({ key: pepKey, body: own }), 403, 'forbidden');
    expect((await evaluate({ key: pepKey, body: question() })).status).toBe(200);
  });
});

describe('what belongs to another credential', () => {
  test('denials, tasks, claims and idempotency keys', async () => {
    const port = site.opened.authority.consent({ kind: 'agent', agent: bot.agent });
    const evaluation_id = await denialId();
    // Eve has the id of bot's denial.
    const stolen = { ...writeCall(eve.agent), denial: { evaluation_id } };
    expectProblem(await file(stolen, { key: eve.api_key }), 400, 'invalid_denial_binding');

    const task = await park(port, writeCall(bot.agent, { path: 'mine' }));
    expectProblem(
      await site.send('GET', `/access/v1/requests/${task}`, { key: eve.api_key }),
      404,
      'unknown_task',
    );
    expectProblem(
      await site.send('GET', `/access/v1/requests/${task}`, { key: pepKey }),
      404,
      'unknown_task',
    );
    const cancel = await site.send('POST', `/access/v1/requests/${task}/cancel`, {
      key: eve.api_key,
      body: {},
    });
    expectProblem(cancel, 404, 'unknown_task');

    const view = await vote(site.opened, ann, task);
    const approval = { id: view.approval?.id ?? '' };
    const spend = { ...question({ path: 'mine' }) };
    spend['context'] = { ...spend['context'], approval };
    // Her own question with his approval.
    const hers = writeCall(eve.agent, { path: 'mine' });
    const swapped = await evaluate({
      key: eve.api_key,
      body: { ...hers, context: { ...hers.context, approval } },
    });
    expect(swapped.body).toMatchObject({ decision: false });
    const claimed = await evaluate({ body: spend, headers: { 'idempotency-key': 'k-1' } });
    const claim = (claimed.body['context'] as { approval: { claim_id: string } }).approval.claim_id;
    for (const [path, body] of [
      [`/access/v1/claims/${claim}`, { disposition: 'approved-executed' }],
      [`/access/v1/claims/${claim}/renew`, {}],
    ] as const) {
      expectProblem(await site.send('POST', path, { key: eve.api_key, body }), 404, 'unknown_claim');
      expectProblem(await site.send('POST', path, { key: pepKey, body }), 404, 'unknown_claim');
    }
    // The same key of another credential is another key.
    const same = await evaluate({ key: pepKey, body: spend, headers: { 'idempotency-key': 'k-1' } });
    expect(same.body).toMatchObject({ decision: false });
  });

  test('an approval of another action', async () => {
    const port = site.opened.authority.consent({ kind: 'agent', agent: bot.agent });
    const id = await approved(site.opened, ann, port, writeCall(bot.agent, { path: 'one' }));
    const other = question({ path: 'two' });
    other['context'] = { ...other['context'], approval: { id } };
    expect((await evaluate({ body: other })).body).toMatchObject({
      decision: false,
      context: { reason: 'out_of_scope' },
    });
  });
});

describe('requests', () => {
  test('only of what was denied, and once', async () => {
    const evaluation_id = await denialId();
    expectProblem(
      await file({ ...question(), denial: { evaluation_id: 'evl_unknown' } }),
      400,
      'not_requestable',
    );
    expectProblem(
      await file({ ...question({ path: 'b' }), denial: { evaluation_id } }),
      400,
      'invalid_denial_binding',
    );
    expectProblem(await file({ ...question(), denial: {} }), 400, 'invalid_denial_binding');
    expectProblem(await file({ ...question(), denial: { evaluation_id: 7 } }), 400, 'invalid_request');
    const context = { ...question()['context'], business_justification: 7 };
    expectProblem(await file({ ...question(), context, denial: { evaluation_id } }), 400, 'invalid_request');
  });

  test('an idempotency key with another body, or one too long', async () => {
    const [a, b] = await Promise.all(
      ['i-1', 'i-2'].map(async (path) => {
        const { body } = await evaluate({ body: question({ path }) });
        const { evaluation_id } = body['context'] as { evaluation_id: string };
        return { ...question({ path }), denial: { evaluation_id } };
      }),
    );
    const headers = { 'idempotency-key': 'same' };
    expect((await file(a, { headers })).status).toBe(202);
    expect((await file(a, { headers })).status).toBe(202);
    expectProblem(await file(b, { headers }), 409, 'duplicate_request');
    expectProblem(await file(b, { headers: { 'idempotency-key': 'x'.repeat(256) } }), 400, 'invalid_request');
  });

  test('a disposition of our own words alone; an ended task is not cancelled', async () => {
    const port = site.opened.authority.consent({ kind: 'agent', agent: bot.agent });
    const id = await park(port, writeCall(bot.agent, { path: 'ended' }));
    const cancel = () =>
      site.send('POST', `/access/v1/requests/${id}/cancel`, { key: bot.api_key, body: {} });
    expect((await cancel()).status).toBe(200);
    expectProblem(await cancel(), 409, 'invalid_task_state');
    const report = (disposition: unknown) =>
      site.send('POST', '/access/v1/claims/clm_x', { key: bot.api_key, body: { disposition } });
    expectProblem(await report('done'), 400, 'invalid_request');
    expectProblem(await report(7), 400, 'invalid_request');
    expectProblem(await report('approved-executed'), 404, 'unknown_claim');
  });
});

test.each<[string, Record<string, string>, number, string]>([
  ['a foreign host', { host: 'evil.example' }, 421, 'bad_host'],
  ['a foreign host of our port', { host: 'evil.example:7300' }, 421, 'bad_host'],
  ['a foreign origin', { origin: 'https://evil.example' }, 403, 'bad_origin'],
  ['the null origin', { origin: 'null' }, 403, 'bad_origin'],
])('%s', async (_name, headers, status, code) => {
  expectProblem(await evaluate({ body: question(), headers }), status, code);
  expectProblem(await site.send('GET', '/healthz', { headers }), status, code);
});

test.each<[string, string, number]>([
  ['GET', '/nothing', 404],
  ['GET', '/access/v1/evaluation', 404],
  ['DELETE', '/access/v1/requests/arq_x', 404],
  ['POST', '/access/v1/../../etc/passwd', 404],
])('%s %s is not there', async (method, path, status) => {
  expectProblem(await site.send(method, path, { key: bot.api_key }), status, 'not_found');
});

test('the log is whole after all of it', async () => {
  expect(await site.opened.authority.log.verify()).toMatchObject({ ok: true });
});
