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
  readonly variables: Readonly<Record<string, unknown>>;
  /** Characters and elements of the params. */
  readonly size: number;
  /** Takes account of characters and elements that expressions give. Throws `MappingError`. */
  give(size: number): void;
}

const MAX_EXPRESSION = 2048;
/** Beyond this size of params, an expression that walks its input could stall everybody. */
const MAX_WALKED = 65_536;
/** What all expressions of a mapping may give together: people are to read it, and it is kept. */
const MAX_GIVEN = 262_144;
/** How deep brackets may stand in each other: the parser's work grows with more than that. */
const MAX_NESTED = 32;

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
  // Without a prototype, so that its members are no variables.
  const variables = Object.assign(Object.create(null) as Record<string, unknown>, {
    token: celValue(token),
    params: celValue(params),
  });
  let given = 0;
  return {
    variables,
    size,
    give(more) {
      given += more;
      if (given > MAX_GIVEN) throw new MappingError(`expressions give more than ${MAX_GIVEN} characters`);
    },
  };
}

/** Reads an expression. Throws `MappingError`. */
export function readExpression(text: string): Expression {
  if (text.length > MAX_EXPRESSION) throw new MappingError(`an expression is longer than ${MAX_EXPRESSION}`);
  const optional = optionalSteps(text);
  if (optional !== undefined) return optionalChain(optional);
  if (nesting(text) > MAX_NESTED) throw new MappingError(`brackets deeper than ${MAX_NESTED}: ${text}`);
  const evaluate = compile(text);
  return (inputs) => jsonOf(evaluate(inputs), text, inputs);
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
      // A member that is null is there: the evaluator's own `has` says that it is not.
      const member: unknown = value.get(step.name);
      if (member === undefined) {
        if (optional) return undefined;
        throw new MappingError(`field not found: ${text}`);
      }
      value = member;
    }
    return jsonOf(value, text, inputs);
  };
}

function jsonOf(value: unknown, text: string, inputs: CelInputs): JsonValue {
  inputs.give(typeof value === 'string' ? 1 + value.length : 1);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint') return integer(value, text);
  if (isCelUint(value)) return integer(value.value, text);
  if (isCelList(value)) return Array.from(value, (each) => jsonOf(each, text, inputs));
  if (isCelMap(value)) {
    return Object.fromEntries(
      Array.from(value, ([key, member]) => {
        if (typeof key !== 'string') throw new MappingError(`a key that is no string: ${text}`);
        inputs.give(key.length);
        return [key, jsonOf(member, text, inputs)];
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

/** How deep brackets stand in each other; those within a text count too, as no harm comes of it. */
function nesting(text: string): number {
  let deepest = 0;
  let depth = 0;
  for (const character of text) {
    if ('([{'.includes(character)) deepest = Math.max(deepest, ++depth);
    else if (')]}'.includes(character)) depth = Math.max(0, depth - 1);
  }
  return deepest;
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
