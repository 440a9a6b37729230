import {
  base64url,
  ConsentError,
  meetsAssurance,
  statementChallenge,
  type EnrolmentStatement,
  type PendingEnrolmentView,
  readBack,
} from '@countersign/core';
import type { Approver, Enrolment, WebauthnJson } from '../faces.ts';
import { rfc3339, type AuthorityParts } from '../parts.ts';
import type { Passkeys, Registered } from '../passkey/passkeys.ts';
import { checkProof, newNonce } from '../passkey/proof.ts';
import { secretHash } from './api-key.ts';
import { normaliseEmail } from './email.ts';
import { newId } from './ids.ts';
import type { Credential, EnrolmentLink, EnrolOutcome, NewCredential, PendingEnrolment } from './port.ts';
import { challengeOf } from './sign-in.ts';

const LINK_LIFE_MS = 10 * 60_000;
const INVITATION_LIFE_MS = 24 * 60 * 60_000;
const PENDING_LIFE_MS = 7 * 24 * 60 * 60_000;
const CEREMONY_LIFE_MS = 5 * 60_000;
const GROUP = /^[a-z0-9][a-z0-9-]{0,62}$/;

interface Ceremony {
  readonly link: string;
  readonly email: string;
  readonly person: string;
}

/**
 * How people and credentials come in: the first by whoever holds the data folder, every later one by a
 * signature of its group with at least the assurance that is added. Design §4.
 */
