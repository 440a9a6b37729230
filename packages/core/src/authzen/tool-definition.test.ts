import { expect, it } from 'vitest';
import { canonicalHash } from '../json/canonical.ts';
import { toolDefinitionDigest } from './tool-definition.ts';

const tool = {
  name: 'write_file',
  description: 'Writes a file',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } } },
  outputSchema: { type: 'object' },
  annotations: { readOnlyHint: false },
};

it('is the hash of the defining members', () => {
  expect(toolDefinitionDigest(tool)).toBe(canonicalHash(tool));
});

it.each(['title', 'icons', '_meta', 'x-vendor'])('does not look at %s', (member) => {
  expect(toolDefinitionDigest({ ...tool, [member]: 'anything' })).toBe(toolDefinitionDigest(tool));
});

it.each(Object.keys(tool))('changes with %s, and when it goes or is null', (member) => {
  const { [member as keyof typeof tool]: _gone, ...without } = tool;
  const digests = [tool, { ...tool, [member]: 'other' }, { ...tool, [member]: null }, without].map(
    toolDefinitionDigest,
  );
  expect(new Set(digests).size).toBe(4);
});
