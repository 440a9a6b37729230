import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonValue } from '@countersign/core';
import { openPdpSite, type Pdp } from '../authzen/fixture.ts';

// A question may bring others with it, such as those of a tool's declared mapping; the strictest answer holds.
let pdp: Pdp;
beforeAll(async () => {
  pdp = await openPdpSite('certification');
});
afterAll(() => pdp.close());

const ALICE = { type: 'user', id: 'alice' };
const RECORD = { type: 'record', id: 'record-1' };
const declared = (name: string, more: object = {}) => ({
  subject: ALICE,
  action: { name },
  resource: RECORD,
  ...more,
});

const ask = (action: string, list: unknown) =>
  pdp.post('/access/v1/evaluation', {
    subject: ALICE,
    action: { name: action },
    resource: RECORD,
    context: { declared: list as JsonValue },
  });

it.each([
  ['read', [], true],
  ['read', [declared('write')], true],
  ['read', [declared('write'), declared('delete')], false],
  ['delete', [declared('read')], false],
  ['read', [declared('nobody-permits-this')], false],
])('%s with %j is %s', async (action, list, decision) => {
  expect((await ask(action, list)).body['decision']).toBe(decision);
});

describe('refuses', () => {
  it.each<[string, unknown]>([
    ['no list', 'x'],
    ['no object', ['x']],
    ['another subject', [declared('read', { subject: { type: 'user', id: 'bob' } })]],
    ['no action', [{ subject: ALICE, resource: RECORD }]],
    ['no resource', [{ subject: ALICE, action: { name: 'read' } }]],
    ['properties that are no object', [declared('read', { action: { name: 'read', properties: 7 } })]],
    ['a context that is no object', [declared('read', { context: 7 })]],
    ['too many', Array.from({ length: 17 }, () => declared('read'))],
  ])('%s', async (_what, list) => {
    expect((await ask('read', list)).status).toBe(400);
  });
});
