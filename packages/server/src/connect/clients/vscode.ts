import { joinOn, userConfig } from '../../machine.ts';
import { USUAL_REMOTE, type ClientDescription } from '../client.ts';
import { jsonText } from '../text/json-text.ts';

/** Each profile may have a file of its own. */
export const VSCODE: ClientDescription = {
  name: 'vscode',
  title: 'VS Code',
  startedFrom: 'desktop',
  format: jsonText({ comments: true }),
  files: (machine, folder) => ({
    user: ['Code', 'Code - Insiders'].flatMap((edition) => {
      const user = joinOn(machine, userConfig(machine), edition, 'User');
      return [joinOn(machine, user, 'mcp.json'), joinOn(machine, user, 'profiles', '*', 'mcp.json')];
    }),
    project: [joinOn(machine, folder, '.vscode', 'mcp.json')],
  }),
  maps: [['servers']],
  variables: '${env:NAME}',
  remote: USUAL_REMOTE,
  restart: 'restart its servers (MCP: List Servers)',
};
