import { renderQuestion, visible } from '@countersign/core';
import { SITE_OPTIONS, type Command } from '../command.ts';
import { print, printJson, printTable, roughly } from '../output.ts';
import { withAdmin } from '../site.ts';

export const requestList: Command = {
  usage: 'request list [--all]',
  summary: 'Show what waits for consent; with --all also what was answered',
  options: { ...SITE_OPTIONS, all: { type: 'boolean' } },
  takes: [0, 0],
  async run(typed) {
    const listed = await withAdmin(typed, async (admin) => {
      const { requests: open } = await admin.call('request/list', { open: true, limit: 200 });
      if (!typed.flag('all')) return open;
      return [...open, ...(await admin.call('request/list', { open: false, limit: 200 })).requests];
    });
    if (typed.flag('json')) return printJson({ requests: listed });
    if (listed.length === 0) return print('Nothing waits for consent.');
    printTable([
      ['ID', 'STATUS', 'AGENT', 'ACTION', 'EFFECTS', 'LEFT'],
      ...listed.map(({ id, status, agent, action, resource, effects, expires_at }) => [
        id,
        status,
        agent.name,
        `${action} ${resource}`,
        effects.join(','),
        status === 'pending' ? roughly(Date.parse(expires_at) - Date.now()) : '-',
      ]),
    ]);
  },
};

export const requestShow: Command = {
  usage: 'request show ID',
  summary: 'Show exactly what would run: the text that an approver signs, its votes and its use',
  options: SITE_OPTIONS,
  takes: [1, 1],
  async run(typed) {
    const [id = ''] = typed.positionals;
    const view = await withAdmin(typed, (admin) => admin.call('request/show', { id }));
    if (typed.flag('json')) return printJson(view);
    print(renderQuestion(view.question), `Status: ${view.status}`);
    for (const cast of view.votes) {
      const note = cast.note === undefined ? '' : `: ${visible(cast.note)}`;
      const self = cast.self_approved ? ', self-approved' : '';
      print(
        `Vote: ${cast.decision} by ${visible(cast.email)} with a ${cast.assurance}${self}, ${cast.cast_at}${note}`,
      );
    }
    const { approval } = view;
    if (approval === undefined) return;
    print(
      `Approval: ${approval.state}, ${approval.uses} of ${approval.max_uses} uses, until ${approval.approved_until}`,
    );
    for (const claim of approval.claims)
      print(`Claim: ${claim.id}, ${claim.claimed_at}, ${claim.disposition ?? 'under way'}`);
  },
};
