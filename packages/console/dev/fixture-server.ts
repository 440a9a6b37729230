import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  statementChallenge,
  voteStatement,
  type EnrolmentStatement,
  type PendingEnrolmentView,
  type RequestView,
  type SessionView,
  type Statement,
} from '@countersign/core';
import { freshState, ME, type FixtureState } from './fixture-state.ts';
import { at, AUTHORITY, vote } from './fixtures.ts';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const CSP =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

function counted(view: RequestView, decision: 'approve' | 'deny', note?: string): RequestView {
  const voted = {
    ...view,
    votes: [...view.votes, vote(ME.email, decision, note)],
    votes_by: [...view.votes_by, { email: ME.email, decision }],
  };
  if (decision === 'deny') return { ...voted, status: 'denied', ended_at: at(0) };
  const groups = view.groups.map((each) => ({ ...each, have: each.have + 1 }));
  if (groups.some((each) => each.have < each.quorum))
    return { ...voted, groups, cannot_vote: 'You voted already.' };
  return {
    ...voted,
    groups,
    status: 'approved',
    ended_at: at(0),
    self_approved: view.self_approval,
    approval: {
      id: `apr_${view.id}`,
      approved_until: at(900_000),
      uses: 0,
      max_uses: 1,
      state: 'active',
      claims: [],
    },
  };
}

const creation = (email: string): object => ({
  challenge: randomBytes(32).toString('base64url'),
  rp: { id: 'localhost', name: 'Countersign' },
  user: { id: randomBytes(16).toString('base64url'), name: email, displayName: email },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
});

