import { canonicalHash } from '../json/canonical.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';

/** The members of an MCP `Tool` that say what it is; `_meta`, `icons` and `title` say only how it looks. */
const MEMBERS = ['name', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

/**
 * The digest that a review and an approval are pinned to: unpadded base64url SHA-256 of the JCS of the
 * defining members, absent ones left out. Design §3.
 */
export function toolDefinitionDigest(definition: JsonObject): string {
  const defining: { [key: string]: JsonValue } = {};
  for (const member of MEMBERS) {
    const value = definition[member];
    if (value !== undefined) defining[member] = value;
  }
  return canonicalHash(defining);
}
