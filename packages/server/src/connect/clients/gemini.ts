import { joinOn } from '../../machine.ts';
import type { ClientDescription } from '../client.ts';
import { jsonText } from '../text/json-text.ts';

export const GEMINI: ClientDescription = {
  name: 'gemini',
  title: 'Gemini CLI',
  startedFrom: 'terminal',
  format: jsonText({ comments: true }),
  files: (machine, folder) => ({
    user: [joinOn(machine, machine.home, '.gemini', 'settings.json')],
    project: [joinOn(machine, folder, '.gemini', 'settings.json')],
  }),
  maps: [['mcpServers']],
  variables: '$NAME',
  remote: {
    url: ['httpUrl', 'url'],
    headers: ['headers'],
    signIn: ['oauth', 'authProviderType'],
    typed: false,
  },
  restart: 'start it again',
};
