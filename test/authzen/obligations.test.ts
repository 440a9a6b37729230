import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPdpSite, type Pdp } from './fixture.ts';

// AuthZEN Obligations profile: `step-up` and `notification`, where policy says so.
let pdp: Pdp;
beforeAll(async () => {
  pdp = await openPdpSite('obligations');
});
afterAll(() => pdp.close());

const ask = async (action: string, context: object = {}) => {
  const { body } = await pdp.post('/access/v1/evaluation', {
    subject: { type: 'user', id: 'ann' },
    action: { name: action },
    resource: { type: 'record', id: 'r-1' },
    context,
  });
  return body as { decision: boolean; context: { reason?: string; obligations?: object[] } };
};
const told = (outcome: string, policy: string) => ({
  id: expect.stringMatching(/^evl_.*-1$/),
  type: 'notification',
  properties: {
    to: 'security@example.com',
    topic: `${outcome} by ${policy}`,
    body: expect.stringMatching(
      new RegExp(`^Agent ${pdp.agent}: ".*" on "record" "r-1" was ${outcome} by policy ${policy} `),
    ),
  },
});

describe('§"Obligations on PERMIT Decisions" and §"on DENY Decisions"', () => {
  it('a permit brings the notification that its policy asks for', async () => {
    expect(await ask('export')).toMatchObject({
      decision: true,
      context: { obligations: [told('permitted', 'exports-are-told')] },
    });
  });

  it('a permit brings the step-up authentication that its policy asks for', async () => {
    expect(await ask('pay')).toMatchObject({
      decision: true,
      context: { obligations: [{ type: 'step-up', properties: { acr_value: 'urn:example:loa:3' } }] },
    });
  });

  it('so does what a policy forbids', async () => {
    expect(await ask('erase')).toMatchObject({
      decision: false,
      context: { reason: 'policy_denied', obligations: [told('denied', 'never')] },
    });
  });

  it('a policy that asks for nothing, and a denial that a person may resolve, bring none', async () => {
    expect((await ask('read')).context).not.toHaveProperty('obligations');
    expect((await ask('change')).context).not.toHaveProperty('obligations');
  });
});

describe('§"Negotiation"', () => {
  it('is respected: what the PEP cannot do is denied outright, and what it can is not', async () => {
    const only = (...types: string[]) => ({ supported_obligations: types });
    expect(await ask('export', only('step-up'))).toMatchObject({
      decision: false,
      context: { reason: 'obligation_unsupported' },
    });
    expect((await ask('export', only('notification', 'custom'))).decision).toBe(true);
    expect((await ask('pay', only())).context.reason).toBe('obligation_unsupported');
    expect((await ask('pay', only('step-up'))).decision).toBe(true);
    expect((await ask('read', only())).decision).toBe(true);
  });

  it('asks nobody to consent to what the PEP could not carry out', async () => {
    expect((await ask('change', { supported_obligations: [] })).context).toMatchObject({
      reason: 'obligation_unsupported',
      next_action: 'none',
    });
    expect((await ask('change', { supported_obligations: [] })).context).not.toHaveProperty('access_request');
  });

  it('"MUST ignore any value in a request that it did not itself advertise", and what is no list', async () => {
    expect(
      (await ask('export', { supported_obligations: ['session_termination', 'x', 1, null, 'notification'] }))
        .decision,
    ).toBe(true);
    expect((await ask('export', { supported_obligations: 'step-up' })).decision).toBe(true);
  });

  it('leaves out of a denial what the PEP cannot do', async () => {
    expect((await ask('erase', { supported_obligations: [] })).context).not.toHaveProperty('obligations');
  });

  it('what it can do binds nothing', async () => {
    const filed = async (context: object) => {
      const { evaluation_id } = (await ask('change', context)).context as { evaluation_id?: string };
      return await pdp.post('/access/v1/requests', {
        subject: { type: 'user', id: 'ann' },
        action: { name: 'change' },
        resource: { type: 'record', id: 'r-1' },
        denial: { evaluation_id },
      });
    };
    expect((await filed({ supported_obligations: ['notification'] })).status).toBe(202);
  });
});

describe('§"Obligations and Search Requests"', () => {
  const find = async (context: object = {}) => {
    const { body } = await pdp.post('/access/v1/search/action', {
      subject: { type: 'user', id: 'ann' },
      resource: { type: 'record', id: 'r-1' },
      context,
    });
    return body['results'] as { name: string; obligations?: { id: string }[] }[];
  };

  it('each result brings its own', async () => {
    const results = await find();
    expect(results).toEqual([
      { name: 'export', obligations: [told('permitted', 'exports-are-told')] },
      { name: 'pay', obligations: [expect.objectContaining({ type: 'step-up' })] },
      { name: 'read' },
    ]);
    const ids = results.flatMap(({ obligations = [] }) => obligations.map(({ id }) => id));
    expect(new Set(ids).size).toBe(2);
  });

  it('what the PEP cannot do leaves out that result alone', async () => {
    const names = async (...types: string[]) =>
      (await find({ supported_obligations: types })).map(({ name }) => name);
    expect(await names()).toEqual(['read']);
    expect(await names('step-up')).toEqual(['pay', 'read']);
    expect(await names('notification')).toEqual(['export', 'read']);
  });
});

it('§"Discovery": the metadata says which types there are', async () => {
  const response = await fetch(`${pdp.url}/.well-known/authzen-configuration`);
  expect(await response.json()).toMatchObject({ supported_obligations: ['step-up', 'notification'] });
});
