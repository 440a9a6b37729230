import { checkJson, JsonError, type Evaluation, type JsonObject, type JsonValue } from '@countersign/core';
import { isObject } from '../message.ts';
import { celInputs, readExpression, type CelInputs, type Expression, type Inputs } from './expression.ts';
import { MappingError } from './mapping-error.ts';
import { withinTime } from './time-limit.ts';

/**
 * The questions that a server declares for one of its tools. COAZ-MCP §"Declared Mappings". What a server declares is
 * untrusted: its questions are asked beside our own of the tool, and the strictest answer holds, so that a mapping can
 * ask for more and never for less; its subject is the caller, or the mapping is wrong.
 */
export interface DeclaredMapping {
  /** One for `evaluation`, as many as it lists for `evaluations`. Throws `MappingError`. */
  resolve(inputs: Inputs): readonly Evaluation[];
}

const MAX_EVALUATIONS = 16;
const MAX_EXPRESSIONS = 64;
const MAX_DEPTH = 16;
/** Of what a mapping gives: with what stands around it, it must fit what can be bound. */
const MAX_RESOLVED_DEPTH = 48;
/** A mapping takes microseconds; one that takes longer keeps everybody waiting. */
const MAX_MS = 200;

/**
 * The mapping that a tool declares. It is read at its first use, so that listing tools costs nothing of what their
 * server wrote; one that is wrong says so then.
 */
export function declaredMapping(declared: JsonValue): DeclaredMapping {
  let mapping: DeclaredMapping | undefined;
  return {
    resolve(inputs) {
      const resolved = withinTime(MAX_MS, () => {
        try {
          return (mapping ??= read(declared)).resolve(inputs);
        } catch (error) {
          if (error instanceof MappingError) throw error;
          // Whatever else comes of what a server wrote is a fault of what it wrote.
          throw new MappingError('the mapping cannot be resolved', { cause: error });
        }
      });
      if (resolved === undefined) throw new MappingError('the mapping takes too long');
      return resolved;
    },
  };
}

/** A template with its expressions read: undefined is "absent". */
type Template = (inputs: CelInputs) => JsonValue | undefined;

function read(mapping: JsonValue | undefined): DeclaredMapping {
  if (!isObject(mapping)) throw new MappingError('the mapping is no object');
  const [[envelope, body] = [], ...others] = Object.entries(mapping);
  if (others.length > 0 || (envelope !== 'evaluation' && envelope !== 'evaluations'))
    throw new MappingError('the mapping must have `evaluation` or `evaluations` and nothing else');
  if (!isObject(body)) throw new MappingError(`\`${envelope}\` is no object`);
  if (envelope === 'evaluations') refuseSubjectsWithin(body);
  const template = templateOf(body, { expressions: 0 }, 0);
  return {
    resolve(inputs) {
      const resolved = exact(template(celInputs(inputs)));
      if (!isObject(resolved)) throw new MappingError('the mapping gives no request');
      return requestsOf(envelope, resolved).map((request) => evaluationOf(request, inputs));
    },
  };
}

/** What can be hashed and is read alike by everybody. */
function exact(resolved: JsonValue | undefined): JsonValue {
  try {
    return checkJson(resolved, MAX_RESOLVED_DEPTH);
  } catch (error) {
    if (error instanceof JsonError) throw new MappingError(error.message, { cause: error });
    throw error;
  }
}

/** COAZ-MCP: "MUST NOT set `subject` within any entry of its `evaluations` array". */
function refuseSubjectsWithin(body: JsonObject): void {
  const { evaluations } = body;
  if (!Array.isArray(evaluations) || evaluations.length === 0 || evaluations.length > MAX_EVALUATIONS)
    throw new MappingError(`\`evaluations\` must list 1 to ${MAX_EVALUATIONS}`);
  for (const entry of evaluations as readonly JsonValue[]) {
    if (!isObject(entry)) throw new MappingError('an entry of `evaluations` is no object');
    if (Object.hasOwn(entry, 'subject')) throw new MappingError('an entry of `evaluations` sets a subject');
  }
}

