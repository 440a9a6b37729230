import type { Effect, JsonValue } from '@countersign/core';
import { excerpt, understand, type Classification, type Findings } from '../classification.ts';
import { classifyUrl } from '../url/url.ts';
import { graphqlIn, isGraphqlEndpoint } from './graphql-request.ts';
import { headerOf, readHeaders } from './headers.ts';
import { effectsOfMethod, isOverride, isWriting, mayOverride } from './methods.ts';
import { documented, ruled, saidLeniently, type Said } from './openapi.ts';
import { addOperations } from './operations.ts';
import { methodsInBody, parametersOf, readBody } from './request-body.ts';
import { readRequestPath } from './request-path.ts';
import { addSent } from './sent.ts';
import { reachOf, targetOf, type HttpOptions, type Target } from './target.ts';
import { effectsOfWords, isBatch } from './words.ts';

export type { HttpOptions } from './target.ts';

export interface HttpRequest {
  readonly method: string;
  /** Absolute, or a path below `base`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: JsonValue;
}

/** Servers refuse longer ones (RFC 9110 §4.1 asks for 8000 at the least), so nobody has a use for them. */
const MAX_URL = 16_384;

/**
 * What an HTTP request does: by what was said of its path, else by its method, and by what its path, headers and body
 * add to that. What was said of one host holds for no other.
 *
 * @example classifyHttp({ method: 'DELETE', url: 'https://example.com/a' }).effects // ['delete', 'network']
 */
export function classifyHttp(request: HttpRequest, options: HttpOptions = {}): Classification {
  return understand(request.url, 'URL', (findings) => {
    const { headers = {}, method } = request;
    if (request.url.length > MAX_URL) throw new Error(`longer than ${MAX_URL} characters`);
    const target = targetOf(request.url, options);
    if (target === undefined) {
      findings.unknown(`a URL of no known host: ${excerpt(request.url)}`);
      return;
    }
    const host = reachOf(target.url, options);
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
    const type = headerOf(headers, 'content-type');
    const isGraphql = isGraphqlEndpoint(segments, body, parameters);
    const operations = graphqlIn(body, parameters, /graphql/i.test(type), isGraphql);
    for (const operation of operations) findings.include(operation);
    if (/multipart\/(?:mixed|batch|related|parallel)|application\/http/i.test(type))
      findings.unknown('several requests in one');

    const isGraphqlCall = isGraphql && /^(?:GET|POST)$/i.test(method);
    const isReviewed = addMethod({ method, segments, target, isGraphqlCall }, target.path, options, findings);
    if (!isReviewed && !isGraphql) addOperations(headers, body, parameters, findings);
    const methods = [
      ...readHeaders(headers, host.name, host.isOutward, findings),
      ...methodsInBody(body),
      ...parameters
        .filter(([name, value]) => isOverride(name) || mayOverride(name, value))
        .map(([, value]) => value),
    ];
    for (const other of new Set(methods)) {
      const asked = { method: other, segments, target, isGraphqlCall: false };
      addMethod(asked, 'in place of the method', options, findings);
    }
    addSent(body, parameters, { isOutward: url.outward, domains: options.domains ?? [] }, findings);
  });
}

interface Asked {
  readonly method: string;
  readonly segments: readonly string[];
  readonly target: Target;
  readonly isGraphqlCall: boolean;
}

/** Whether all that the method does was said in a review. */
function addMethod(asked: Asked, why: string, options: HttpOptions, findings: Findings): boolean {
  const { method, segments, target, isGraphqlCall } = asked;
  const what = `${excerpt(method)} ${excerpt(target.path)}`;
  const said = saidOf(asked, options);
  for (const each of said) {
    if (each.kind === 'unknown') findings.unknown(`${each.why}: ${what}`);
    else if (each.kind === 'effects') addReviewed(each, each.effects, what, findings);
  }
  if (target.described !== 'no') {
    for (const each of saidLeniently(options.effects ?? [], options.openapi, method, segments)) {
      // That a server may take it for something that only looks lowers nothing, and raises nothing.
      if (each.kind !== 'effects') continue;
      addReviewed(
        each,
        each.effects.filter((effect) => effect !== 'read'),
        what,
        findings,
      );
    }
  }
  if (said.length > 0 && said.every((each) => each.kind === 'effects')) return true;
  if (isBatch(segments)) findings.unknown(`several requests in one: ${what}`);
  // A GraphQL endpoint takes queries by POST too, and they were read.
  if (!isGraphqlCall) addByMethod(method, why, segments, findings);
  return false;
}

function addReviewed(
  said: Said & { readonly kind: 'effects' },
  effects: readonly Effect[],
  what: string,
  findings: Findings,
): void {
  for (const effect of effects) findings.effect(effect, `${what}, as reviewed`);
  if (said.outward) findings.outward(`${what}, as reviewed`);
}

function saidOf({ method, segments, target }: Asked, options: HttpOptions): readonly Said[] {
  if (target.described === 'yes') {
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
