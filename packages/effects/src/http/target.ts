import type { JsonObject } from '@countersign/core';
import { classifyUrl } from '../url/url.ts';
import { serversOf, type RequestRule } from './openapi.ts';

export interface HttpOptions {
  /** OpenAPI 3.0 or 3.1; what it does not have is not understood. `x-effects` of an operation says what it does. */
  readonly openapi?: JsonObject;
  /** Reviewed statements; they go before the document. */
  readonly effects?: readonly RequestRule[];
  /** Hosts of the organisation, as `classifyUrl` takes them. */
  readonly domains?: readonly string[];
  /** Where the paths of document and rules begin: `https://api.example.com/v1`. */
  readonly base?: string;
}

/** Where a request goes. */
export interface Target {
  readonly url: string;
  /** Below `base` if that is where it lies, else all of it. */
  readonly path: string;
  readonly query: string;
  /**
   * Whether document and rules are about this host. `perhaps` is the same host by another scheme, port or spelling of
   * the base: what was said of it may raise an answer, never lower it.
   */
  readonly described: 'yes' | 'perhaps' | 'no';
}

/** Undefined when the request does not say where it goes. */
export function targetOf(url: string, options: HttpOptions): Target | undefined {
  const [, before = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  const bases = (options.base === undefined ? serversOf(options.openapi) : [options.base]).map((base) =>
    base.replace(/\/$/, ''),
  );
  const remote = bases.filter((base) => /^https?:\/\//i.test(base));
  if (!/^[a-z][a-z\d+.-]*:/i.test(url)) {
    const [base] = remote;
    if (base === undefined || !/^\/(?![/\\])/.test(url)) return undefined;
    return { url: `${base}${url}`, path: before, query, described: 'yes' };
  }
  const path = pathOf(before);
  for (const base of remote) {
    const below = originOf(base) === originOf(before) ? belowOf(path, pathOf(base), exactly) : undefined;
    if (below !== undefined) return { url, path: below, query, described: 'yes' };
  }
  for (const base of remote) {
    const below = hostOf(base) === hostOf(before) ? belowOf(path, pathOf(base), loosely) : undefined;
    if (below !== undefined) return { url, path: below, query, described: 'perhaps' };
  }
  if (remote.length > 0 || reachOf(url, options).isOutward) return { url, path, query, described: 'no' };
  const prefixes = bases.filter((base) => base.startsWith('/'));
  if (prefixes.length === 0) return { url, path, query, described: 'yes' };
  const below = prefixes.map((base) => belowOf(path, base, exactly)).find((each) => each !== undefined);
  return { url, path: below ?? path, query, described: below === undefined ? 'no' : 'yes' };
}

/** The host that a URL reaches, and whether that is outside. */
export function reachOf(
  url: string,
  options: HttpOptions,
): { readonly name: string | undefined; readonly isOutward: boolean } {
  const origin = /^[^:]+:\/\/[^/?#]*/.exec(url)?.[0] ?? '';
  const found = classifyUrl(`${origin}/`, { domains: options.domains ?? [] });
  const name = found.touches.find((each) => each.startsWith('host:'))?.slice('host:'.length);
  return { name, isOutward: found.outward };
}

function pathOf(before: string): string {
  return /^[^:]+:\/*[^/]*(\/.*)?$/s.exec(before)?.[1] ?? '/';
}

function hostOf(url: string): string | undefined {
  return URL.parse(url)?.hostname.replace(/\.$/, '');
}

/** As every reader takes it: in lower case, without a port that goes without saying. */
function originOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  return parsed === null ? undefined : `${parsed.protocol}//${hostOf(url) ?? ''}:${parsed.port}`;
}

/** What of a path lies below another one; undefined when it does not. */
function belowOf(path: string, base: string, spell: (segment: string) => string): string | undefined {
  const wanted = base.split('/').filter((segment) => segment !== '');
  const segments = path.slice(1).split('/');
  if (!wanted.every((segment, index) => spell(segment) === spell(segments[index] ?? ''))) return undefined;
  return `/${segments.slice(wanted.length).join('/')}`;
}

function exactly(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function loosely(segment: string): string {
  return exactly(segment).toLowerCase();
}
