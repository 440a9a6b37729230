import { SITE_OPTIONS, UsageError, type Command } from '../command.ts';
import { print, printJson } from '../output.ts';
import { withAdmin } from '../site.ts';

/** What somebody who has looked may say, in words. */
const FOUND = {
  ran: 'approved-executed',
  failed: 'execution-error',
  'not-run': 'denied-not-executed',
} as const;

export const claimMark: Command = {
  usage: 'claim mark ID --found ran|failed|not-run',
  summary: 'Say what came of a use whose outcome is unknown, after looking; it is recorded once',
  options: { ...SITE_OPTIONS, found: { type: 'string' } },
  takes: [1, 1],
  async run(typed) {
    const [id = ''] = typed.positionals;
    const found = typed.text('found');
    if (found === undefined || !Object.hasOwn(FOUND, found))
      throw new UsageError('--found must be ran, failed or not-run');
    const disposition = FOUND[found as keyof typeof FOUND];
    await withAdmin(typed, (admin) => admin.call('claim/mark', { id, disposition }));
    if (typed.flag('json')) return printJson({ id, disposition });
    print(`${id} is recorded as ${disposition}`);
  },
};
