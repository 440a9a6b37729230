import type { JsonObject, JsonValue } from '@countersign/core';
import { excerpt, type Findings } from '../classification.ts';
import { isArray, isObject } from '../json-members.ts';
import { ACTIVE, attributeOf, readAttributePath, type ResourceType } from './attributes.ts';

/** How many operations of one request are read. */
export const MAX_OPERATIONS = 2000;
/** The RFC has some forty. */
const MAX_ATTRIBUTES = 200;

/** What is changed, and whether it is new. */
export interface Subject {
  readonly type: ResourceType;
  readonly isNew: boolean;
}

/** What the attributes of a whole resource, or of an operation without a path, do. Names may be paths. */
export function readAttributes(value: JsonValue | undefined, subject: Subject, findings: Findings): void {
  if (!isObject(value)) {
    findings.unknown(`a ${subject.type} without attributes`);
    return;
  }
  for (const [path, item] of attributesIn(value, findings)) readAttribute(path, item, subject, findings);
}

/** What the operations of a PATCH do, RFC 7644 §3.5.2. */
export function readOperations(body: JsonValue | undefined, subject: Subject, findings: Findings): void {
  const operations = ownMember(body, 'operations');
  if (!isArray(operations) || operations.length === 0 || operations.length > MAX_OPERATIONS) {
    findings.unknown(`a PATCH of a ${subject.type} without operations, or with too many`);
    return;
  }
  for (const operation of operations) readOperation(operation, subject, findings);
}

/** A member whatever the case of its name; throws where two names differ by it alone, as readers then differ. */
export function ownMember(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (!isObject(value)) return undefined;
  const found = Object.entries(value).filter(([each]) => each.toLowerCase() === name);
  if (found.length > 1) throw new Error(`"${name}" twice in one object`);
  return found[0]?.[1];
}

function readOperation(operation: JsonValue, subject: Subject, findings: Findings): void {
  const op = ownMember(operation, 'op');
  const path = ownMember(operation, 'path') ?? undefined;
  const value = ownMember(operation, 'value');
  const isRemoval = typeof op === 'string' && /^remove$/i.test(op);
  if (typeof op !== 'string' || !/^(?:add|replace|remove)$/i.test(op)) {
    findings.unknown(`an operation that is none of SCIM's: ${excerpt(typeof op === 'string' ? op : '')}`);
  } else if (path === undefined) {
    if (isRemoval) findings.unknown('an operation that removes it is not said what');
    else readAttributes(value, subject, findings);
  } else if (typeof path !== 'string') {
    findings.unknown('a path that is no text');
  } else readAttribute(path, isRemoval ? null : (value ?? null), subject, findings);
}

function readAttribute(path: string, value: JsonValue, subject: Subject, findings: Findings): void {
  const shown = excerpt(path);
  const found = readAttributePath(path);
  if (found === undefined) {
    findings.unknown(`attribute ${shown} of a ${subject.type}`);
    return;
  }
  if (found.attribute === undefined) {
    readExtension(path, value, subject, findings);
    return;
  }
  const attribute = attributeOf(subject.type, found.schema, found.attribute);
  if (attribute === undefined) {
    findings.unknown(`attribute ${shown} of a ${subject.type}`);
    return;
  }
  if (subject.isNew && typeof value === 'string') touchNew(found.attribute, value, subject.type, findings);
  if (found.attribute === ACTIVE) readActive(value, subject, findings);
  if (subject.isNew && !attribute.alsoNew) return;
  for (const effect of attribute.effects) findings.effect(effect, `${shown} ${attribute.why}`);
}

/** What is new has no identifier yet but the name that people give it. */
function touchNew(attribute: string, name: string, type: ResourceType, findings: Findings): void {
  if (type === 'User' && attribute === 'username') findings.touch('user', name);
  if (type === 'Group' && attribute === 'displayname') findings.touch('group', name);
}

/** A schema as a member holds its attributes. */
function readExtension(urn: string, value: JsonValue, subject: Subject, findings: Findings): void {
  if (value === null) {
    findings.unknown(`${excerpt(urn)} as a whole`);
    return;
  }
  if (!isObject(value)) {
    findings.unknown(`${excerpt(urn)} without attributes`);
    return;
  }
  for (const [name, item] of attributesIn(value, findings)) {
    readAttribute(`${urn}:${name}`, item, subject, findings);
  }
}

function attributesIn(value: JsonObject, findings: Findings): [string, JsonValue][] {
  const attributes = Object.entries(value);
  if (attributes.length > MAX_ATTRIBUTES) findings.unknown('more attributes than are read');
  return attributes.slice(0, MAX_ATTRIBUTES);
}

function readActive(value: JsonValue, { isNew }: Subject, findings: Findings): void {
  const text = typeof value === 'string' ? value.toLowerCase() : value;
  // Some clients send the text `"False"`, and servers take it.
  if (text === true || text === 'true') {
    if (!isNew) findings.effect('grant', 'active: true lets the account sign in again');
  } else if (text === false || text === 'false') {
    if (!isNew) findings.effect('delete', 'active: false shuts the account out');
  } else findings.unknown('active with a value that is neither true nor false');
}
