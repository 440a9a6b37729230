import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect as connectAgent, type Era } from '../e2e/agents.ts';
import { Site, type Finished } from '../e2e/countersign.ts';
import { openWorld, type World } from '../e2e/world.ts';

const KEY = /cs_agent_[A-Za-z0-9_-]{43}/;
const NOTES = join(import.meta.dirname, '../e2e/upstream/note-server.ts');
/** No keychain of whoever runs the tests: a key in a file is asked for. */
const IN_FILE = '--key-file';

interface Entry {
  readonly command: string;
  readonly args: string[];
  readonly env?: Record<string, string>;
  readonly url?: string;
}

/** A home folder in the site's own, and the environment that has no other. */
function homeOf(site: Site): { home: string; env: Record<string, string>; cursor: string } {
  const home = join(site.dir, 'home');
  mkdirSync(join(home, '.cursor'), { recursive: true });
  return {
    home,
    env: {
      HOME: home,
      USERPROFILE: home,
      APPDATA: join(home, 'appdata'),
      XDG_CONFIG_HOME: '',
      CLAUDE_CONFIG_DIR: '',
      CODEX_HOME: '',
    },
    cursor: join(home, '.cursor', 'mcp.json'),
  };
}

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

describe('a cursor-like client and a running server', () => {
  let world: World;
  let before: string;
  let site: Site;
  let home: ReturnType<typeof homeOf>;
  const outputs: string[] = [];
  beforeAll(async () => {
    world = await openWorld();
    site = world.site;
    home = homeOf(site);
    writeFileSync(join(site.files, 'hello.txt'), 'hello');
    const remote = (
      JSON.parse(readFileSync(join(site.dir, 'countersign.yaml'), 'utf8')) as {
        upstreams: { remote: { url: string } };
      }
    ).upstreams.remote.url;
    before = `{
  // what I use
  "mcpServers": {
    "local notes": {
      "command": ${JSON.stringify(process.execPath)},
      "args": [${JSON.stringify(NOTES)}, ${JSON.stringify(site.files)}],
      "env": { "NOTES_TOKEN": "s3cret-1" }
    },
    "remote": { "url": ${JSON.stringify(remote)} },
    "elsewhere": { "url": ${JSON.stringify(remote)}, "headers": { "X-Key": "s3cret-2" } }
  }
}
`;
    writeFileSync(home.cursor, before);
  });
  afterAll(() => world.close());

  const run = async (...args: string[]): Promise<Finished> => {
    const done = await site.run([...args, '--data', site.data], home.env);
    outputs.push(done.stdout, done.stderr);
    return done;
  };
  const servers = () =>
    (
      JSON.parse(readFileSync(home.cursor, 'utf8').replace(/^.*\/\/ what.*$/m, '')) as {
        mcpServers: Record<string, Entry>;
      }
    ).mcpServers;

  test('--dry-run shows and writes nothing', async () => {
    const done = await run('connect', '--dry-run');
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/^\+.*"mcp"/m);
    expect(done.stdout).toMatch(/a guide, not a wall/);
    expect(readFileSync(home.cursor, 'utf8')).toBe(before);
    expect(existsSync(join(home.home, '.config'))).toBe(false);
  });

  test('without a terminal it does not write unless told to', async () => {
    const done = await run('connect', '--owner', 'owner@example.com');
    expect(done).toMatchObject({
      code: 1,
      stderr:
        'countersign: no terminal to ask on: nothing was written; look with --dry-run, then say --yes\n',
    });
    const nobody = await run('connect', '--yes');
    expect(nobody.code).toBe(2);
    expect(nobody.stderr).toMatch(/^countersign: --owner is missing\n/);
    expect(readFileSync(home.cursor, 'utf8')).toBe(before);
  });

  test('it routes them; the agent has a key of its own', async () => {
    const done = await run('connect', '--yes', '--owner', 'owner@example.com', IN_FILE);
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/local notes +guided as local-notes/);
    expect(done.stdout).toMatch(/remote +confined: upstream remote$/m);
    expect(done.stdout).toMatch(/elsewhere +confined: upstream elsewhere$/m);
    expect(servers()['elsewhere']).not.toHaveProperty('headers');
    const { agents } = (await site.json('agent', 'list')) as unknown as {
      agents: { name: string; owner_email: string }[];
    };
    expect(agents).toContainEqual(
      expect.objectContaining({ name: 'cursor', owner_email: 'owner@example.com' }),
    );
    const again = await run('connect', '--yes');
    expect(again.stdout).toMatch(/Nothing to change/);
  });

  test.skipIf(process.platform === 'win32')(
    'the key is in one file of the owner’s alone, and nowhere else',
    () => {
      const file = join(home.home, '.config/countersign/agents/cursor.json');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
      const holders = everyFile(home.home).filter((path) => KEY.test(readFileSync(path, 'utf8')));
      expect(holders).toEqual([file]);
      expect(outputs.join('')).not.toMatch(KEY);
      expect(outputs.join('')).not.toMatch(/s3cret/);
    },
  );

  test.each<[string, Era]>([
    ['local notes', '2025-11-25'],
    ['local notes', '2026-07-28'],
    ['remote', '2025-11-25'],
    ['remote', '2026-07-28'],
  ])('%s: what the client starts now works (%s)', async (name, era) => {
    const { command = '', args = [] } = servers()[name] ?? {};
    // As MCP clients do, with hardly any environment.
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: home.home,
      USERPROFILE: home.home,
      APPDATA: home.env['APPDATA'] ?? '',
    };
    const agent = await connectAgent(era, { kind: 'stdio', command, args, env });
    expect(await agent.tools()).toContain('write_note');
    const held = agent.call('write_note', { name: `${era}-${name}.txt`, text: 'through' });
    await site.vote('approve', await site.pending());
    expect(await held).toMatchObject({ isError: false });
    expect(readFileSync(join(site.files, `${era}-${name}.txt`), 'utf8')).toBe('through');
    await agent.close();
  });

  test('--undo restores every byte', async () => {
    const config = readFileSync(join(site.dir, 'countersign.yaml'), 'utf8');
    expect(config).toContain('elsewhere');
    const done = await run('connect', '--undo', '--yes');
    expect(done, done.stderr).toMatchObject({ code: 0 });
    expect(readFileSync(home.cursor, 'utf8')).toBe(before);
    expect(readFileSync(join(site.dir, 'countersign.yaml'), 'utf8')).not.toContain('elsewhere');
    expect(await run('connect', '--undo', '--yes')).toMatchObject({ code: 1 });
  });

  test('a file that was changed since is named, and restored by force alone', async () => {
    expect(await run('connect', '--yes')).toMatchObject({ code: 0 });
    writeFileSync(home.cursor, `${readFileSync(home.cursor, 'utf8')}\n`);
    const refused = await run('connect', '--undo', '--yes');
    expect(refused).toMatchObject({
      code: 1,
      stderr: `countersign: changed since: ${home.cursor}: nothing was undone; --entries puts back only the servers in it, --force the whole file as it was\n`,
    });
    expect(await run('connect', '--undo', '--yes', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(home.cursor, 'utf8')).toBe(before);
  });
});

