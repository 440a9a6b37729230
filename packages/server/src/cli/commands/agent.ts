import { SITE_OPTIONS, type Command } from '../command.ts';
import { print, printJson, printTable } from '../output.ts';
import { withAdmin } from '../site.ts';

export const agentAdd: Command = {
  usage: 'agent add NAME --owner EMAIL',
  summary: 'Register an agent; its key is printed once',
  options: { ...SITE_OPTIONS, owner: { type: 'string' } },
  takes: [1, 1],
  async run(typed) {
    const [name = ''] = typed.positionals;
    const owner = typed.required('owner');
    const { agent, api_key } = await withAdmin(typed, (admin) => admin.call('agent/add', { name, owner }));
    if (typed.flag('json')) return printJson({ id: agent.id, api_key });
    print(
      `agent  ${agent.id}`,
      `key    ${api_key}`,
      '',
      'The key is not shown again: give it to the agent as COUNTERSIGN_API_KEY.',
    );
  },
};

export const agentList: Command = {
  usage: 'agent list',
  summary: 'Show the agents',
  options: SITE_OPTIONS,
  takes: [0, 0],
  async run(typed) {
    const agents = await withAdmin(typed, (admin) => admin.call('agent/list', {}));
    if (typed.flag('json')) return printJson({ agents });
    if (agents.length === 0) return print('No agents yet: `countersign agent add NAME --owner EMAIL`.');
    printTable([
      ['NAME', 'ID', 'OWNER', 'STATUS'],
      ...agents.map(({ name, id, owner_email, status }) => [name, id, owner_email, status]),
    ]);
  },
};

export const agentSuspend: Command = {
  usage: 'agent suspend AGENT',
  summary: 'Refuse everything an agent asks, at once; open approvals of it cannot be used',
  options: SITE_OPTIONS,
  takes: [1, 1],
  run: (typed) => setStatus(typed, 'suspended'),
};

export const agentResume: Command = {
  usage: 'agent resume AGENT',
  summary: 'Let a suspended agent act again',
  options: SITE_OPTIONS,
  takes: [1, 1],
  run: (typed) => setStatus(typed, 'active'),
};

async function setStatus(
  typed: Parameters<Command['run']>[0],
  status: 'active' | 'suspended',
): Promise<void> {
  const [agent = ''] = typed.positionals;
  const changed = await withAdmin(typed, (admin) => admin.call('agent/status', { agent, status }));
  if (typed.flag('json')) return printJson({ id: changed.id, status: changed.status });
  print(`${changed.name} is ${changed.status}`);
}
