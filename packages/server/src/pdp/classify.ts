import { EFFECTS, type JsonObject, type JsonValue } from '@countersign/core';
import {
  classifyHttp,
  classifyKubernetes,
  classifyPath,
  classifyScim,
  classifyShell,
  classifySql,
  classifyTerraformPlan,
  classifyUrl,
  Findings,
  notUnderstood,
  type Classification,
} from '@countersign/effects';
import { z } from 'zod';
import { standsBesideAlike } from './classify-alike.ts';
import { POINTER, valueAt } from './json-pointer.ts';

/** Reads a tool's arguments for what they would do; undefined is a call without any. Total, as every classifier is. */
export type ArgumentClassifier = (args: JsonValue | undefined) => Classification;

/** Where an input stands in the arguments. */
const pointer = z.string().regex(POINTER, 'must be a JSON pointer, like /query');
const effects = z.array(z.enum(EFFECTS)).min(1);

/** The pointer alone, or `at` with options. */
function at<T extends z.ZodRawShape>(options: T) {
  return z.union([pointer.transform((text) => ({ at: text })), z.strictObject({ at: pointer, ...options })]);
}

const sql = at({
  functions: z.record(z.string(), effects).optional(),
  secret_tables: z.array(z.string()).optional(),
});

/** What a catalog entry may say of a tool's arguments: which classifier reads which of them. */
export const classifyTerms = z
  .strictObject({
    sql: sql.optional(),
    shell: at({}).optional(),
    url: at({ redirectors: z.array(z.string()).optional() }).optional(),
    path: z
      .strictObject({
        at: pointer,
        roots: z.array(z.string().min(1)).min(1),
        effect: z.enum(EFFECTS),
        style: z.enum(['posix', 'windows']).optional(),
        case_insensitive: z.boolean().optional(),
        home: z.string().optional(),
        cwd: z.string().optional(),
        links: z.literal('resolved').optional(),
      })
      .optional(),
    http: z
      .strictObject({
        method: pointer,
        url: pointer,
        headers: pointer.optional(),
        body: pointer.optional(),
        base: z.url().optional(),
        effects: z.array(z.strictObject({ method: z.string(), path: z.string(), effects })).optional(),
      })
      .optional(),
    terraform: at({}).optional(),
    kubernetes: z
      .strictObject({
        verb: pointer,
        manifest: pointer.optional(),
        resource: pointer.optional(),
        namespace: pointer.optional(),
        subresource: pointer.optional(),
      })
      .optional(),
    scim: z.strictObject({ method: pointer, path: pointer, body: pointer.optional() }).optional(),
  })
  .refine((each) => Object.keys(each).length > 0, 'names no classifier');

export type ClassifyTerms = z.output<typeof classifyTerms>;

/**
 * Everything that the entry's classifiers find. INVARIANT: what is not there is not understood: a tool that is to be
 * read must be given what to read, in the form that it is read in.
 */
export function argumentClassifier(terms: ClassifyTerms, domains: readonly string[]): ArgumentClassifier {
  const readers = Object.entries(terms).flatMap(([name, each]) =>
    each === undefined ? [] : [READERS[name as keyof ClassifyTerms](each as never, domains)],
  );
  const places = placesIn(terms);
  return (args) => {
    const findings = new Findings();
    for (const read of readers) findings.include(read(args));
    if (places.some((place) => standsBesideAlike(args, place)))
      findings.include(notUnderstood('another argument can be taken for the one that is read'));
    return findings.done();
  };
}

/** The members of the terms that say where something stands. */
const PLACES: ReadonlySet<string> = new Set([
  'at',
  'method',
  'url',
  'headers',
  'body',
  'verb',
  'manifest',
  'resource',
  'namespace',
  'subresource',
  'path',
]);

function placesIn(terms: ClassifyTerms): readonly string[] {
  const members = Object.values(terms).flatMap((each) => Object.entries(each ?? {}) as [string, unknown][]);
  return members.flatMap(([name, place]) => (PLACES.has(name) && typeof place === 'string' ? [place] : []));
}

