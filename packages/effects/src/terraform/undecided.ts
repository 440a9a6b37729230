import type { JsonValue } from '@countersign/core';
import { isArray, isObject } from '../json-members.ts';
import { PUBLIC, type Remark } from './openness.ts';

/** Attributes that say who may come in: not knowing them is not knowing what the change does. */
const DECISIVE =
  /^(?:(?:assume_role_|resource_|access_|bucket_|inline_)?policy|policy_(?:data|document)|ingress|(?:ipv6_)?cidr_blocks|cidr_ipv[46]|source_(?:ip_)?ranges|source_address_prefix(?:es)?|source_cidr_blocks|source_addresses|remote_ip_prefix|(?:start|end)_ip_address|allowed_(?:cidrs?|ips|ip_ranges|ip_addresses)|authorized_networks|public_access_cidrs|acl|principals?|members?|manifest|yaml_body|command|container_definitions|(?:metadata_)?startup_script|custom_data|user_data(?:_base64)?)$/;

/** Of the decisive ones, those that may be blocks. */
const BLOCKS: Readonly<Record<string, Remark>> = {
  ingress: { effect: 'network', why: 'ingress is known only afterwards', outward: true },
  inline_policy: { effect: 'grant', why: 'inline_policy is known only afterwards', outward: false },
};

export interface Undecided {
  /** Attributes whose values decide what the change does. */
  readonly unknown: ReadonlySet<string>;
  readonly remarks: readonly Remark[];
}

/**
 * Attributes of weight that are known only after the change; `unknown` is Terraform's `after_unknown`. An attribute
 * that the configuration does not write gets what the provider has for it when nothing is said, and no secret wish of
 * whoever wrote the plan; a block may be written all the same, as Terraform leaves dynamic ones out.
 */
export function undecided(
  unknown: JsonValue | undefined,
  written: ReadonlySet<string> | undefined,
): Undecided {
  if (!isObject(unknown)) return { unknown: new Set(namesIn(unknown)), remarks: [] };
  const names = new Set<string>();
  const remarks: Remark[] = [];
  for (const [name, value] of Object.entries(unknown)) {
    const isDefault = written !== undefined && !written.has(name) && DECISIVE.test(name) && value === true;
    if (isDefault) {
      const block = Object.hasOwn(BLOCKS, name) ? BLOCKS[name] : undefined;
      if (block !== undefined) remarks.push(block);
    } else for (const each of namesIn({ [name]: value })) names.add(each);
    if (Object.hasOwn(PUBLIC, name) && !DECISIVE.test(name) && hasTrue(value)) {
      remarks.push({
        effect: 'network',
        why: `${name} may open it, and is known only afterwards`,
        outward: true,
      });
    }
  }
  return { unknown: names, remarks };
}

function namesIn(unknown: JsonValue | undefined): string[] {
  if (unknown === true) return ['all of it'];
  if (isArray(unknown)) return unknown.flatMap(namesIn);
  if (!isObject(unknown)) return [];
  return Object.entries(unknown).flatMap(([name, value]) =>
    DECISIVE.test(name) && hasTrue(value) ? [name] : namesIn(value === true ? undefined : value),
  );
}

/** Whether anything in it is marked. */
export function hasTrue(value: JsonValue): boolean {
  if (isArray(value)) return value.some(hasTrue);
  return isObject(value) ? Object.values(value).some(hasTrue) : value === true;
}
