import type { Effect } from '@countersign/core';

/** What a resource is: `/Me` is a user. */
export type ResourceType = 'User' | 'Group';

/** What changing an attribute does besides. */
interface Attribute {
  readonly effects: readonly Effect[];
  readonly why: string;
  /** Whether it does so too in a resource that is new. */
  readonly alsoNew: boolean;
}

const PLAIN: Attribute = { effects: [], why: '', alsoNew: false };
const RIGHTS: Attribute = { effects: ['grant'], why: 'says who may do what', alsoNew: true };
const SIGN_IN: Attribute = {
  effects: ['grant'],
  why: 'may let somebody else sign in to the account',
  alsoNew: false,
};
const CREDENTIAL: Attribute = {
  effects: ['grant', 'secret'],
  why: 'is what the account signs in with',
  alsoNew: true,
};
const MANAGER: Attribute = { effects: ['grant'], why: 'may be who approves for them', alsoNew: false };
const NAME_OF_GROUP: Attribute = { effects: ['grant'], why: 'may be what rights go by', alsoNew: false };

/** `active` depends on its value. */
export const ACTIVE = 'active';

const USER: ReadonlyMap<string, Attribute> = new Map([
  ...named(
    PLAIN,
    'schemas id meta active name displayname nickname profileurl title preferredlanguage locale timezone ims photos addresses',
  ),
  ...named(RIGHTS, 'groups roles entitlements usertype'),
  ...named(SIGN_IN, 'username externalid emails phonenumbers'),
  ...named(CREDENTIAL, 'password x509certificates'),
]);

const GROUP: ReadonlyMap<string, Attribute> = new Map([
  ...named(PLAIN, 'schemas id meta'),
  ...named(NAME_OF_GROUP, 'displayname externalid'),
  ...named(RIGHTS, 'members'),
]);

const ENTERPRISE: ReadonlyMap<string, Attribute> = new Map([
  ...named(PLAIN, 'employeenumber costcenter organization division department'),
  ...named(MANAGER, 'manager'),
]);

const SCHEMAS: readonly (readonly [string, ResourceType, ReadonlyMap<string, Attribute>])[] = [
  ['urn:ietf:params:scim:schemas:core:2.0:user', 'User', USER],
  ['urn:ietf:params:scim:schemas:core:2.0:group', 'Group', GROUP],
  ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:user', 'User', ENTERPRISE],
];

/** Where a path of RFC 7644 §3.5.2 leads: an attribute of a schema, or with no attribute a schema as a whole. */
export interface AttributePath {
  readonly schema: string | undefined;
  /** In lower case. */
  readonly attribute: string | undefined;
}

/**
 * Reads `members[value eq "x"]`, `name.familyName`, `urn:...:User:userName`, names whatever their case. Undefined when
 * it is none of these.
 */
export function readAttributePath(path: string): AttributePath | undefined {
  if (!/^urn:/i.test(path)) {
    const attribute = attributeIn(path);
    return attribute === undefined ? undefined : { schema: undefined, attribute };
  }
  // No letter outside ASCII is to become one of the schema's in lower case.
  const lower = path.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  const schema = SCHEMAS.map(([urn]) => urn).find((urn) => lower === urn || lower.startsWith(`${urn}:`));
  if (schema === undefined) return undefined;
  if (lower === schema) return { schema, attribute: undefined };
  const attribute = attributeIn(path.slice(schema.length + 1));
  return attribute === undefined ? undefined : { schema, attribute };
}

/** Undefined for an attribute that the schema does not have. */
export function attributeOf(
  type: ResourceType,
  schema: string | undefined,
  attribute: string,
): Attribute | undefined {
  if (schema === undefined) return (type === 'User' ? USER : GROUP).get(attribute);
  const found = SCHEMAS.find(([urn, of]) => urn === schema && of === type);
  return found?.[2].get(attribute);
}

/** The attribute in `name`, `name.sub`, `name[filter]` and `name[filter].sub`. */
function attributeIn(text: string): string | undefined {
  const match = /^([A-Za-z$][\w$-]*)(?:\[(?:[^"[\]]|"(?:[^"\\]|\\.)*")+\])?(?:\.[A-Za-z$][\w$-]*)?$/.exec(
    text,
  );
  return match?.[1]?.toLowerCase();
}

function named(attribute: Attribute, names: string): [string, Attribute][] {
  return names.split(' ').map((name): [string, Attribute] => [name, attribute]);
}
