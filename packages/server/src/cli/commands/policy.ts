import { readFileSync } from 'node:fs';
import { JsonError, parseJson, visible, type JsonObject, type Obligations } from '@countersign/core';
import type { Explanation, NearPolicy } from '../../pdp/port.ts';
import type { InputOf } from '../../admin/operations.ts';
import { SITE_OPTIONS, UsageError, type Command, type Typed } from '../command.ts';
import { print, printJson } from '../output.ts';
import { withAdmin } from '../site.ts';

type Asked = InputOf<'policy/explain'>['evaluation'];

export const policyExplain: Command = {
  usage:
    'policy explain --agent AGENT (--resource TYPE:ID [--action NAME] [--subject TYPE:ID] [--arguments JSON] [--context JSON] | --evaluation FILE)',
  summary: 'Say what policy answers to a question, by which policies, and which nearly applied',
  options: {
    ...SITE_OPTIONS,
    agent: { type: 'string' },
    subject: { type: 'string' },
    action: { type: 'string' },
    resource: { type: 'string' },
    arguments: { type: 'string' },
    context: { type: 'string' },
    evaluation: { type: 'string' },
  },
  takes: [0, 0],
  async run(typed) {
    const named = typed.required('agent');
    const explanation = await withAdmin(typed, async (admin) => {
      const agents = await admin.call('agent/list', {});
      const agent = agents.find(({ id, name }) => id === named || name === named)?.id ?? named;
      return await admin.call('policy/explain', { agent, evaluation: readEvaluation(typed, agent) });
    });
    if (typed.flag('json')) return printJson(explanation);
    printExplanation(explanation);
  },
};

/** Throws `UsageError`. */
function readEvaluation(typed: Typed, agent: string): Asked {
  const file = typed.text('evaluation');
  if (file !== undefined)
    return readJson('evaluation', readFileSync(file === '-' ? 0 : file, 'utf8')) as Asked;
  const given = typed.text('arguments');
  const context = {
    ...(typed.text('context') === undefined ? {} : readJson('context', typed.required('context'))),
  };
  return {
    subject: entityOf('subject', typed.text('subject') ?? `identity:${agent}`),
    action: { name: typed.text('action') ?? 'tools/call' },
    resource: entityOf('resource', typed.required('resource')),
    context: {
      agent,
      ...context,
      ...(given === undefined ? {} : { arguments: readJson('arguments', given) }),
    },
  };
}

function readJson(option: string, text: string): JsonObject {
  try {
    const value = parseJson(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (error) {
    if (error instanceof JsonError) throw new UsageError(`--${option}: ${error.message}`);
    throw error;
  }
  throw new UsageError(`--${option} must be a JSON object`);
}

function entityOf(option: string, text: string): { readonly type: string; readonly id: string } {
  const [, type, id] = /^([^:]+):(.+)$/s.exec(text) ?? [];
  if (type === undefined || id === undefined)
    throw new UsageError(`--${option} must be TYPE:ID, like tool:files/write_file`);
  return { type, id };
}

const ANSWERS: Record<Explanation['answer']['kind'], string> = {
  permit: 'Permitted',
  step_up: 'Needs consent',
  forbid: 'Forbidden',
  indeterminate: 'Not decided, which is enforced as a deny',
};

function printExplanation({ answer, nearly }: Explanation): void {
  const { facts } = answer;
  print(ANSWERS[answer.kind], '');
  if (answer.kind === 'indeterminate') print(`Why      ${visible(answer.why)}`);
  print(
    `Effects  ${facts.effects.join(', ')}${facts.outward ? ', outward' : ''}${facts.reviewed ? '' : ' (not reviewed)'}`,
    ...(facts.labels.length === 0 ? [] : [`Labels   ${facts.labels.join(', ')}`]),
  );
  if (answer.policies.length === 0) print('By       no policy');
  for (const { id, reason } of answer.policies) print(`By       ${id}${because(reason)}`);
  if (answer.kind === 'step_up') print(`Asks     ${asked(answer.obligations)}`);
  if (nearly.length === 0) return;
  print('', 'Nearly');
  for (const near of nearly) printNear(near);
}

function printNear({ id, effect, reason, obligations, lacks }: NearPolicy): void {
  print(`  ${effect} ${id}${because(reason)}`);
  for (const lack of lacks) print(`    but ${visible(lack)}`);
  if (obligations !== undefined) print(`    would ask ${asked(obligations)}`);
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${visible(reason)}`;
}

function asked({ groups, assurance, ttl_seconds, max_uses }: Obligations): string {
  const who = groups.map(({ group, quorum }) => `${quorum} of ${group}`).join(' and ');
  return `${who}, by ${assurance}, for ${max_uses === 1 ? 'one use' : `${max_uses} uses`} within ${ttl_seconds} s`;
}
