import { afterEach, describe, expect, test } from 'vitest';
import type { Approver } from '../../packages/server/src/faces.ts';
import {
  addAgent,
  enrolFirst,
  newKey,
  OBLIGATIONS,
  openTestAuthority,
  park,
  writeCall,
  type Opened,
} from './fixture.ts';
import { SoftAuthenticator, type Misbehaviour } from './soft-authenticator.ts';

let opened: Opened;
afterEach(async () => {
  expect((await opened.authority.log.verify()).problems).toEqual([]);
  await opened.close();
});

async function secretOfLink(): Promise<string> {
  return new URL((await opened.authority.enrolment.firstLink()).url).hash.slice(1);
}

async function enrolByLink(
  secret: string,
  authenticator = new SoftAuthenticator(),
): Promise<{ authenticator: SoftAuthenticator; approver: Approver }> {
  const { enrolment } = opened.authority;
  const { options } = await enrolment.beginLink(secret, 'ann@example.com');
  const done = await enrolment.finishLink(secret, 'ann@example.com', authenticator.create(options));
  if (done.status !== 'enrolled') throw new Error('not enrolled');
  return { authenticator, approver: done.approver };
}

describe('the one-time enrolment link', () => {
  test('lets one person in, once; looking does not spend it', async () => {
    opened = await openTestAuthority();
    const secret = await secretOfLink();
    await opened.authority.enrolment.beginLink(secret, 'ann@example.com');
    await enrolByLink(secret);
    await expect(enrolByLink(secret)).rejects.toMatchObject({ code: 'link_spent' });
  });

  test('of two who race for it, one is let in', async () => {
    opened = await openTestAuthority();
    const { enrolment } = opened.authority;
    const secret = await secretOfLink();
    const racers = [new SoftAuthenticator(), new SoftAuthenticator()];
    const begun = await Promise.all(racers.map(() => enrolment.beginLink(secret, 'ann@example.com')));
    const outcomes = await Promise.allSettled(
      racers.map((each, n) => enrolment.finishLink(secret, undefined, each.create(begun[n]!.options))),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('is too late after ten minutes, and a new one ends the old', async () => {
    opened = await openTestAuthority();
    const old = await secretOfLink();
    const fresh = await secretOfLink();
    await expect(enrolByLink(old)).rejects.toMatchObject({ code: 'link_spent' });
    opened.time.now += 10 * 60_000;
    await expect(enrolByLink(fresh)).rejects.toMatchObject({ code: 'link_spent' });
  });

  const wrong: [string, Misbehaviour][] = [
    ['another site', { origin: 'http://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['no user verification', { userVerified: false }],
    ['an assertion in place of a registration', { type: 'webauthn.get' }],
  ];
  test.each(wrong)('refuses a registration with %s, and stays usable', async (_name, how) => {
    opened = await openTestAuthority();
    const { enrolment } = opened.authority;
    const secret = await secretOfLink();
    const { options } = await enrolment.beginLink(secret, 'ann@example.com');
    await expect(
      enrolment.finishLink(secret, undefined, new SoftAuthenticator().create(options, how)),
    ).rejects.toMatchObject({ code: 'invalid_signature' });
    await enrolByLink(secret);
  });

  test('refuses a challenge of another link', async () => {
    opened = await openTestAuthority();
    const { enrolment } = opened.authority;
    const old = await secretOfLink();
    const { options } = await enrolment.beginLink(old, 'eve@example.com');
    const fresh = await secretOfLink();
    await expect(
      enrolment.finishLink(fresh, undefined, new SoftAuthenticator().create(options)),
    ).rejects.toMatchObject({ code: 'stale_statement' });
  });
});

describe('a passkey vote', () => {
  async function asked(): Promise<{ authenticator: SoftAuthenticator; approver: Approver; request: string }> {
    opened = await openTestAuthority();
    opened.pdp.obligations = { ...OBLIGATIONS, assurance: 'passkey' };
    const ann = await enrolByLink(await secretOfLink());
    const { agent, port } = await addAgent(opened);
    return { ...ann, request: await park(port, writeCall(agent)) };
  }

  test('counts with the assurance that policy asks for, and verifies years later', async () => {
    const { authenticator, approver, request } = await asked();
    const { desk } = opened.authority;
    const { statement, options = {} } = await desk.beginVote(approver, { request, decision: 'approve' });
    const view = await desk.finishVote(approver, statement.nonce, {
      kind: 'passkey',
      response: authenticator.get(options),
    });
    expect(view).toMatchObject({
      status: 'approved',
      votes: [{ assurance: 'passkey', decision: 'approve' }],
    });
  });

  const wrong: [string, Misbehaviour][] = [
    ['another site', { origin: 'http://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['no user verification', { userVerified: false }],
    ['another challenge', { challenge: 'AAAA' }],
  ];
  test.each(wrong)('is refused with %s', async (_name, how) => {
    const { authenticator, approver, request } = await asked();
    const { desk } = opened.authority;
    const { statement, options = {} } = await desk.beginVote(approver, { request, decision: 'approve' });
    await expect(
      desk.finishVote(approver, statement.nonce, {
        kind: 'passkey',
        response: authenticator.get(options, how),
      }),
    ).rejects.toMatchObject({ code: 'invalid_signature' });
    expect((await desk.view(request)).status).toBe('pending');
  });

  test('is refused from another passkey, and for another decision than it was made for', async () => {
    const { authenticator, approver, request } = await asked();
    const { desk } = opened.authority;
    const approve = await desk.beginVote(approver, { request, decision: 'approve' });
    const deny = await desk.beginVote(approver, { request, decision: 'deny' });
    const stranger = new SoftAuthenticator();
    for (const response of [stranger.get(approve.options ?? {}), authenticator.get(deny.options ?? {})]) {
      await expect(
        desk.finishVote(approver, approve.statement.nonce, { kind: 'passkey', response }),
      ).rejects.toMatchObject({ code: 'invalid_signature' });
    }
  });

  test('a session looks; it cannot vote with a key that is not a passkey', async () => {
    const { approver, request } = await asked();
    const { desk } = opened.authority;
    const { statement } = await desk.beginVote(approver, { request, decision: 'approve' });
    await expect(desk.finishVote(approver, statement.nonce, newKey().sign(statement))).rejects.toMatchObject({
      code: 'invalid_signature',
    });
  });
});

describe('signing in', () => {
  test('opens a session for the enrolled passkey alone; a challenge works once', async () => {
    opened = await openTestAuthority();
    const { authenticator, approver } = await enrolByLink(await secretOfLink());
    const { signIn } = opened.authority;
    const response = authenticator.get((await signIn.begin()).options);
    const { token } = await signIn.finish(response);
    expect(await signIn.approver(token)).toEqual(approver);
    await expect(signIn.finish(response)).rejects.toMatchObject({ code: 'stale_statement' });
    const stranger = new SoftAuthenticator();
    await expect(signIn.finish(stranger.get((await signIn.begin()).options))).rejects.toMatchObject({
      code: 'not_eligible',
    });
    opened.time.now += 12 * 60 * 60_000;
    expect(await signIn.approver(token)).toBeUndefined();
  });

  test('ends when signed out and when the credential is revoked', async () => {
    opened = await openTestAuthority();
    const { authenticator, approver } = await enrolByLink(await secretOfLink());
    const { signIn, enrolment } = opened.authority;
    const first = await signIn.finish(authenticator.get((await signIn.begin()).options));
    await signIn.end(first.token);
    expect(await signIn.approver(first.token)).toBeUndefined();
    const second = await signIn.finish(authenticator.get((await signIn.begin()).options));
    const bob = new SoftAuthenticator();
    const invited = new URL(
      (await enrolment.invite(approver, { email: 'bob@example.com', group: 'approvers' })).url,
    ).hash.slice(1);
    const begun = await enrolment.beginLink(invited);
    expect(await enrolment.finishLink(invited, undefined, bob.create(begun.options))).toEqual({
      status: 'waiting',
    });
    const [pending] = await enrolment.pendings();
    const { statement, options = {} } = await enrolment.beginSignature(approver, pending?.id ?? '');
    await enrolment.finishSignature(approver, statement.nonce, {
      kind: 'passkey',
      response: authenticator.get(options),
    });
    const bobIn = await signIn.finish(bob.get((await signIn.begin()).options));
    await enrolment.revokeCredential(bobIn.approver, approver.credential);
    expect(await signIn.approver(second.token)).toBeUndefined();
    expect(await signIn.approver(bobIn.token)).toBeDefined();
  });

  test('a key cannot let a passkey in', async () => {
    opened = await openTestAuthority();
    const ann = await enrolFirst(opened);
    await expect(
      opened.authority.enrolment.invite(ann.approver, { email: 'bob@example.com', group: 'approvers' }),
    ).rejects.toMatchObject({ code: 'not_eligible' });
  });
});
