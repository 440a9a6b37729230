import type { Assurance, Obligations } from '@countersign/core';

/** A policy's `@` lines as Cedar gives them; null is an annotation without a value. */
export type RawAnnotations = Readonly<Record<string, string | null | undefined>>;

/** What the annotations of one policy say. */
export interface PolicyMeaning {
  readonly id: string;
  readonly reason?: string;
  /** Present exactly when the policy is a permit that needs consent. */
  readonly obligations?: Obligations;
  /** What it asks of the enforcement point when it determines an answer. */
  readonly duties: readonly Duty[];
}

/** `@notify`: tell somebody; `@acr`: the subject must authenticate so first. */
export interface Duty {
  readonly kind: 'notify' | 'acr';
  readonly policy: string;
  readonly value: string;
}

/** How long an approval may live at most; a longer wish is standing access and belongs into a plain permit. */
const MAX_TTL_SECONDS = 24 * 60 * 60;
/** Shorter and a person's click would come too late for the agent's retry. */
const MIN_TTL_SECONDS = 10;
const MAX_QUORUM = 20;
const MAX_USES = 1000;

const GROUP_NAME = /^[a-z0-9-]{1,64}$/;

/** The obligations of a bare `@step_up("<group>")`: one approval, by passkey, for one use within 15 minutes. */
export function defaultObligations(group: string): Obligations {
  return {
    groups: [{ group, quorum: 1 }],
    ttl_seconds: 15 * 60,
    max_uses: 1,
    assurance: 'passkey',
    scope: 'exact',
  };
}

/** The id of the answer's pseudo-policy where no policy permits; a real policy cannot take it. */
export const OUTSIDE_BOUNDARY = 'outside_boundary';

/** Whether `name` can name a group of approvers. */
export function isGroupName(name: string): boolean {
  return GROUP_NAME.test(name);
}

interface Annotation {
  /** How a refusal says what would be right. */
  readonly expected: string;
  /** The value, or undefined when it is malformed. */
  parse(value: string): string | number | undefined;
}

// `@scope` and `@emergency` have a meaning in the design but none in the code yet, so they are unknown.
const ANNOTATIONS: ReadonlyMap<string, Annotation> = new Map([
  ['id', text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'up to 128 letters, digits, `.`, `_`, `-`')],
  ['reason', text(/^\P{Cc}{1,500}$/u, 'one line of up to 500 characters')],
  ['step_up', text(GROUP_NAME, 'a group of lowercase letters, digits, `-`')],
  ['quorum', integer(1, MAX_QUORUM)],
  ['ttl', { expected: 'a duration like `15m`, from 10s to 24h', parse: seconds }],
  ['uses', integer(1, MAX_USES)],
  ['assurance', text(/^(?:key|passkey)$/, '`key` or `passkey`')],
  ['notify', text(/^\P{Cc}{1,256}$/u, 'an address of up to 256 characters')],
  ['acr', text(/^[\x21-\x7e]{1,256}$/, 'an authentication context class reference')],
]);

const TERMS: readonly string[] = ['quorum', 'ttl', 'uses', 'assurance'];

/** Reads a policy's annotations; returns every reason to refuse it where there is one. Design §3. */
export function readAnnotations(
  effect: 'permit' | 'forbid',
  raw: RawAnnotations,
): PolicyMeaning | { readonly refused: readonly string[] } {
  const refused: string[] = [];
  const values = new Map<string, string | number>();
  for (const [name, value] of Object.entries(raw)) {
    const annotation = ANNOTATIONS.get(name);
    const parsed = annotation?.parse(value ?? '');
    if (annotation === undefined) refused.push(`unknown annotation \`@${name}\``);
    else if (parsed === undefined)
      refused.push(`\`@${name}(${JSON.stringify(value ?? '')})\` is not ${annotation.expected}`);
    else values.set(name, parsed);
  }
  const has = (name: string): boolean => Object.hasOwn(raw, name);
  if (!has('id')) refused.push('policy has no `@id`');
  if (raw['id'] === OUTSIDE_BOUNDARY) refused.push(`\`@id("${OUTSIDE_BOUNDARY}")\` is reserved`);
  for (const term of TERMS.filter(has)) {
    if (!has('step_up')) refused.push(`\`@${term}\` needs \`@step_up\``);
  }
  // A forbid is a hard limit: were it resolvable by consent, no policy could say no. Design §3.
  if (effect === 'forbid' && has('step_up'))
    refused.push('`@step_up` on a forbid: no consent lifts a forbid');
  if (effect === 'forbid' && has('acr')) refused.push('`@acr` on a forbid: nothing lifts a forbid');
  return refused.length > 0 ? { refused } : meaning(values);
}

function meaning(values: ReadonlyMap<string, string | number>): PolicyMeaning {
  const group = values.get('step_up');
  const reason = values.get('reason');
  const id = String(values.get('id'));
  const duties = (['notify', 'acr'] as const).flatMap((kind): Duty[] => {
    const value = values.get(kind);
    return value === undefined ? [] : [{ kind, policy: id, value: String(value) }];
  });
  return {
    id,
    duties,
    ...(reason === undefined ? {} : { reason: String(reason) }),
    ...(group === undefined ? {} : { obligations: obligations(String(group), values) }),
  };
}

function obligations(group: string, values: ReadonlyMap<string, string | number>): Obligations {
  const base = defaultObligations(group);
  return {
    groups: [{ group, quorum: Number(values.get('quorum') ?? 1) }],
    ttl_seconds: Number(values.get('ttl') ?? base.ttl_seconds),
    max_uses: Number(values.get('uses') ?? base.max_uses),
    assurance: (values.get('assurance') as Assurance | undefined) ?? base.assurance,
    scope: base.scope,
  };
}

function text(pattern: RegExp, expected: string): Annotation {
  return { expected, parse: (value) => (pattern.test(value) ? value : undefined) };
}

function integer(min: number, max: number): Annotation {
  return {
    expected: `an integer from ${min} to ${max}`,
    parse(value) {
      if (!/^[1-9][0-9]{0,8}$/.test(value)) return undefined;
      const number = Number(value);
      return number >= min && number <= max ? number : undefined;
    },
  };
}

function seconds(value: string): number | undefined {
  const [, amount = '', unit = ''] = /^([1-9][0-9]{0,8})([smh])$/.exec(value) ?? [];
  const total = Number(amount) * (unit === 'h' ? 3600 : unit === 'm' ? 60 : 1);
  return total >= MIN_TTL_SECONDS && total <= MAX_TTL_SECONDS ? total : undefined;
}
