import type { ResourceType } from './attributes.ts';

/** What a path of RFC 7644 §3.2 names. */
export type Endpoint =
  | { readonly kind: 'resources'; readonly type: ResourceType }
  | {
      readonly kind: 'resource';
      readonly type: ResourceType;
      readonly id: string;
      /** `/Me`, which may be created. */
      readonly isOwn: boolean;
    }
  | { readonly kind: 'search' }
  | { readonly kind: 'bulk' }
  | { readonly kind: 'description' };

/** What may stand before the endpoints; they are the last segments. */
const PREFIX = /^(?:scim2?|api|identity|provisioning|v\d+(?:\.\d+)?)$/i;

const TYPES: ReadonlyMap<string, ResourceType> = new Map<string, ResourceType>([
  ['Users', 'User'],
  ['Groups', 'Group'],
]);

/** Undefined for a path that is none of SCIM's: names count with their case. */
export function endpointOf(segments: readonly string[]): Endpoint | undefined {
  const start = segments.findIndex((segment) => !PREFIX.test(segment));
  const [first = '', id, ...more] = start < 0 ? [] : segments.slice(start);
  if (more.length > 0 || id === '') return undefined;
  if (/^(?:Schemas|ResourceTypes)$/.test(first)) return { kind: 'description' };
  const type = TYPES.get(first);
  if (type !== undefined) {
    if (id === undefined) return { kind: 'resources', type };
    return id === '.search' ? { kind: 'search' } : { kind: 'resource', type, id, isOwn: false };
  }
  if (id !== undefined) return undefined;
  switch (first) {
    case 'Me':
      return { kind: 'resource', type: 'User', id: 'Me', isOwn: true };
    case '.search':
      return { kind: 'search' };
    case 'Bulk':
      return { kind: 'bulk' };
    case 'ServiceProviderConfig':
    case 'ServiceProviderConfigs':
      return { kind: 'description' };
    default:
      return undefined;
  }
}
