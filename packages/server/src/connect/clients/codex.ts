import { joinOn, variableOn } from '../../machine.ts';
import type { ClientDescription } from '../client.ts';
import { TOML_TEXT } from '../text/toml-text.ts';

export const CODEX: ClientDescription = {
  name: 'codex',
  title: 'Codex',
  startedFrom: 'terminal',
  format: TOML_TEXT,
  files: (machine, folder) => ({
    user: [
      joinOn(
        machine,
        variableOn(machine, 'CODEX_HOME') ?? joinOn(machine, machine.home, '.codex'),
        'config.toml',
      ),
    ],
    project: [joinOn(machine, folder, '.codex', 'config.toml')],
  }),
  maps: [['mcp_servers']],
  variables: 'none',
  remote: {
    url: ['url'],
    headers: ['http_headers'],
    envHeaders: 'env_http_headers',
    bearerVariable: 'bearer_token_env_var',
    signIn: ['oauth_resource', 'scopes', 'auth', 'oauth'],
    typed: false,
  },
  restart: 'start it again',
};