describe('without a server', () => {
  let site: Site;
  let home: ReturnType<typeof homeOf>;
  beforeEach(() => {
    site = new Site();
    home = homeOf(site);
  });
  afterEach(() => site.close());
  const run = (...args: string[]) => site.run([...args, '--data', site.data], home.env);

  test('no client here is nothing to do', async () => {
    const done = await run('connect', '--yes');
    expect(done).toMatchObject({ code: 0 });
    expect(done.stdout).toMatch(/^No config of Claude Code, .* is here\.\n$/);
    expect(existsSync(site.data)).toBe(false);
  });

  test.each([
    [
      'an unknown client',
      ['--client', 'emacs'],
      2,
      /--client is one of claude-code, claude-desktop, cursor, vscode, codex, gemini, zed/,
    ],
    ['force without undo', ['--force'], 2, /--force and --entries go with --undo/],
    ['both ways to undo', ['--undo', '--force', '--entries'], 2, /--force or --entries, not both/],
    ['nothing to undo', ['--undo', '--yes'], 1, /there is nothing to undo/],
  ])('%s', async (_what, args, code, message) => {
    const done = await run('connect', ...args);
    expect(done).toMatchObject({ code });
    expect(done.stderr).toMatch(message);
  });

  test('a broken file is one line and is skipped; the others are connected; the exit code says so', async () => {
    mkdirSync(join(home.home, '.codex'));
    writeFileSync(join(home.home, '.codex/config.toml'), '[mcp_servers.a]\ncommand = \n');
    writeFileSync(home.cursor, '{ "mcpServers": { "a": { "command": "x" } } }');
    const done = await run('connect', '--yes', '--owner', 'o@example.com', IN_FILE);
    expect(done.code).toBe(1);
    expect(done.stderr.split('\n')).toHaveLength(3);
    expect(done.stderr).toMatch(
      /^countersign: skipped: .*config\.toml:\d+:\d+: .+\ncountersign: one file could not be read: mend it, then connect again\n$/,
    );
    expect(readFileSync(home.cursor, 'utf8')).toContain('"mcp"');
  });

  test('--client leaves the others alone', async () => {
    mkdirSync(join(home.home, '.codex'));
    const codex = '[mcp_servers.a]\ncommand = "x"\n';
    writeFileSync(join(home.home, '.codex/config.toml'), codex);
    writeFileSync(home.cursor, '{ "mcpServers": { "a": { "command": "x" } } }');
    expect(
      await run('connect', '--yes', '--owner', 'o@example.com', '--client', 'cursor', IN_FILE),
    ).toMatchObject({ code: 0 });
    expect(readFileSync(join(home.home, '.codex/config.toml'), 'utf8')).toBe(codex);
  });

  test('a name that is somebody else’s agent gets a number', async () => {
    await site.json('agent', 'add', 'cursor', '--owner', 'other@example.com');
    writeFileSync(home.cursor, '{ "mcpServers": { "a": { "command": "x" } } }');
    expect(await run('connect', '--yes', '--owner', 'o@example.com', IN_FILE)).toMatchObject({ code: 0 });
    expect(readFileSync(home.cursor, 'utf8')).toContain('"--agent", "cursor-2"');
  });

  test('an authority that moved is asked where it is now', async () => {
    site.configure({ public_url: 'http://localhost:7301' });
    writeFileSync(home.cursor, '{ "mcpServers": { "a": { "command": "x" } } }');
    expect(await run('connect', '--yes', '--owner', 'o@example.com', IN_FILE)).toMatchObject({ code: 0 });
    site.configure({ public_url: 'http://localhost:7302' });
    expect((await run('connect', '--yes', IN_FILE)).stdout).toMatch(
      /^Agent cursor asks at http:\/\/localhost:7302 now\.$/m,
    );
    const kept = readFileSync(join(home.home, '.config/countersign/agents/cursor.json'), 'utf8');
    expect(kept).toContain('http://localhost:7302');
    expect(kept).toMatch(KEY);
  });

  test('--json says what became of each', async () => {
    writeFileSync(
      home.cursor,
      '{ "mcpServers": { "a": { "command": "x" }, "b": { "url": "https://b.example/mcp" } } }',
    );
    const done = await run('connect', '--json', '--yes', '--owner', 'o@example.com', IN_FILE);
    expect(JSON.parse(done.stdout)).toMatchObject({
      written: true,
      files: [home.cursor],
      servers: [
        { client: 'cursor', name: 'a', became: 'guided', as: 'a' },
        {
          client: 'cursor',
          name: 'b',
          became: 'left',
          why: expect.stringMatching(/there is no countersign\.yaml/) as string,
        },
      ],
      agents: [{ client: 'cursor', agent: 'cursor' }],
      skipped: [],
    });
    expect(done.stdout).not.toMatch(KEY);
  });

  test.skipIf(process.platform !== 'linux')(
    'a keychain gets the key on its standard input, never as an argument',
    async () => {
      const bin = join(site.dir, 'bin');
      mkdirSync(bin);
      const log = join(site.dir, 'calls');
      writeFileSync(
        join(bin, 'secret-tool'),
        `#!/bin/sh\necho "$@" >> ${log}\ncase $1 in store) cat > ${log}.kept;; lookup) cat ${log}.kept;; esac\n`,
      );
      chmodSync(join(bin, 'secret-tool'), 0o755);
      const env = { ...home.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` };
      writeFileSync(home.cursor, '{ "mcpServers": { "a": { "command": "x" } } }');
      const done = await site.run(['connect', '--yes', '--owner', 'o@example.com', '--data', site.data], env);
      expect(done, done.stderr).toMatchObject({ code: 0 });
      expect(done.stdout).toMatch(/Agent cursor: its key is in the Secret Service/);
      const kept = readFileSync(`${log}.kept`, 'utf8');
      expect(kept).toMatch(/^cs_agent_[A-Za-z0-9_-]{43}$/);
      expect(readFileSync(log, 'utf8')).not.toContain('cs_agent');
      for (const file of everyFile(home.home)) expect(readFileSync(file, 'utf8'), file).not.toContain(kept);
      // The door finds it there: it gets as far as asking an authority that is not there.
      const door = await site.run(['mcp', '--server', 'a', '--agent', 'cursor', '--', 'x'], {
        ...env,
        COUNTERSIGN_URL: 'http://127.0.0.1:1',
      });
      expect(door.stderr).toMatch(/the authority cannot be reached/);
    },
  );

  test.skipIf(process.platform === 'win32')('a key that others can read is not used', async () => {
    writeFileSync(home.cursor, '{ "mcpServers": { "a": { "command": "x" } } }');
    await run('connect', '--yes', '--owner', 'o@example.com', IN_FILE);
    const file = join(home.home, '.config/countersign/agents/cursor.json');
    chmodSync(file, 0o644);
    const door = await site.run(['mcp', '--server', 'a', '--agent', 'cursor'], home.env);
    expect(door).toMatchObject({
      code: 1,
      stderr: `countersign: ${file} can be read by others: chmod 600 it, and make a new key if they may have\n`,
    });
    expect((await site.run(['mcp', '--server', 'a', '--agent', 'nobody'], home.env)).stderr).toBe(
      'countersign: no key of agent `nobody` is on this machine: run `countersign connect`, or set COUNTERSIGN_API_KEY\n',
    );
  });
});
