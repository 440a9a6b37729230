import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CLIENTS } from '../../packages/server/src/connect/clients/all.ts';
import { applyChanges, connections } from '../../packages/server/src/connect/journal.ts';
import { undo } from '../../packages/server/src/connect/undo.ts';
import { clientNamed, Home } from './fixture.ts';

interface Case {
  readonly title: string;
  readonly client: string;
  readonly confine?: boolean;
  readonly config?: string;
  readonly before: string;
  readonly after: string;
  readonly upstreams?: Record<string, unknown>;
  readonly left?: Record<string, string>;
}

const CONFIG = `# ours
public_url: http://localhost:7300    # here
upstreams: {}
  # none yet
`;
const cases = parse(readFileSync(join(import.meta.dirname, 'cases.yaml'), 'utf8')) as readonly Case[];

describe('what becomes of a client’s file', () => {
  test.each(cases)(
    '$title',
    ({ client: name, confine, config = CONFIG, before, after, upstreams = {}, left = {} }) => {
      const home = new Home();
      const client = clientNamed(name);
      const path = home.write(client, before);
      writeFileSync(home.config, config);
      const plan = home.plan([client], confine);
      if (plan.changes.length > 0) applyChanges(home.machine, plan.changes, new Date());
      expect(readFileSync(path, 'utf8')).toBe(after === 'same' ? before : after);
      const written = readFileSync(home.config, 'utf8');
      expect((parse(written) as { upstreams: object }).upstreams).toEqual(upstreams);
      // Comments and spaces of what was there are still there.
      if (config === CONFIG) expect(written).toContain('http://localhost:7300    # here\n');
      const leftAlone = plan.servers.flatMap(({ name: server, route }) =>
        route.kind === 'left' ? [[server, route.why]] : [],
      );
      expect(Object.fromEntries(leftAlone)).toEqual(left);

      const again = home.plan([client], confine);
      expect(again.changes).toEqual([]);

      for (const connection of connections(home.machine)) undo(connection, 'bytes');
      expect(readFileSync(path)).toEqual(Buffer.from(before));
      expect(readFileSync(home.config, 'utf8')).toBe(config);
      expect(connections(home.machine)).toEqual([]);
    },
  );

  test('every client has a case', () => {
    expect([...new Set(cases.map(({ client }) => client))].sort()).toEqual(
      CLIENTS.map(({ name }) => name).sort(),
    );
  });
});

describe('where clients keep their servers', () => {
  test.each<[string, NodeJS.Platform, string]>([
    ['claude-code', 'linux', '/home/u/.claude.json'],
    ['claude-code', 'win32', 'C:\\Users\\u\\.claude.json'],
    ['claude-desktop', 'linux', '/home/u/.config/Claude/claude_desktop_config.json'],
    ['claude-desktop', 'darwin', '/home/u/Library/Application Support/Claude/claude_desktop_config.json'],
    ['claude-desktop', 'win32', 'C:\\Users\\u\\AppData\\Roaming\\Claude\\claude_desktop_config.json'],
    ['cursor', 'darwin', '/home/u/.cursor/mcp.json'],
    ['cursor', 'win32', 'C:\\Users\\u\\.cursor\\mcp.json'],
    ['vscode', 'linux', '/home/u/.config/Code/User/mcp.json'],
    ['vscode', 'darwin', '/home/u/Library/Application Support/Code/User/mcp.json'],
    ['vscode', 'win32', 'C:\\Users\\u\\AppData\\Roaming\\Code\\User\\mcp.json'],
    ['codex', 'darwin', '/home/u/.codex/config.toml'],
    ['codex', 'win32', 'C:\\Users\\u\\.codex\\config.toml'],
    ['gemini', 'linux', '/home/u/.gemini/settings.json'],
    ['gemini', 'win32', 'C:\\Users\\u\\.gemini\\settings.json'],
    ['zed', 'linux', '/home/u/.config/zed/settings.json'],
    ['zed', 'darwin', '/home/u/.config/zed/settings.json'],
    ['zed', 'win32', 'C:\\Users\\u\\AppData\\Roaming\\Zed\\settings.json'],
  ])('%s on %s', (client, platform, path) => {
    const home = platform === 'win32' ? 'C:\\Users\\u' : '/home/u';
    expect(clientNamed(client).files({ platform, home, env: {} }, home).user[0]).toBe(path);
  });

  test.each<[string, Record<string, string>, string]>([
    ['claude-code', { CLAUDE_CONFIG_DIR: '/c' }, '/c/.claude.json'],
    ['codex', { CODEX_HOME: '/c' }, '/c/config.toml'],
    ['zed', { XDG_CONFIG_HOME: '/c' }, '/c/zed/settings.json'],
  ])('%s as its environment says: %j', (client, env, path) => {
    expect(clientNamed(client).files({ platform: 'linux', home: '/home/u', env }, '/p').user[0]).toBe(path);
  });
});

describe('secrets in what is shown', () => {
  test('values of environment, headers and secret options are masked on both sides', () => {
    const home = new Home();
    writeFileSync(home.config, CONFIG);
    const cursor = clientNamed('cursor');
    home.write(
      cursor,
      JSON.stringify(
        {
          apiKey: 's3cret-0',
          mcpServers: {
            a: {
              command: 'x',
              args: ['plain', '--api-key', 's3cret-1', '--token=s3cret-2'],
              env: { K: 's3cret-3', PIN: 31337 },
            },
            b: { url: 'https://u:s3cret-4@b.example/mcp?key=s3cret-5', headers: { X: 's3cret-6' } },
          },
        },
        null,
        2,
      ),
    );
    const codex = clientNamed('codex');
    home.write(codex, '[mcp_servers.c]\nurl = "https://c.example/mcp"\nhttp_headers = { X = "s3cret-7" }\n');
    for (const confine of [false, true]) {
      const shown = home.plan([cursor, codex], confine).diffs.join('\n');
      expect(shown).not.toMatch(/s3cret|31337/);
      expect(shown).toMatch(/plain/);
      expect(shown).toMatch(/^\+.*"mcp"/m);
    }
  });

  test('what would move the cursor is made visible', () => {
    const home = new Home();
    const zed = clientNamed('zed');
    home.write(zed, '{ "context_servers": { "a": { "command": "x", "args": ["\u202e"] } } } // \u001b[2J\n');
    const shown = home.plan([zed]).diffs.join('\n');
    // oxlint-disable-next-line no-control-regex
    expect(shown).not.toMatch(/[\u001b\u202e]/);
  });
});
