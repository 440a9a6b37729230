import type { JsonObject, JsonValue } from '@countersign/core';
import { excerpt, understand, type Classification, type Findings } from '../classification.ts';
import { classifyUrl } from '../url/url.ts';
import { headerOf, readHeaders } from './headers.ts';
import { effectsOfMethod, isOverride, isWriting } from './methods.ts';
import { documented, ruled, serversOf, type RequestRule, type Said } from './openapi.ts';
import { graphqlIn, methodsInBody, parametersOf, readBody } from './request-body.ts';
import { readRequestPath } from './request-path.ts';
import { effectsOfWords, isBatch } from './words.ts';

export interface HttpRequest {
  readonly method: string;
  /** Absolute, or a path below `base`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
}

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

/** A longer body takes something along. */
const MUCH_TEXT = 2000;

/**
 * What an HTTP request does: by what was said of its path, else by its method, and by what its path, headers and body
 * add to that. What was said of one host holds for no other.
 *
 * @example classifyHttp({ method: 'DELETE', url: 'https://example.com/a' }).effects // ['delete', 'network']
 */
export function classifyHttp(request: HttpRequest, options: HttpOptions = {}): Classification {
  return understand(request.url, 'URL', (findings) => {
    const { headers = {}, method } = request;
    const target = targetOf(request.url, options);
    if (target === undefined) {
      findings.unknown(`a URL of no known host: ${excerpt(request.url)}`);
      return;
    }
    const host = hostPart(target.url, options);
    const url = classifyUrl(target.url, { domains: options.domains ?? [], schemes: ['http', 'https'] });
    // That an answer comes back does not make every request a read.
    findings.include({
      ...url,
      effects: url.understood ? url.effects.filter((effect) => effect !== 'read') : url.effects,
      because: url.because.filter((why) => !why.startsWith('read: ')),
    });

    const { segments, oddities } = readRequestPath(target.path);
    for (const why of oddities) findings.unknown(`${why}: ${excerpt(target.path)}`);
    const parameters = parametersOf(target.query);
    const body = readBody(request.body);
    if (body.oddity !== undefined) findings.unknown(`${body.oddity}: ${excerpt(body.text ?? '')}`);
    const type = headerOf(headers, 'content-type') ?? '';
    const isGraphql = /^(?:graphql|gql)$/.test(segments.at(-1) ?? '');
    const operations = graphqlIn(body, parameters, /graphql/i.test(type), isGraphql);
    for (const operation of operations) findings.include(operation);
    if (/multipart\/(?:mixed|batch)|application\/http/i.test(type))
      findings.unknown('several requests in one');

    const isGraphqlCall = isGraphql && /^(?:GET|POST)$/i.test(method);
    addMethod({ method, segments, target, isGraphqlCall }, options, findings);
    const methods = [
      ...readHeaders(headers, host.name, host.isOutward, findings),
      ...methodsInBody(body),
      ...parameters.filter(([name]) => isOverride(name)).map(([, value]) => value),
    ];
    for (const other of methods) addByMethod(other, 'in place of the method', segments, findings);
    if (url.outward && lengthOf(request.body) > MUCH_TEXT) {
      findings.effect('export', `a body of ${lengthOf(request.body)} characters is sent outside`);
    }
  });
}

interface Target {
  readonly url: string;
  /** Below `base` if that is where it lies, else all of it. */
  readonly path: string;
  readonly query: string;
  /** Whether document and rules are about this host. */
  readonly isDescribed: boolean;
}

interface Asked {
  readonly method: string;
  readonly segments: readonly string[];
  readonly target: Target;
  readonly isGraphqlCall: boolean;
}

function addMethod(asked: Asked, options: HttpOptions, findings: Findings): void {
  const { method, segments, target, isGraphqlCall } = asked;
  const what = `${excerpt(method)} ${excerpt(target.path)}`;
  const said = saidOf(asked, options);
  const isExplicit = said.length > 0 && said.every((each) => each.kind === 'effects');
  for (const each of said) {
    if (each.kind === 'unknown') findings.unknown(`${each.why}: ${what}`);
    if (each.kind !== 'effects') continue;
    for (const effect of each.effects) findings.effect(effect, `${what}, as reviewed`);
    if (each.outward) findings.outward(`${what}, as reviewed`);
  }
  if (isExplicit) return;
  if (isBatch(segments)) findings.unknown(`several requests in one: ${what}`);
  // A GraphQL endpoint takes queries by POST too, and they were read.
  if (!isGraphqlCall) addByMethod(method, target.path, segments, findings);
}

function saidOf({ method, segments, target }: Asked, options: HttpOptions): readonly Said[] {
  if (target.isDescribed) {
    const rule = ruled(options.effects ?? [], method, segments);
    if (rule !== undefined) return [rule];
    return options.openapi === undefined ? [] : documented(options.openapi, method, segments);
  }
  return options.openapi === undefined ? [] : [{ kind: 'unknown', why: 'not the API that is documented' }];
}

function addByMethod(method: string, why: string, segments: readonly string[], findings: Findings): void {
  const effects = effectsOfMethod(method);
  if (effects === undefined) findings.unknown(`method ${excerpt(method)} ${excerpt(why)}`);
  for (const effect of effects ?? []) findings.effect(effect, `${excerpt(method)} ${excerpt(why)}`);
  for (const [effect, word] of effectsOfWords(segments, isWriting(method))) {
    findings.effect(effect, `"${excerpt(word)}" in the path`);
  }
}

/** Where a request goes; undefined when it does not say. */
function targetOf(url: string, options: HttpOptions): Target | undefined {
  const [, before = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  const bases = (options.base === undefined ? serversOf(options.openapi) : [options.base]).map((base) =>
    base.replace(/\/$/, ''),
  );
  const remote = bases.filter((base) => /^https?:\/\//i.test(base));
  if (!/^[a-z][a-z\d+.-]*:/i.test(url)) {
    const [base] = remote;
    if (base === undefined || !/^\/(?![/\\])/.test(url)) return undefined;
    return { url: `${base}${url}`, path: before, query, isDescribed: true };
  }
  const home = remote.find((base) => isBelow(before, base));
  if (home !== undefined) {
    return { url, path: before.slice(home.length) || '/', query, isDescribed: true };
  }
  const path = /^[^:]+:\/*[^/]*(\/.*)?$/s.exec(before)?.[1] ?? '/';
  const prefix = bases.find((base) => base.startsWith('/') && isBelow(path, base)) ?? '';
  const isDescribed =
    remote.length === 0 &&
    !hostPart(url, options).isOutward &&
    (prefix !== '' || bases.every((base) => !base.startsWith('/')));
  return { url, path: isDescribed ? path.slice(prefix.length) || '/' : path, query, isDescribed };
}

function isBelow(url: string, base: string): boolean {
  return url.startsWith(base) && /^(?:\/|$)/.test(url.slice(base.length));
}

function hostPart(
  url: string,
  options: HttpOptions,
): { readonly name: string | undefined; readonly isOutward: boolean } {
  const origin = /^[^:]+:\/\/[^/?#]*/.exec(url)?.[0] ?? '';
  const found = classifyUrl(`${origin}/`, { domains: options.domains ?? [] });
  const name = found.touches.find((each) => each.startsWith('host:'))?.slice('host:'.length);
  return { name, isOutward: found.outward };
}

function lengthOf(body: JsonValue | undefined): number {
  if (body === undefined) return 0;
  return typeof body === 'string' ? body.length : JSON.stringify(body).length;
}
