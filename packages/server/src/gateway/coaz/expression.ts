import { celEnv, isCelError, isCelList, isCelMap, isCelUint, parse, plan } from '@bufbuild/cel';
import type { JsonObject, JsonValue } from '@countersign/core';
import { MappingError } from './mapping-error.ts';

/** What expressions can name. COAZ-MCP §"Information Model". */
export interface Inputs {
  /** The request's `params`. */
  readonly params: JsonObject;
  /** The claims of the caller's credential. */
  readonly token: JsonObject;
}

/** An expression ready to be evaluated: a value, or undefined for COAZ's "absent". Throws `MappingError`. */
export type Expression = (inputs: CelInputs) => JsonValue | undefined;

/** Inputs as the evaluator takes them; made once for all expressions of a mapping. */
export interface CelInputs {
  readonly variables: Record<string, unknown>;
  /** Characters and elements of the params. */
  readonly size: number;
}

const MAX_EXPRESSION = 2048;
/** Beyond this size of params, an expression that walks its input could stall everybody. */
const MAX_WALKED = 65_536;

const env = celEnv();

export function celInputs({ params, token }: Inputs): CelInputs {
  let size = 0;
  const celValue = (value: JsonValue): unknown => {
    size++;
    if (typeof value === 'string') size += value.length;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((each: JsonValue) => celValue(each));
    // A Map, so that a member called `__proto__` is one.
    return new Map(Object.entries(value as JsonObject).map(([key, member]) => [key, celValue(member)]));
  };
  const variables = { token: celValue(token), params: celValue(params) };
  return { variables, size };
}

/** Reads an expression. Throws `MappingError`. */
export function readExpression(text: string): Expression {
  if (text.length > MAX_EXPRESSION) throw new MappingError(`an expression is longer than ${MAX_EXPRESSION}`);
  const optional = optionalSteps(text);
  if (optional !== undefined) return optionalChain(optional);
  const evaluate = compile(text);
  return (inputs) => jsonOf(evaluate(inputs), text);
}

type Evaluate = (inputs: CelInputs) => unknown;

function compile(text: string): Evaluate {
  let parsed;
  try {
    parsed = parse(text);
  } catch {
    throw new MappingError(`not an expression: ${text}`);
  }
  const depth = comprehensionDepth(parsed.expr);
  if (depth > 1) throw new MappingError(`a walk within a walk: ${text}`);
  const walks = depth > 0 || /\bmatches\s*\(/.test(text);
  const planned = plan(env, parsed);
  return ({ variables, size }) => {
    if (walks && size > MAX_WALKED) throw new MappingError(`too much input for: ${text}`);
    let value: unknown;
    try {
      value = planned(variables as never);
    } catch {
      throw new MappingError(`cannot be evaluated: ${text}`);
    }
    if (isCelError(value)) throw new MappingError(`${oneLine(value.message)}: ${text}`);
    return value;
  };
}

/** `a.b.?c.d`: the evaluator does not know optional selection, which COAZ needs in chains of names alone. */
interface OptionalSteps {
  readonly text: string;
  readonly root: string;
  readonly steps: readonly { readonly name: string; readonly optional: boolean }[];
}

function optionalSteps(text: string): OptionalSteps | undefined {
  if (!/\.\?/.test(text)) return undefined;
  const [, root, rest] = /^\s*([A-Za-z_]\w*)((?:\.\??[A-Za-z_]\w*)+)\s*$/.exec(text) ?? [];
  if (root === undefined || rest === undefined)
    throw new MappingError(`optional selection stands in a chain of names alone: ${text}`);
  const steps = [...rest.matchAll(/\.(\??)([A-Za-z_]\w*)/g)].map(([, mark, name = '']) => ({
    name,
    optional: mark === '?',
  }));
  return { text, root, steps };
}

function optionalChain({ text, root, steps }: OptionalSteps): Expression {
  const evaluate = compile(root);
  return (inputs) => {
    let value: unknown = evaluate(inputs);
    // After an optional step, every further one is optional too: CEL §"Optional values".
    let optional = false;
    for (const step of steps) {
      optional ||= step.optional;
      if (!isCelMap(value)) throw new MappingError(`nothing to select from: ${text}`);
      if (!value.has(step.name)) {
        if (optional) return undefined;
        throw new MappingError(`field not found: ${text}`);
      }
      value = value.get(step.name);
    }
    return jsonOf(value, text);
  };
}

function jsonOf(value: unknown, text: string): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return integer(value, text);
  if (isCelUint(value)) return integer(value.value, text);
  if (isCelList(value)) return [...value].map((each) => jsonOf(each, text));
  if (isCelMap(value)) {
    return Object.fromEntries(
      [...value].map(([key, member]) => {
        if (typeof key !== 'string') throw new MappingError(`a key that is no string: ${text}`);
        return [key, jsonOf(member, text)];
      }),
    );
  }
  throw new MappingError(`not a JSON value: ${text}`);
}

function integer(value: bigint, text: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new MappingError(`an integer beyond 2^53: ${text}`);
  return number;
}

/** How deep `all`, `exists`, `map` and `filter` stand in each other. */
function comprehensionDepth(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0;
  const below = Math.max(0, ...Object.values(node).map(comprehensionDepth));
  return 'case' in node && node.case === 'comprehensionExpr' ? below + 1 : below;
}

function oneLine(message: string): string {
  return message.replaceAll(/\s+/g, ' ').slice(0, 200);
}
