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

/** Headers and parameters by which some servers take a request for one of another method. */
const OVERRIDES: ReadonlySet<string> = new Set([
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-method',
  '_method',
  'http_method',
  'httpmethod',
  '$httpmethod',
]);

/** Undefined for a method that is not understood. Some servers read lower case as upper case. */
export function effectsOfMethod(method: string): readonly Effect[] | undefined {
  return METHODS.get(method.toUpperCase());
}

export function isWriting(method: string): boolean {
  return !/^(?:GET|HEAD|OPTIONS)$/i.test(method);
}

export function isOverride(name: string): boolean {
  return OVERRIDES.has(name.toLowerCase());
}
