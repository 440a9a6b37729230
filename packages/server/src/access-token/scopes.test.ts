import { describe, expect, test } from 'vitest';
import { covers, grantedBy, scopesFor, scopesOf } from './scopes.ts';

const SCOPES = {
  all: ['notes'],
  tools: { write: ['notes:write', 'notes'], drop: ['notes:admin'] },
  implies: { 'notes:admin': ['notes:write'], 'notes:write': ['notes:read', 'notes:admin'] },
};

test('what an operation needs, in one', () => {
  expect(scopesFor(undefined, 'write')).toEqual([]);
  expect(scopesFor(SCOPES)).toEqual(['notes']);
  expect(scopesFor(SCOPES, 'write')).toEqual(['notes', 'notes:write']);
  expect(scopesFor(SCOPES, 'constructor')).toEqual(['notes']);
  expect(scopesOf(SCOPES)).toEqual(['notes', 'notes:admin', 'notes:write']);
});

describe('MCP: "Servers MUST account for scope hierarchies, where a broader scope implies narrower ones"', () => {
  test.each([
    [['notes'], ['notes'], true],
    [['other'], ['notes'], false],
    [[], [], true],
    // Through another, in a circle, and never the other way.
    [['notes:admin'], ['notes:read', 'notes:write', 'notes:admin'], true],
    [['notes:read'], ['notes:write'], false],
    [['constructor'], ['notes'], false],
  ])('%j for %j', (granted, needed, enough) => {
    expect(covers(granted, needed, SCOPES.implies)).toBe(enough);
  });
});

test.each([
  [{ scope: 'a b  c' }, ['a', 'b', 'c']],
  [{ scope: ['a', 1] }, ['a']],
  [{ scp: 'a' }, ['a']],
  [{ scope: { a: 1 } }, []],
  [{}, []],
])('%j grants %j', (claims, granted) => {
  expect(grantedBy(claims)).toEqual(granted);
});