/** A text that begins with `$` is an expression, one that begins with `$$` a literal `$`; all else is literal. */
function templateOf(value: JsonValue, count: { expressions: number }, depth: number): Template {
  if (depth > MAX_DEPTH) throw new MappingError('the mapping is too deep');
  if (typeof value === 'string') {
    if (!value.startsWith('$')) return () => value;
    if (value.startsWith('$$')) return () => value.slice(1);
    if (++count.expressions > MAX_EXPRESSIONS)
      throw new MappingError(`more than ${MAX_EXPRESSIONS} expressions`);
    const expression: Expression = readExpression(value.slice(1));
    return expression;
  }
  if (typeof value !== 'object' || value === null) return () => value;
  if (Array.isArray(value)) {
    const items = (value as readonly JsonValue[]).map((each) => templateOf(each, count, depth + 1));
    return (inputs) =>
      items.map((item) => {
        const resolved = item(inputs);
        if (resolved === undefined) throw new MappingError('an item of a list is absent');
        return resolved;
      });
  }
  const members = Object.entries(value as JsonObject).map(
    ([name, member]) => [name, templateOf(member, count, depth + 1)] as const,
  );
  return (inputs) => {
    const resolved: [string, JsonValue][] = [];
    for (const [name, member] of members) {
      const each = member(inputs);
      if (each !== undefined) resolved.push([name, each]);
    }
    return Object.fromEntries(resolved);
  };
}

/** Defaults and overrides are those of AuthZEN 1.0 §7.1.1: whole members. */
function requestsOf(envelope: 'evaluation' | 'evaluations', request: JsonObject): readonly JsonObject[] {
  if (envelope === 'evaluation') return [request];
  const { evaluations, ...defaults } = request;
  return (evaluations as readonly JsonObject[]).map((entry) => ({ ...defaults, ...entry }));
}

function evaluationOf(
  { subject, action, resource, context, ...others }: JsonObject,
  { token }: Inputs,
): Evaluation {
  const [other] = Object.keys(others);
  if (other !== undefined) throw new MappingError(`\`${other}\` is no member of a request`);
  if (context !== undefined && !isObject(context)) throw new MappingError('`context` is no object');
  const who = isObject(subject) ? subject : {};
  if (subject !== undefined && !isObject(subject)) throw new MappingError('`subject` is no object');
  const sub = token['sub'];
  if (typeof sub !== 'string') throw new MappingError('the caller has no subject');
  // COAZ-MCP: the PEP supplies what is omitted, and verifies what is set against the credential.
  if (who['id'] !== undefined && who['id'] !== sub) throw new MappingError('`subject.id` is not the caller');
  const { agent: _agent, ...facts } = context ?? {};
  return {
    subject: entity('subject', { type: 'identity', ...who, id: sub }),
    action: named(action),
    resource: entity('resource', resource),
    // Who acts is the authority's to say.
    ...(context === undefined ? {} : { context: facts }),
  };
}

function entity(
  part: 'subject' | 'resource',
  value: JsonValue | undefined,
): { type: string; id: string; properties?: JsonObject } {
  if (!isObject(value)) throw new MappingError(`\`${part}\` is missing`);
  const type = text(value, part, 'type', 256);
  return { type, id: text(value, part, 'id', 4096), ...propertiesOf(part, value, ['type', 'id']) };
}

function named(value: JsonValue | undefined): { name: string; properties?: JsonObject } {
  if (!isObject(value)) throw new MappingError('`action` is missing');
  return { name: text(value, 'action', 'name', 256), ...propertiesOf('action', value, ['name']) };
}

function text(value: JsonObject, part: string, member: string, most: number): string {
  const found = value[member];
  if (typeof found !== 'string' || found === '' || found.length > most)
    throw new MappingError(`\`${part}.${member}\` is missing or no text`);
  return found;
}

/** "custom attributes MUST be nested under that object's `properties` key": COAZ §"The Mapping". */
function propertiesOf(part: string, value: JsonObject, own: readonly string[]): { properties?: JsonObject } {
  const other = Object.keys(value).find((member) => member !== 'properties' && !own.includes(member));
  if (other !== undefined) throw new MappingError(`\`${part}.${other}\` must stand under \`properties\``);
  const { properties } = value;
  if (properties === undefined) return {};
  if (!isObject(properties)) throw new MappingError(`\`${part}.properties\` is no object`);
  return { properties };
}
