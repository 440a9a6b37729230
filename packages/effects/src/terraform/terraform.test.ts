import type { JsonValue } from '@countersign/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { holdAgainstCases } from '../testing-cases.ts';
import { classifyTerraformPlan } from './terraform.ts';

holdAgainstCases('terraform', classifyTerraformPlan);

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => value as JsonValue);
const change = fc.record({
  address: fc.string(),
  mode: fc.constantFrom('managed', 'data', 'other'),
  type: fc.constantFrom(
    'aws_instance',
    'aws_iam_role',
    'aws_security_group',
    'x_y',
    'external',
    'tls_private_key',
  ),
  provider_name: fc.constantFrom('registry.terraform.io/hashicorp/aws', 'evil.test/a/b'),
  change: fc.record({
    actions: fc.constantFrom(
      ['no-op'],
      ['create'],
      ['update'],
      ['delete'],
      ['delete', 'create'],
      ['read'],
      ['x'],
    ),
    before: json,
    after: fc.oneof(json, fc.constantFrom({}, { ingress: [{ cidr_blocks: ['0.0.0.0/0'] }] })),
    after_unknown: fc.constantFrom({}, { policy: true }, true),
  }),
});

function plan(changes: readonly JsonValue[]): JsonValue {
  return { format_version: '1.2', resource_changes: changes };
}

describe('classifyTerraformPlan', () => {
  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(json, fc.string()), json, (value, resources) => {
        expect(classifyTerraformPlan(value).understood).toBe(false);
        expect(
          classifyTerraformPlan({
            format_version: '1.0',
            resource_changes: resources,
            output_changes: resources,
            configuration: { root_module: resources, provider_config: resources },
          }).effects.length,
        ).toBeGreaterThan(0);
      }),
    );
  });

  it('has every effect of each of its changes', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), change, (changes, more) => {
        const whole = classifyTerraformPlan(plan([...changes, more]));
        for (const part of [classifyTerraformPlan(plan(changes)), classifyTerraformPlan(plan([more]))]) {
          expect(whole.effects).toEqual(expect.arrayContaining([...part.effects]));
          expect(whole.outward || !part.outward).toBe(true);
          expect(part.understood || !whole.understood).toBe(true);
        }
      }),
    );
  });

  it('names the one dangerous change among many', () => {
    const queue = (index: number): JsonValue => ({
      address: `aws_sqs_queue.q${index}`,
      mode: 'managed',
      type: 'aws_sqs_queue',
      provider_name: 'registry.terraform.io/hashicorp/aws',
      change: { actions: ['create'], before: null, after: {}, after_unknown: {} },
    });
    const role: JsonValue = {
      address: 'aws_iam_role.x',
      mode: 'managed',
      type: 'aws_iam_role',
      provider_name: 'registry.terraform.io/hashicorp/aws',
      change: { actions: ['delete'], before: {}, after: null },
    };
    const found = classifyTerraformPlan(plan([...Array.from({ length: 500 }, (_, i) => queue(i)), role]));
    expect(found.because).toContain('grant: aws_iam_role.x');
    expect(found.touches).toContain('resource:aws_iam_role.x');
  });

  it.each<[string, string]>([
    ['changes', `{"format_version":"1.0","resource_changes":[${'{},'.repeat(300_000)}{}]}`],
    ['sizes', `{"format_version":"1.0","resource_changes":[${sized(40_000)}]}`],
    [
      'modules',
      `{"format_version":"1.0","configuration":{"root_module":${'{"module_calls":{"a":{"module":'.repeat(20_000)}`,
    ],
    ['texts', `{"format_version":"1.0","resource_changes":[${'"{[{["'.repeat(150_000)}]}`],
  ])('answers what is made to be slow: %s', (_, text) => {
    expect(classifyTerraformPlan(text).effects.length).toBeGreaterThan(0);
  });
});

function sized(count: number): string {
  const sizes = (size: number): string => Array.from({ length: count }, () => `{"size":${size}}`).join(',');
  const after = `"before":{"a":[${sizes(1)}]},"after":{"a":[${sizes(1)}]}`;
  return `{"address":"a","mode":"managed","type":"aws_instance","change":{"actions":["update"],${after}}}`;
}
