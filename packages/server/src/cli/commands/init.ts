import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Failure, type Command } from '../command.ts';
import { print, printJson } from '../output.ts';
import { CONFIG_FILE, SHIPPED_POLICIES } from '../site.ts';

const CONFIG = `# Countersign. Durations are like 50s, 15m, 1h; \${NAME} is the environment's.
public_url: http://localhost:7300    # origin of the console, WebAuthn RP ID and links
hold: 50s                            # how long a call waits for its approval before the agent is told to come back
single_operator: false               # true: the agent owner's own vote counts, marked as self-approved for ever
pending: 1h                          # how long a request waits for an answer
outside_boundary: forbid             # or { step_up: GROUP }
# limits: { calls_per_agent: 512 }   # how much an agent, and all of them, may ask at a time: see docs/limits.md
# domains: [example.com]             # what is inside the organisation, with its subdomains; =example.com alone
# entities: ./entities.json          # what policies and searches may speak of besides agents and tools
upstreams: {}
  # files: { command: npx, args: [-y, "@modelcontextprotocol/server-filesystem", ./scratch], cwd: ., catalog: filesystem }
  # wiki:  { url: "http://127.0.0.1:3001/mcp", headers: { authorization: "Bearer \${WIKI_TOKEN}" } }
  # crm:   { url: "https://crm.example/mcp", credential: { grant: client_credentials, issuer: "https://login.example", client_id: countersign, client_secret: "\${CRM_SECRET}" } }
`;

export const init: Command = {
  usage: 'init [DIR]',
  summary: 'Write a config, the default policies and a catalog to start from',
  options: { json: { type: 'boolean' } },
  takes: [0, 1],
  async run(typed) {
    const dir = resolve(typed.positionals[0] ?? '.');
    const config = join(dir, CONFIG_FILE);
    const policies = join(dir, 'policies');
    for (const path of [config, policies]) {
      if (existsSync(path)) throw new Failure(`${path} is there already: nothing was written`);
    }
    mkdirSync(dir, { recursive: true });
    // What is only for our own tests and demo stays here.
    cpSync(SHIPPED_POLICIES, policies, {
      recursive: true,
      filter: (source) => !/^(?:cases|demo)(?:\/|\\|$)/.test(relative(SHIPPED_POLICIES, source)),
    });
    writeFileSync(config, CONFIG, { flag: 'wx' });
    if (typed.flag('json')) return printJson({ config, policies });
    print(
      `Written: ${config}`,
      `         ${policies} (what an agent may do alone, and what a person may allow)`,
      '',
      'Next:',
      '  countersign serve',
      '  countersign connect --owner EMAIL    (the MCP clients of this machine; or name servers in the config)',
    );
  },
};
