import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Evaluation } from '@countersign/core';
import { decide, type Deciding } from './decide.ts';
import { loadSet, type LoadTerms } from './load.ts';
import type { PolicyAnswer, PolicyQuestion } from './port.ts';
import type { SourceFile } from './source-file.ts';

/** The folder of the default pack. */
export const POLICIES: string = join(import.meta.dirname, '../../../../policies');

/** Test only: a set from texts. */
export function setOf(
  policies: Readonly<Record<string, string>>,
  options: Partial<LoadTerms> & {
    readonly catalog?: Readonly<Record<string, string>>;
    readonly entities?: string;
  } = {},
): (question: PolicyQuestion) => PolicyAnswer {
  const deciding = decidingOf(policies, options);
  return (asked) => decide(deciding, asked);
}

/** Test only: what a set from texts decides with. */
export function decidingOf(
  policies: Readonly<Record<string, string>>,
  options: Parameters<typeof setOf>[1] = {},
): Deciding {
  const { outsideBoundary = 'forbid', upstreams = [], catalog = {} } = options;
  const [entities] = options.entities === undefined ? [] : filesOf({ 'entities.json': options.entities });
  return loadSet(
    {
      policies: filesOf(policies),
      catalog: filesOf(catalog),
      ...(entities === undefined ? {} : { entities }),
    },
    { outsideBoundary, upstreams },
  ).deciding;
}

/** Test only: files from texts. */
export function filesOf(texts: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(texts).map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) }));
}

/** Test only: the texts of a folder. */
export function textsIn(folder: string, extension: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(extension));
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Test only: a call of a tool by an active agent, with parts replaced. */
export function question(
  evaluation: Partial<Evaluation> = {},
  rest: Partial<Omit<PolicyQuestion, 'evaluation'>> = {},
): PolicyQuestion {
  return {
    evaluation: {
      subject: { type: 'identity', id: 'agt_1' },
      action: { name: 'tools/call' },
      resource: { type: 'tool', id: 'fs/read' },
      ...evaluation,
    },
    overlay: false,
    agent: { id: 'agt_1', name: 'Scribe', owner: 'ada@example.com', status: 'active', groups: ['writers'] },
    session: { labels: [] },
    ...rest,
  };
}
