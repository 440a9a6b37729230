import { isArray, textOf } from '../json-members.ts';
import { excerpt, type Findings } from '../classification.ts';
import { headerOf } from './headers.ts';
import { membersOfBody, type RequestBody } from './request-body.ts';
import { effectsOfOperation } from './words.ts';

/** More calls in one body are not read. */
const MAX_CALLS = 100;

/** Parameters in which many a server is told what to do. */
const TOLD = /^(?:action|do|op|operation|cmd|command|task|method|function|func)$/i;

/** Operations that are named apart from method and path, by protocols that send each of them to one place. */
export function addOperations(
  headers: Readonly<Record<string, string>>,
  body: RequestBody,
  parameters: readonly (readonly [string, string])[],
  findings: Findings,
): void {
  for (const name of ['x-amz-target', 'soapaction']) {
    const operation = headerOf(headers, name);
    if (/\w/.test(operation)) addOperation(operation, true, findings);
  }
  for (const operation of callsIn(body, findings)) addOperation(operation, true, findings);
  for (const [name, value] of [...parameters, ...membersOfBody(body)]) {
    if (TOLD.test(name) && typeof value === 'string') addOperation(value, false, findings);
  }
}

function addOperation(name: string, isAll: boolean, findings: Findings): void {
  const effects = effectsOfOperation(name);
  if (effects === undefined && isAll) findings.unknown(`operation ${excerpt(name)}`);
  // A parameter that asks to see something says nothing that the method does not.
  for (const effect of effects ?? [])
    if (isAll || effect !== 'read') findings.effect(effect, `operation ${excerpt(name)}`);
}

/** The methods that JSON-RPC and XML-RPC call. */
function callsIn(body: RequestBody, findings: Findings): readonly string[] {
  const calls = isArray(body.value) ? body.value : body.value === undefined ? [] : [body.value];
  const isRpc = (call: (typeof calls)[number]): boolean =>
    textOf(call, 'jsonrpc') !== undefined ||
    (textOf(call, 'method') !== undefined && 'params' in Object(call));
  const found = calls.filter(isRpc).map((call) => textOf(call, 'method') ?? '');
  const name = /<methodName>\s{0,99}([^<]{0,200})/.exec(body.text ?? '')?.[1];
  if (found.length > MAX_CALLS) findings.unknown('more calls in one request than are read');
  return [...found.slice(0, MAX_CALLS), ...(name === undefined ? [] : [name])];
}
