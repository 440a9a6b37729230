import { joinOn, userConfig } from '../../machine.ts';
import { USUAL_REMOTE, type ClientDescription } from '../client.ts';
import { jsonText } from '../text/json-text.ts';

export const CLAUDE_DESKTOP: ClientDescription = {
  name: 'claude-desktop',
  title: 'Claude Desktop',
  startedFrom: 'desktop',
  format: jsonText({ comments: false }),
  files: (machine) => ({
    user: [joinOn(machine, userConfig(machine), 'Claude', 'claude_desktop_config.json')],
    project: [],
  }),
  maps: [['mcpServers']],
  variables: 'none',
  remote: USUAL_REMOTE,
  restart: 'quit it and start it again',
};
