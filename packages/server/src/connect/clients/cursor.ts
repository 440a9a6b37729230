import { joinOn } from '../../machine.ts';
import { USUAL_REMOTE, type ClientDescription } from '../client.ts';
import { jsonText } from '../text/json-text.ts';

export const CURSOR: ClientDescription = {
  name: 'cursor',
  title: 'Cursor',
  startedFrom: 'desktop',
  format: jsonText({ comments: true }),
  files: (machine, folder) => ({
    user: [joinOn(machine, machine.home, '.cursor', 'mcp.json')],
    project: [joinOn(machine, folder, '.cursor', 'mcp.json')],
  }),
  maps: [['mcpServers']],
  variables: '${env:NAME}',
  remote: USUAL_REMOTE,
  restart: 'reload it',
};
