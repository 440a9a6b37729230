import type { Effect } from '@countersign/core';

/** What a method does where nothing more is known; no other method is understood. */
const METHODS: ReadonlyMap<string, readonly Effect[]> = new Map<string, readonly Effect[]>([
  ['GET', ['read']],
  ['HEAD', ['read']],
  ['OPTIONS', ['read']],
  ['POST', ['create', 'update']],
  ['PUT', ['create', 'update']],
  ['PATCH', ['update']],
  ['DELETE', ['delete']],
]);

/** Headers and parameters by which some servers take a request for one of another method, `_` for every mark. */
const OVERRIDES: ReadonlySet<string> = new Set([
  'x_http_method_override',
  'http_method_override',
  'x_http_method',
  'x_method_override',
  'method_override',
  'x_original_method',
  '_method',
  '_http_method',
  'http_method',
  'httpmethod',
  '_httpmethod',
  '$httpmethod',
]);

/** Undefined for a method that is not understood. Some servers read lower case as upper case. */
export function effectsOfMethod(method: string): readonly Effect[] | undefined {
  return METHODS.get(method.toUpperCase());
}

export function isWriting(method: string): boolean {
  return !/^(?:GET|HEAD|OPTIONS)$/i.test(method);
}

/** PHP takes `.method`, `[method` and `_method[]` for `_method` too. */
export function isOverride(name: string): boolean {
  const plain = name
    .trim()
    .replace(/(?<=.)\[.*$/s, '')
    .toLowerCase();
  return OVERRIDES.has(plain.replaceAll(/[-. [\0]/g, '_'));
}

/** Whether a parameter of this name and value names another method, although it may mean something else. */
export function mayOverride(name: string, value: string): boolean {
  return /^(?:method|verb)$/i.test(name) && METHODS.has(value.toUpperCase());
}