export function createEnrolment(parts: AuthorityParts, passkeys: Passkeys): Enrolment {
  const { principals, enrolments, signIns, clock } = parts;

  async function groups(): Promise<readonly string[]> {
    const people = await principals.people();
    return [...new Set([...parts.pdp.info.groups, ...people.flatMap((person) => person.groups)])].sort();
  }

  /** The first approver must be able to answer whatever policy asks for. */
  async function firstGroups(asked: string | undefined): Promise<[string, ...string[]]> {
    const [first = 'approvers', ...rest] = [
      ...new Set([...(asked === undefined ? [] : [asked]), ...(await groups())]),
    ];
    return [first, ...rest];
  }

  async function newLink(link: Omit<EnrolmentLink, 'secret_hash'>) {
    const secret = base64url.encode(parts.random(32));
    await enrolments.putLink({ ...link, secret_hash: secretHash(secret) });
    // In the fragment: browsers send it to nobody, so it is in no server log and no Referer.
    return { url: `${parts.config.public_url}/enrol#${secret}`, expires_at: rfc3339(link.expires_at) };
  }

  async function knownLink(secret: string): Promise<EnrolmentLink> {
    const link = await enrolments.findLink(secretHash(secret), clock());
    if (link === undefined) throw linkSpent();
    return link;
  }

  function admitted(outcome: EnrolOutcome): { readonly person: string; readonly credential: string } {
    switch (outcome.kind) {
      case 'enrolled':
        parts.events.tell({ kind: 'people' });
        return { person: outcome.person, credential: outcome.credential };
      case 'not_first':
        throw new ConsentError('conflict', 'somebody is enrolled already: ask them to sign your enrolment');
      case 'key_taken':
        throw new ConsentError('conflict', 'that public key is enrolled already');
      case 'link_spent':
        throw linkSpent();
      case 'gone':
        throw new ConsentError('stale_statement', 'the enrolment was answered or has expired: start again');
    }
  }

  function pendingOf(
    input: { email: string; group: string; kind: Credential['kind'] },
    key: Pick<Registered, 'public_key'> & Partial<Registered>,
  ): PendingEnrolment {
    const now = clock();
    return {
      id: newId(parts, 'enr'),
      ...input,
      public_key: key.public_key,
      ...(key.webauthn === undefined ? {} : { webauthn: key.webauthn }),
      created_at: now,
      expires_at: now + PENDING_LIFE_MS,
    };
  }

  function credentialOf(
    pending: Pick<PendingEnrolment, 'email' | 'kind' | 'public_key' | 'webauthn'>,
    into: readonly [string, ...string[]],
    person = newId(parts, 'prs'),
  ): NewCredential {
    return {
      person,
      credential: newId(parts, 'crd'),
      email: pending.email,
      groups: into,
      kind: pending.kind,
      public_key: pending.public_key,
      ...(pending.webauthn === undefined ? {} : { webauthn: pending.webauthn }),
      now: clock(),
    };
  }

  async function signerFor(approver: Approver, pending: PendingEnrolment): Promise<Credential> {
    const credential = await principals.credential(approver.credential);
    const person = await principals.person(approver.person);
    if (credential === undefined || credential.revoked_at !== undefined || person === undefined) {
      throw new ConsentError('not_eligible', 'the credential is not enrolled any more');
    }
    if (!meetsAssurance(credential.kind, pending.kind)) {
      throw new ConsentError('not_eligible', `a ${credential.kind} cannot let a ${pending.kind} in`);
    }
    const members = (await principals.people()).filter(({ groups: held }) => held.includes(pending.group));
    // A group that nobody is in yet is founded by any approver; a founded one lets in its own.
    if (members.length > 0 && !person.groups.includes(pending.group)) {
      throw new ConsentError('not_eligible', `only a member of ${pending.group} may let others into it`);
    }
    return credential;
  }

  async function livePending(id: string): Promise<PendingEnrolment> {
    const pending = await enrolments.pending(id, clock());
    if (pending === undefined) throw new ConsentError('not_found', 'no such enrolment is waiting');
    return pending;
  }

  return {
    enrolled: async () => (await principals.approverCount()) > 0,
    groups,

    async firstLink() {
      if ((await principals.credentials()).length > 0) {
        throw new ConsentError(
          'conflict',
          'somebody is enrolled already: they invite others on the people page',
        );
      }
      return await newLink({ kind: 'first', expires_at: clock() + LINK_LIFE_MS });
    },

    async beginLink(secret, typed) {
      const link = await knownLink(secret);
      const email = addressFor(link, typed);
      const challenge = parts.random(32);
      const person = (await principals.personByEmail(email))?.id ?? newId(parts, 'prs');
      const ceremony: Ceremony = { link: link.secret_hash, email, person };
      await signIns.putChallenge({
        id: base64url.encode(challenge),
        kind: 'register',
        payload: JSON.stringify(ceremony),
        expires_at: clock() + CEREMONY_LIFE_MS,
      });
      const options = await passkeys.registrationOptions(challenge, { id: person, email });
      return { options, kind: link.kind, ...(link.email === undefined ? {} : { email: link.email }) };
    },

    async finishLink(secret, _typed, response: WebauthnJson) {
      const link = await knownLink(secret);
      const challenge = challengeOf(response);
      const taken = await signIns.takeChallenge(challenge, 'register', clock());
      const ceremony = taken && (readBack(taken.payload) as Ceremony);
      if (ceremony?.link !== link.secret_hash)
        throw new ConsentError('stale_statement', 'start the enrolment again');
      const registered = await passkeys.verifyRegistration(base64url.decode(challenge), response);
      const { email } = ceremony;
      if (link.kind === 'invitation' && link.group !== undefined) {
        const pending = pendingOf({ email, group: link.group, kind: 'passkey' }, registered);
        if ((await enrolments.pendFromLink(link.secret_hash, pending)) === 'link_spent') throw linkSpent();
        parts.events.tell({ kind: 'people' });
        return { status: 'waiting' };
      }
      const credential = credentialOf(
        { email, kind: 'passkey', ...registered },
        await firstGroups(undefined),
        ceremony.person,
      );
      const enrolled = admitted(await enrolments.enrolFirst(credential, link.secret_hash));
      return { status: 'enrolled', approver: { ...enrolled, email } };
    },

    async enrolFirstKey({ email: address, group, public_key }) {
      const email = normaliseEmail(address);
      const credential = credentialOf(
        { email, kind: 'key', public_key: checkedKey(public_key) },
        await firstGroups(checkedGroup(group)),
      );
      return { ...admitted(await enrolments.enrolFirst(credential)), email };
    },

    async invite(approver, { email, group }) {
      await signerFor(
        approver,
        pendingOf(
          { email: normaliseEmail(email), group: checkedGroup(group), kind: 'passkey' },
          { public_key: '' },
        ),
      );
      return await newLink({
        kind: 'invitation',
        email: normaliseEmail(email),
        group,
        expires_at: clock() + INVITATION_LIFE_MS,
      });
    },

    async proposeKey({ email, group, public_key }) {
      if ((await principals.approverCount()) === 0) {
        throw new ConsentError('conflict', 'nobody is enrolled who could sign it: enrol the first approver');
      }
      const pending = pendingOf(
        { email: normaliseEmail(email), group: checkedGroup(group), kind: 'key' },
        { public_key: checkedKey(public_key) },
      );
      await enrolments.putPending(pending);
      parts.events.tell({ kind: 'people' });
      return pendingView(pending);
    },

    pendings: async () => (await enrolments.pendings(clock())).map(pendingView),

    async beginSignature(approver, id) {
      const pending = await livePending(id);
      const credential = await signerFor(approver, pending);
      const statement: EnrolmentStatement = {
        type: 'enrolment',
        version: 1,
        authority: parts.id,
        tenant: parts.tenant,
        email: pending.email,
        group: pending.group,
        kind: pending.kind,
        public_key: pending.public_key,
        signer: approver.person,
        signer_credential: credential.id,
        not_after: rfc3339(clock() + CEREMONY_LIFE_MS),
        nonce: newNonce(parts),
      };
      await signIns.putChallenge({
        id: statement.nonce,
        kind: 'enrolment',
        payload: JSON.stringify({ pending: id, statement }),
        expires_at: clock() + CEREMONY_LIFE_MS,
      });
      const options = await passkeys.assertionOptions(statementChallenge(statement), credential.id);
      return { statement, ...(options === undefined ? {} : { options }) };
    },

    async finishSignature(approver, nonce, proof) {
      const challenge = await signIns.peekChallenge(nonce, 'enrolment', clock());
      const remembered =
        challenge && (readBack(challenge.payload) as { pending: string; statement: EnrolmentStatement });
      if (remembered?.statement.signer !== approver.person) {
        throw new ConsentError('stale_statement', 'the statement is too old or was used: start again');
      }
      const { statement } = remembered;
      const pending = await livePending(remembered.pending);
      await signerFor(approver, pending);
      const evidence = await checkProof(parts, passkeys, statement, statement.signer_credential, proof);
      return admitted(
        await enrolments.enrolSigned(credentialOf(pending, [pending.group]), {
          pending: pending.id,
          challenge: nonce,
          statement,
          evidence,
        }),
      );
    },

    async discard(_approver, id) {
      if (!(await enrolments.discardPending(id)))
        throw new ConsentError('not_found', 'no such enrolment is waiting');
      parts.events.tell({ kind: 'people' });
    },

    async people() {
      const [people, credentials] = await Promise.all([principals.people(), principals.credentials()]);
      return people.map(({ id, email, groups: held }) => ({
        id,
        email,
        groups: held,
        credentials: credentials
          .filter(({ person }) => person === id)
          .map((credential) => ({
            id: credential.id,
            kind: credential.kind,
            created_at: rfc3339(credential.created_at),
            ...(credential.revoked_at === undefined ? {} : { revoked_at: rfc3339(credential.revoked_at) }),
          })),
      }));
    },

    async revokeCredential(by, id) {
      const credential = await principals.credential(id);
      const owner = credential && (await principals.person(credential.person));
      const revoker = await principals.person(by.person);
      if (owner === undefined || revoker === undefined)
        throw new ConsentError('not_found', 'no live credential has that id');
      if (owner.id !== revoker.id && !owner.groups.some((group) => revoker.groups.includes(group))) {
        throw new ConsentError(
          'not_eligible',
          'only its owner or a member of one of its groups may revoke it',
        );
      }
      switch (await principals.revokeCredential(id, by.person, clock())) {
        case 'revoked':
          parts.events.tell({ kind: 'people' });
          return;
        case 'unknown':
          throw new ConsentError('not_found', 'no live credential has that id');
        case 'last':
          throw new ConsentError('conflict', 'it is the last credential: let another in first');
      }
    },

    async approverByKey(publicKey) {
      const credential = await principals.credentialByKey(publicKey);
      const person = credential && (await principals.person(credential.person));
      if (credential === undefined || credential.revoked_at !== undefined || person === undefined) {
        throw new ConsentError('not_eligible', 'that key is not enrolled: see countersign approver add');
      }
      return { person: person.id, email: person.email, credential: credential.id };
    },
  };
}

function addressFor(link: EnrolmentLink, typed: string | undefined): string {
  const address = link.email ?? typed;
  if (address === undefined) throw new ConsentError('invalid_request', 'say which e-mail address is yours');
  return normaliseEmail(address);
}

function pendingView(pending: PendingEnrolment): PendingEnrolmentView {
  const { id, email, group, kind, public_key } = pending;
  return {
    id,
    email,
    group,
    kind,
    public_key,
    created_at: rfc3339(pending.created_at),
    expires_at: rfc3339(pending.expires_at),
  };
}

function checkedGroup(group: string): string {
  if (!GROUP.test(group))
    throw new ConsentError('invalid_request', 'a group is 1 to 63 lower-case letters, digits and hyphens');
  return group;
}

function checkedKey(key: string): string {
  try {
    if (base64url.decode(key).length === 32) return key;
  } catch {
    // Falls through to the one refusal.
  }
  throw new ConsentError('invalid_request', 'not an ed25519 public key: 32 bytes as unpadded base64url');
}

function linkSpent(): ConsentError {
  return new ConsentError('link_spent', 'this link was used or is too old: ask for a new one');
}