/** A stand-in for the authority's console API, in memory and without any check of signatures. */
export function fixtureServer(state: FixtureState): Server {
  const listeners = new Set<ServerResponse>();
  const pending = new Map<string, () => unknown>();
  const url = (): string => {
    const address = server.address();
    return `http://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
  };

  const session = (): SessionView => ({
    authority: AUTHORITY,
    public_url: url(),
    single_operator: true,
    enrolled: state.enrolled,
    ...(state.signedIn ? { person: ME } : {}),
  });

  function tell(event: string, data: object): void {
    for (const each of listeners) each.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  function toSign(statement: Statement & { nonce: string }, then: () => unknown): object {
    pending.set(statement.nonce, then);
    const signing = {
      statement: { ...statement },
      options: {
        challenge: Buffer.from(statementChallenge(statement)).toString('base64url'),
        rpId: 'localhost',
        userVerification: 'required',
        ...(state.credential === undefined
          ? {}
          : { allowCredentials: [{ id: state.credential, type: 'public-key' }] }),
      },
    };
    state.tamper?.(signing);
    return signing;
  }

  function replace(id: string, change: (view: RequestView) => RequestView): RequestView {
    state.requests = state.requests.map((each) => (each.id === id ? change(each) : each));
    tell('request', { id });
    return find(id);
  }

  function find(id: string): RequestView {
    const found = state.requests.find((each) => each.id === id);
    if (found === undefined) throw Object.assign(new Error('there is no such request'), { status: 404 });
    return found;
  }

  // eslint-disable-next-line complexity -- a table of routes, flat on purpose
  function answer(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, string>,
  ): unknown {
    const [first = '', id = '', third = '', fourth = ''] = path.split('/').slice(1);
    switch (`${method} ${[first, third, fourth].filter((each) => each !== '').join('/')}`) {
      case 'GET session':
        return session();
      case 'POST sign-out':
        state.signedIn = false;
        return {};
      case 'POST sign-in':
        if (id === 'begin')
          return { options: { challenge: randomBytes(32).toString('base64url'), rpId: 'localhost' } };
        state.signedIn = true;
        return session();
      case 'POST enrolment': {
        if (id === 'begin') {
          const email = body['email'] ?? 'dee@example.com';
          return { options: creation(email), kind: state.enrolled ? 'invitation' : 'first', email };
        }
        const status = state.enrolled ? 'waiting' : 'enrolled';
        const { id: made } = body['response'] as unknown as { id: string };
        state.credential = made;
        state.enrolled = true;
        return { status };
      }
      case 'GET requests': {
        if (id !== '') return find(id);
        const open = query.get('state') === 'open';
        return { requests: state.requests.filter((each) => (each.status === 'pending') === open) };
      }
      case 'POST requests/vote/begin': {
        const view = find(id);
        const decision = body['decision'] === 'approve' ? 'approve' : 'deny';
        const note = body['note'];
        const statement = voteStatement(view.question, {
          decision,
          approver: ME.id,
          credential: 'crd_1',
          self_approved: view.self_approval,
          not_after: at(4_500_000),
          nonce: randomBytes(32).toString('base64url'),
          ...(note === undefined ? {} : { note }),
        });
        return toSign(statement, () => replace(id, (each) => counted(each, decision, note)));
      }
      case 'POST requests/vote/finish':
      case 'POST enrolments/finish': {
        const then = pending.get(body['nonce'] ?? '');
        if (then === undefined)
          throw Object.assign(new Error('this was answered already: reload'), { status: 409 });
        pending.delete(body['nonce'] ?? '');
        return then();
      }
      case 'POST approvals/revoke': {
        const held = state.requests.find((each) => each.approval?.id === id);
        return replace(held?.id ?? '', (each) =>
          each.approval === undefined ? each : { ...each, approval: { ...each.approval, state: 'revoked' } },
        );
      }
      case 'GET people':
        return { people: state.people, groups: ['approvers', 'security'], enrolments: state.enrolments };
      case 'POST invitations':
        return { url: `${url()}/enrol#${randomBytes(32).toString('base64url')}`, expires_at: at(600_000) };
      case 'POST keys': {
        const { email = '', group = '', public_key = '' } = body;
        const added: PendingEnrolmentView = {
          id: `enr_${createHash('sha256').update(public_key).digest('hex').slice(0, 6)}`,
          email,
          group,
          kind: 'key',
          public_key,
          created_at: at(0),
          expires_at: at(600_000),
        };
        state.enrolments = [...state.enrolments, added];
        return added;
      }
      case 'POST enrolments/begin': {
        const waiting = state.enrolments.find((each) => each.id === id);
        if (waiting === undefined) throw Object.assign(new Error('it is gone'), { status: 404 });
        const { email, group, kind, public_key } = waiting;
        const statement: EnrolmentStatement = {
          type: 'enrolment',
          version: 1,
          authority: AUTHORITY,
          tenant: 'default',
          email,
          group,
          kind,
          public_key,
          signer: ME.id,
          signer_credential: 'crd_1',
          not_after: at(600_000),
          nonce: randomBytes(32).toString('base64url'),
        };
        return toSign(statement, () => {
          state.enrolments = state.enrolments.filter((each) => each.id !== id);
          return {};
        });
      }
      case 'POST enrolments/discard':
        state.enrolments = state.enrolments.filter((each) => each.id !== id);
        return {};
      case 'POST credentials/revoke':
        state.people = state.people.map((person) => ({
          ...person,
          credentials: person.credentials.map((each) =>
            each.id === id ? { ...each, revoked_at: at(0) } : each,
          ),
        }));
        return {};
      default:
        throw Object.assign(new Error(`no such endpoint: ${method} ${path}`), { status: 404 });
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/console/api/events') {
      if (!state.events) {
        response.writeHead(503).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
      return;
    }
    if (pathname.startsWith('/console/api/')) {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
      const path = pathname.slice('/console/api'.length);
      try {
        const value = answer(request.method ?? 'GET', path, searchParams, body);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      } catch (error) {
        const { message, status = 500 } = error as Error & { status?: number };
        const problem = { type: 'about:blank', title: message, status, detail: message, code: 'fixture' };
        response
          .writeHead(status, { 'content-type': 'application/problem+json' })
          .end(JSON.stringify(problem));
      }
      return;
    }
    const file = pathname.startsWith('/assets/') ? pathname.slice(1) : 'index.html';
    const content = await readFile(join(DIST, file));
    response
      .writeHead(200, {
        'content-type': TYPES[extname(file)] ?? 'text/plain',
        'content-security-policy': CSP,
      })
      .end(content);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(500).end());
  });
  return server;
}

if (import.meta.main) {
  const server = fixtureServer(freshState());
  server.listen(4870, 'localhost', () =>
    process.stdout.write('console with made-up data: http://localhost:4870\n'),
  );
}
