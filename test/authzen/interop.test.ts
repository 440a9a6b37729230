import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { openPdpSite, type Pdp } from './fixture.ts';

type TodoVector = readonly [
  who: string,
  action: string,
  type: string,
  id: string,
  owner: string | null,
  permitted: boolean,
];

interface Vectors {
  readonly users: Readonly<Record<string, string>>;
  readonly emails: Readonly<Record<string, string>>;
  readonly todo: readonly TodoVector[];
  readonly todo_01: readonly TodoVector[];
  readonly batches: readonly {
    readonly who: string;
    readonly action: string;
    readonly items: readonly [id: string, owner: string, permitted: boolean][];
  }[];
  readonly gateway: readonly [who: string, method: string, route: string, permitted: boolean][];
  readonly subjects: readonly [action: string, record: string, who: readonly string[]][];
  readonly resources: readonly [who: string, action: string, records: readonly string[]][];
  readonly actions: readonly [who: string, record: string, actions: readonly string[]][];
}

const vectors = parse(readFileSync(join(import.meta.dirname, 'interop/vectors.yaml'), 'utf8')) as Vectors;
const user = (name: string) => ({ type: 'user', id: vectors.users[name] ?? '' });
const todo = (id: string, owner: string | null) => ({
  type: 'todo',
  id,
  ...(owner === null ? {} : { properties: { ownerID: owner } }),
});
const sorted = (results: unknown, member: 'id' | 'name') =>
  (results as Record<string, string>[]).map((each) => each[member] ?? '').toSorted();

let pdp: Pdp;
beforeAll(async () => {
  pdp = await openPdpSite('interop');
});
afterAll(() => pdp.close());

describe('todo scenario', () => {
  it.each([...vectors.todo, ...vectors.todo_01])(
    '%s %s %s %s',
    async (who, action, type, id, owner, permitted) => {
      const resource = { ...todo(id, owner), type };
      const { body } = await pdp.post('/access/v1/evaluation', {
        subject: user(who),
        action: { name: action },
        resource,
      });
      expect(body['decision']).toBe(permitted);
    },
  );

  it.each(vectors.batches)('$who, several at once', async ({ who, action, items }) => {
    const { body } = await pdp.post('/access/v1/evaluations', {
      subject: user(who),
      action: { name: action },
      evaluations: items.map(([id, owner]) => ({ resource: todo(id, owner) })),
    });
    expect(body['evaluations']).toEqual(items.map(([, , decision]) => expect.objectContaining({ decision })));
  });
});

/**
 * Draft 00 says who owns what, and who asks, in members that AuthZEN 1.0 does not know and that are ignored: a PDP answers
 * it right by knowing the users and the todos itself.
 */
describe('todo scenario, draft 00', () => {
  let drafted: Pdp;
  beforeAll(async () => {
    const entities = join(import.meta.dirname, 'interop/entities-00.json');
    drafted = await openPdpSite('interop', { entities });
  });
  afterAll(() => drafted.close());

  it.each(vectors.todo)('%s %s %s %s', async (who, action, type, id, owner, permitted) => {
    const { body } = await drafted.post('/access/v1/evaluation', {
      subject: { type: 'user', id: vectors.emails[who], identity: vectors.users[who] },
      action: { name: action },
      resource: { type, id, ...(type === 'user' ? { userID: id } : {}), ...(owner && { ownerID: owner }) },
    });
    expect(body['decision']).toBe(permitted);
  });
});

it.each(vectors.gateway)('gateway scenario: %s %s %s', async (who, method, route, permitted) => {
  const { body } = await pdp.post('/access/v1/evaluation', {
    subject: { ...user(who), type: 'identity' },
    action: { name: method },
    resource: { type: 'route', id: route },
  });
  expect(body['decision']).toBe(permitted);
});

describe('search and IdP scenarios', () => {
  it.each(vectors.subjects)('who may %s %s', async (action, id, who) => {
    const { body } = await pdp.post('/access/v1/search/subject', {
      subject: { type: 'user' },
      action: { name: action },
      resource: { type: 'record', id },
    });
    expect(sorted(body['results'], 'id')).toEqual(who.toSorted());
  });

  it.each(vectors.resources)('which records may %s %s', async (who, action, records) => {
    const { body } = await pdp.post('/access/v1/search/resource', {
      subject: { type: 'user', id: who },
      action: { name: action },
      resource: { type: 'record' },
    });
    expect(sorted(body['results'], 'id')).toEqual(records.toSorted());
  });

  it.each(vectors.actions)('what may %s do with %s', async (who, id, actions) => {
    const { body } = await pdp.post('/access/v1/search/action', {
      subject: { type: 'user', id: who },
      resource: { type: 'record', id },
    });
    expect(sorted(body['results'], 'name')).toEqual(actions.toSorted());
  });
});
