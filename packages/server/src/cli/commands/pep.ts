import { SITE_OPTIONS, type Command } from '../command.ts';
import { print, printJson } from '../output.ts';
import { withAdmin } from '../site.ts';

export const pepAdd: Command = {
  usage: 'pep add NAME [--agent AGENT]... [--explain]',
  summary:
    'Register an enforcement point, for all agents or for those named; with --explain its answers say why; its key is printed once',
  options: { ...SITE_OPTIONS, agent: { type: 'string', multiple: true }, explain: { type: 'boolean' } },
  takes: [1, 1],
  async run(typed) {
    const [name = ''] = typed.positionals;
    const agents = typed.texts('agent');
    const { pep, api_key } = await withAdmin(typed, (admin) =>
      admin.call('pep/add', {
        name,
        agents: agents.length === 0 ? null : [...agents],
        explains: typed.flag('explain'),
      }),
    );
    if (typed.flag('json')) return printJson({ id: pep.id, api_key });
    print(`pep  ${pep.id}`, `key  ${api_key}`, '', 'The key is not shown again.');
  },
};

export const pepRevoke: Command = {
  usage: 'pep revoke ID',
  summary: 'Refuse an enforcement point’s key from now on',
  options: SITE_OPTIONS,
  takes: [1, 1],
  async run(typed) {
    const [id = ''] = typed.positionals;
    await withAdmin(typed, (admin) => admin.call('pep/revoke', { id }));
    if (typed.flag('json')) return printJson({ id, status: 'revoked' });
    print(`${id} is revoked`);
  },
};
