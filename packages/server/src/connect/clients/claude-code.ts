import { joinOn, variableOn } from '../../machine.ts';
import { USUAL_REMOTE, type ClientDescription } from '../client.ts';
import { jsonText } from '../text/json-text.ts';

/** User and local scope are in one file, which also holds the client's own state; project scope is a file of the project. */
export const CLAUDE_CODE: ClientDescription = {
  name: 'claude-code',
  title: 'Claude Code',
  startedFrom: 'terminal',
  format: jsonText({ comments: false }),
  files: (machine, folder) => ({
    user: [joinOn(machine, variableOn(machine, 'CLAUDE_CONFIG_DIR') ?? machine.home, '.claude.json')],
    project: [joinOn(machine, folder, '.mcp.json')],
  }),
  maps: [['mcpServers'], ['projects', '*', 'mcpServers']],
  variables: '${NAME}',
  remote: { ...USUAL_REMOTE, signIn: ['oauth', 'headersHelper'] },
  beforehand: 'end its sessions now: a running one writes its file anew, over this',
  restart: 'start it again',
};
