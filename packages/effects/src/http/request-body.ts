import { parseJson, type JsonValue } from '@countersign/core';
import { MAX_INPUT } from '../classification.ts';
import { isArray, isObject } from '../json-members.ts';
import { isOverride, mayOverride } from './methods.ts';

/** A body as a server may read it: JSON, or the parameters of a form, or only text. */
export interface RequestBody {
  readonly value: JsonValue | undefined;
  readonly text: string | undefined;
  readonly parameters: readonly (readonly [string, string])[];
  /** Why servers may read it differently. */
  readonly oddity?: string;
}

export function readBody(body: JsonValue | undefined): RequestBody {
  if (typeof body !== 'string') return { value: body, text: undefined, parameters: [] };
  const value = jsonIn(body);
  // What is JSON for one server is a form for the next: `"&_method=DELETE&"`.
  const isForm = body.includes('=') && body.length <= MAX_INPUT;
  const base = { value, text: body, parameters: isForm ? parametersOf(body) : [] };
  if (body.length > MAX_INPUT && /^[^{["<\s=&]*=/.test(body)) {
    return { ...base, oddity: 'a form that is too long to read' };
  }
  // Duplicate members and the like: what this parser refuses, another one reads in its own way.
  if (value === undefined && /^\s*[{[]/.test(body))
    return { ...base, oddity: 'a body that is not quite JSON' };
  return base;
}

/** The parameters of a query string or form. */
export function parametersOf(text: string): [string, string][] {
  return text.split(/[&;]/).map((each) => {
    const at = each.indexOf('=');
    return at < 0 ? [decoded(each), ''] : [decoded(each.slice(0, at)), decoded(each.slice(at + 1))];
  });
}

/** The members of an object, and parameters that are texts, of a body. */
export function membersOfBody({ value, parameters }: RequestBody): readonly (readonly [string, JsonValue])[] {
  return [...(isObject(value) ? Object.entries(value) : []), ...parameters];
}

/** Methods that the body puts in place of the request's own. */
export function methodsInBody(body: RequestBody): string[] {
  const methods = membersOfBody(body).flatMap(([name, method]) => {
    if (typeof method === 'string') return isOverride(name) || mayOverride(name, method) ? [method] : [];
    return isOverride(name) ? ['of no text'] : [];
  });
  // A form in parts is not taken apart here.
  const isInParts = /form-data/i.test(body.text ?? '');
  return isInParts && /name\*?\s{0,9}=[^\r\n;]{0,40}method/i.test(body.text ?? '')
    ? [...methods, 'in a form of parts']
    : methods;
}

/** Every text in a body with the name of the member that holds it; a list's texts have the name of the list. */
export function textsIn(body: RequestBody): readonly (readonly [string, string])[] {
  const texts: (readonly [string, string])[] = [...body.parameters];
  const waiting: (readonly [string, JsonValue])[] = body.value === undefined ? [] : [['', body.value]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, value] = next;
    if (typeof value === 'string') texts.push([name, value]);
    else if (isArray(value)) for (const item of value) waiting.push([name, item]);
    else if (isObject(value)) for (const entry of Object.entries(value)) waiting.push(entry);
  }
  return texts;
}

function jsonIn(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