type Reader<N extends keyof ClassifyTerms> = (
  terms: NonNullable<ClassifyTerms[N]>,
  domains: readonly string[],
) => ArgumentClassifier;

const READERS: { readonly [N in keyof ClassifyTerms]-?: Reader<N> } = {
  sql: ({ at: place, ...options }) => texts('SQL', place, (text) => classifySql(text, defined(options))),
  shell: ({ at: place }) => texts('a command', place, (text) => classifyShell(text, { classifySql })),
  url: ({ at: place, ...options }, domains) =>
    texts('a URL', place, (text) => classifyUrl(text, { domains, ...defined(options) })),
  path: ({ at: place, roots, effect, ...options }) =>
    texts('a path', place, (text) => classifyPath(text, { roots, effect, ...defined(options) })),
  http: (terms, domains) => (args) => {
    const { base, effects: rules } = terms;
    const method = valueAt(args, terms.method);
    const url = valueAt(args, terms.url);
    const headers = terms.headers === undefined ? undefined : valueAt(args, terms.headers);
    const body = terms.body === undefined ? undefined : valueAt(args, terms.body);
    if (typeof method !== 'string' || typeof url !== 'string') return missing('a method and a URL');
    if (headers !== undefined && !isTexts(headers)) return missing('headers of text');
    const request = { method, url, ...defined({ headers, body }) };
    return classifyHttp(request, { domains, ...defined({ base, effects: rules }) });
  },
  terraform:
    ({ at: place }) =>
    (args) => {
      const plan = valueAt(args, place);
      return plan === undefined ? missing('a plan') : classifyTerraformPlan(plan);
    },
  kubernetes: (terms) => (args) => {
    const verb = valueAt(args, terms.verb);
    if (typeof verb !== 'string') return missing('a verb');
    const named: Record<string, string> = {};
    for (const name of ['resource', 'namespace', 'subresource'] as const) {
      const place = terms[name];
      const value = place === undefined ? undefined : valueAt(args, place);
      if (value !== undefined && typeof value !== 'string') return missing(`a ${name}`);
      if (value !== undefined) named[name] = value;
    }
    const manifest = terms.manifest === undefined ? undefined : valueAt(args, terms.manifest);
    return classifyKubernetes({ verb, ...named, ...defined({ manifest }) });
  },
  scim: (terms) => (args) => {
    const method = valueAt(args, terms.method);
    const path = valueAt(args, terms.path);
    const body = terms.body === undefined ? undefined : valueAt(args, terms.body);
    if (typeof method !== 'string' || typeof path !== 'string') return missing('a method and a path');
    return classifyScim({ method, path, ...defined({ body }) });
  },
};

/** So many texts of a list are read, and so many characters of them together: reading takes the time of all callers. */
const MAX_TEXTS = 256;
const MAX_CHARACTERS = 16_384;

/** One text or a list of them. */
function texts(what: string, place: string, read: (text: string) => Classification): ArgumentClassifier {
  return (args) => {
    const value = valueAt(args, place);
    const list: readonly JsonValue[] = Array.isArray(value)
      ? (value as readonly JsonValue[])
      : [value ?? null];
    const length = list.reduce<number>((sum, each) => sum + (typeof each === 'string' ? each.length : 0), 0);
    if (list.length > MAX_TEXTS) return notUnderstood(`more than ${MAX_TEXTS} texts`);
    if (list.length > 1 && length > MAX_CHARACTERS)
      return notUnderstood(`texts of more than ${MAX_CHARACTERS} characters together`);
    const findings = new Findings();
    for (const each of list) findings.include(typeof each === 'string' ? read(each) : missing(what));
    return findings.done();
  };
}

function missing(what: string): Classification {
  return notUnderstood(`there is not ${what} where it should be`);
}

function isTexts(value: JsonValue): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value as JsonObject).every((each) => typeof each === 'string')
  );
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The members that are there. */
function defined<T extends object>(options: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<
    Defined<T>
  >;
}
