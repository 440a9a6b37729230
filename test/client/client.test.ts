import { createClient, whoseKey } from '@countersign/client';
import { ConsentError, denialReference, type ConsentPort, type Evaluation } from '@countersign/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addAgent, enrolFirst, vote, withApproval, writeCall } from '../authority/fixture.ts';
import { openApp, type TestApp } from '../http/app.ts';
import { against, json } from './misbehaving.ts';

describe('against the authority', () => {
  let site: TestApp;
  let ann: Awaited<ReturnType<typeof enrolFirst>>;
  let bot: Awaited<ReturnType<typeof addAgent>>;
  let port: ConsentPort;
  let options: Parameters<typeof createClient>[0];

  beforeAll(async () => {
    site = await openApp();
    // A client has a clock of its own, and looks at it.
    site.opened.time.now = Date.now();
    ann = await enrolFirst(site.opened);
    bot = await addAgent(site.opened);
    options = {
      url: 'http://localhost:7300/',
      token: bot.api_key,
      fetch: async (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set('host', 'localhost:7300');
        return await site.app.request(input, { ...init, headers });
      },
    };
    port = createClient(options);
  });
  afterAll(() => site.close());

  test('from denial to disposition', async () => {
    const question = writeCall(bot.agent);
    const denial = await port.evaluate(question);
    if (denial.decision) throw new Error('permitted');
    const submission = {
      ...question,
      denial: denialReference(denial.context),
      business_justification: 'the release is on Friday',
    };
    const task = await port.request(submission);
    expect(task.status).toBe('pending');
    // The agent's words travel, and bind nothing.
    expect((await site.opened.authority.desk.view(task.id)).question.justification).toBe(
      'the release is on Friday',
    );
    expect((await port.wait(task.id, { timeoutMs: 0 })).status).toBe('pending');
    const waiting = port.wait(task.id, { timeoutMs: 20_000 });
    await vote(site.opened, ann, task.id);
    const { approval } = await waiting;
    // ARAP §"PEP Processing Rules": "MUST include the returned `approval` object unchanged".
    const context = { ...question.context, approval: { ...approval } };
    const spent = await port.evaluate({ ...question, context });
    const claim = spent.decision ? (spent.context.approval?.claim_id ?? '') : '';
    expect(claim).toMatch(/^clm_/);
    expect(await port.renew(claim)).toMatchObject({ lease_until: expect.any(String) as string });
    await port.report(claim, 'approved-executed');
    expect((await site.opened.authority.desk.view(task.id)).disposition).toBe('approved-executed');
  });

  test('the authority’s own refusals come through with their code', async () => {
    await expect(port.wait('arq_x', { timeoutMs: 0 })).rejects.toMatchObject({ code: 'unknown_task' });
    await expect(port.report('clm_x', 'outcome-unknown')).rejects.toMatchObject({ code: 'unknown_claim' });
    const stranger = { ...options, token: 'cs_agent_x' };
    await expect(createClient(stranger).evaluate(writeCall(bot.agent))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(whoseKey(stranger)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('whose key it is', async () => {
    expect(await whoseKey(options)).toMatchObject({
      kind: 'agent',
      id: bot.agent.id,
      name: 'bot',
      authority: expect.stringMatching(/./),
    });
  });
});

const PERMIT = { decision: true, context: { evaluation_id: 'evl_1' } };
const CLAIMED = {
  decision: true,
  context: { evaluation_id: 'evl_1', approval: { id: 'apr_1', claim_id: 'clm_1' } },
};
const QUESTION: Evaluation = {
  subject: { type: 'identity', id: 'a' },
  action: { name: 'tools/call' },
  resource: { type: 'tool', id: 'x/y' },
  context: {},
};

describe('against one that misbehaves', () => {
  test.each<[string, Parameters<typeof against>[0], object]>([
    [
      'resets, then answers',
      (response, _, n) => (n < 3 ? response.destroy() : json(response, 200, PERMIT)),
      { decision: true },
    ],
    [
      'fails, then answers',
      (response, _, n) => (n < 3 ? json(response, 500, {}) : json(response, 200, PERMIT)),
      { decision: true },
    ],
    ['always resets', (response) => response.destroy(), { code: 'unavailable' }],
    ['answers a page', (response) => response.end('<html>'), { code: 'unavailable' }],
    ['answers nothing', (response) => response.end(), { code: 'unavailable' }],
    [
      'says yes in words',
      (response) => json(response, 200, { decision: 'yes', context: { evaluation_id: 'e' } }),
      { code: 'unavailable' },
    ],
    [
      'says yes with 1',
      (response) => json(response, 200, { decision: 1, context: { evaluation_id: 'e' } }),
      { code: 'unavailable' },
    ],
    [
      'permits without context',
      (response) => json(response, 200, { decision: true }),
      { code: 'unavailable' },
    ],
    [
      'claims without an id',
      (response) => json(response, 200, { decision: true, context: { evaluation_id: 'e', approval: {} } }),
      { code: 'unavailable' },
    ],
    [
      'redirects',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      { code: 'unavailable' },
    ],
    ['permits with a 403', (response) => json(response, 403, PERMIT), { code: 'unavailable' }],
    [
      'denies with a problem',
      (response) => json(response, 403, { code: 'forbidden', detail: 'no' }),
      { code: 'forbidden' },
    ],
  ])('%s', async (_name, misbehave, expected) => {
    const { outcome } = await against(misbehave, (port) => port.evaluate(QUESTION));
    expect(outcome).toMatchObject(expected);
    if ('code' in expected) expect(outcome).toBeInstanceOf(ConsentError);
  });

  test('a claim whose answer was lost is asked for again under one key', async () => {
    const { outcome, keys } = await against(
      (response, _, n) => (n === 1 ? response.destroy() : json(response, 200, CLAIMED)),
      (port) => port.evaluate(withApproval(QUESTION, 'apr_1')),
    );
    expect(outcome).toMatchObject({ decision: true });
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBeDefined();
    expect(keys[1]).toBe(keys[0]);
  });

  test('a caller that gives up is not kept', async () => {
    const { outcome } = await against(
      () => {},
      (port) => port.evaluate(QUESTION, { signal: AbortSignal.timeout(50) }),
    );
    expect(outcome).toMatchObject({ name: 'TimeoutError' });
  });
});

test('whatever comes back, a permit is only what says so to the letter', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.integer({ min: 200, max: 499 }), async (body, status) => {
      const answer = { url: 'http://x', token: 't', fetch: async () => bodyOf(body, status) };
      const outcome = await createClient(answer)
        .evaluate(QUESTION)
        .catch((error: unknown) => error);
      if (outcome instanceof ConsentError) return;
      expect(status).toBeLessThan(300);
      expect(outcome).toEqual(body);
      expect(typeof (outcome as { decision: unknown }).decision).toBe('boolean');
    }),
    { numRuns: 300 },
  );
});

function bodyOf(body: unknown, status: number): Response {
  const empty = [204, 205, 304].includes(status);
  return new Response(empty ? null : JSON.stringify(body), { status });
}
