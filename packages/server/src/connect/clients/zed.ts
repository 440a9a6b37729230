import { joinOn, userConfig } from '../../machine.ts';
import { USUAL_REMOTE, type ClientDescription } from '../client.ts';
import { jsonText } from '../text/json-text.ts';

/** On macOS, too, its settings are below `~/.config`. */
export const ZED: ClientDescription = {
  name: 'zed',
  title: 'Zed',
  startedFrom: 'desktop',
  format: jsonText({ comments: true }),
  files: (machine, folder) => ({
    user: [
      machine.platform === 'win32'
        ? joinOn(machine, userConfig(machine), 'Zed', 'settings.json')
        : joinOn(machine, userConfig({ ...machine, platform: 'linux' }), 'zed', 'settings.json'),
    ],
    project: [joinOn(machine, folder, '.zed', 'settings.json')],
  }),
  maps: [['context_servers']],
  variables: 'none',
  remote: USUAL_REMOTE,
  restart: 'nothing: it starts its servers anew by itself',
};
