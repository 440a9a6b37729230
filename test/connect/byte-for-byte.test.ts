import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClientDescription } from '../../packages/server/src/connect/client.ts';
import { applyChanges, connections } from '../../packages/server/src/connect/journal.ts';
import { findServers } from '../../packages/server/src/connect/server-entry.ts';
import { undo } from '../../packages/server/src/connect/undo.ts';
import { clientNamed, Home } from './fixture.ts';
import { jsoncFile, tomlFile, type RandomFile } from './random-files.ts';

describe.each<[string, ClientDescription, fc.Arbitrary<RandomFile>]>([
  ['jsonc', clientNamed('cursor'), jsoncFile],
  ['toml', clientNamed('codex'), tomlFile],
])('random %s', (_format, client, files) => {
  test.each([false, true])('is routed, everything else stays, undo restores it (confined: %s)', (confine) => {
    const home = new Home();
    fc.assert(
      fc.property(files, ({ text, others }) => {
        const path = home.write(client, text);
        writeFileSync(home.config, '# ours\nupstreams: {}\n');
        const plan = home.plan([client], confine);
        for (const { route } of plan.servers)
          if (route.kind === 'left') expect(route.why).not.toMatch(/safely/);
        if (plan.changes.length === 0) {
          expect(plan.servers.every(({ route }) => route.kind === 'left')).toBe(true);
          return;
        }
        applyChanges(home.machine, plan.changes, new Date());
        const after = readFileSync(path, 'utf8');
        // Whoever looks again finds every server that was not left alone behind us.
        const left = plan.servers.filter(({ route }) => route.kind === 'left').map(({ name }) => name);
        for (const { name, entry } of findServers(client, client.format.leaves(after)))
          expect(entry.kind === 'routed' || left.includes(name), name).toBe(true);
        const lines = after.replace(/^\uFEFF/, '').split(/\r?\n/);
        for (const line of others) expect(lines).toContain(line);
        expect(home.plan([client], confine).changes).toEqual([]);
        for (const connection of connections(home.machine)) undo(connection, 'bytes');
        expect(readFileSync(path).equals(Buffer.from(text))).toBe(true);
        expect(readFileSync(home.config, 'utf8')).toBe('# ours\nupstreams: {}\n');
      }),
      { numRuns: 150 },
    );
  });

  test('what was changed since is restored server by server, and the change stays', () => {
    const home = new Home();
    fc.assert(
      fc.property(files, ({ text }) => {
        const path = home.write(client, text);
        writeFileSync(home.config, 'upstreams: {}\n');
        const plan = home.plan([client], true);
        if (!plan.changes.some(({ client: of }) => of !== undefined)) return;
        applyChanges(home.machine, plan.changes, new Date());
        writeFileSync(path, `${readFileSync(path, 'utf8')}${client.name === 'codex' ? '[added]\n' : '\n\n'}`);
        const [connection] = connections(home.machine);
        if (connection === undefined) throw new Error('no connection');
        expect(undo(connection, 'bytes').refused).toEqual([path]);
        undo(connection, 'entries');
        const meant = (content: string) =>
          new Map(
            client.format
              .leaves(content)
              .filter(({ value }) => !isEmpty(value))
              .map(({ path: at, value }) => [JSON.stringify(at), value]),
          );
        expect(meant(readFileSync(path, 'utf8'))).toEqual(meant(text));
      }),
      { numRuns: 100 },
    );
  });
});

/** An empty table that held what moved need not come back. */
function isEmpty(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

const CURSOR = '{ "mcpServers": { "a": { "command": "x" } } }\n';
const CODEX = '[mcp_servers.a]\ncommand = "x"\n';

/** Two clients, connected. */
function connected(): { home: Home; files: readonly [string, string]; before: readonly [string, string] } {
  const home = new Home();
  const clients = [clientNamed('cursor'), clientNamed('codex')] as const;
  const files = [home.write(clients[0], CURSOR), home.write(clients[1], CODEX)] as const;
  applyChanges(home.machine, home.plan(clients).changes, new Date());
  return { home, files, before: [CURSOR, CODEX] };
}

describe('a crash of connect can be undone, wherever it was', () => {
  test('before the record: nothing was changed, and nothing is to undo', () => {
    const { home } = connected();
    const [connection] = connections(home.machine);
    rmSync(join(connection?.folder ?? '', 'record.json'));
    expect(connections(home.machine)).toEqual([]);
  });

  test.each([0, 1, 2])('after %i of two files', (written) => {
    const { home, files, before } = connected();
    // What a crash leaves: the files after it are still as they were.
    for (const at of [0, 1].slice(written)) writeFileSync(files[at] ?? '', before[at] ?? '');
    const [connection] = connections(home.machine);
    expect(connection?.files.map(({ state }) => state)).toEqual(
      [0, 1].map((at) => (at < written ? 'written' : 'untouched')),
    );
    if (connection !== undefined) undo(connection, 'bytes');
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
    expect(connections(home.machine)).toEqual([]);
  });

  test('in the middle of undoing: it is done again', () => {
    const { home, files, before } = connected();
    writeFileSync(files[0], before[0]);
    const [connection] = connections(home.machine);
    if (connection !== undefined) undo(connection, 'bytes');
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
  });

  test('another writer between reading and writing: that file stays as he left it, the others as they were', () => {
    const home = new Home();
    const clients = [clientNamed('cursor'), clientNamed('codex')] as const;
    const [cursor, codex] = [home.write(clients[0], CURSOR), home.write(clients[1], CODEX)];
    const plan = home.plan(clients);
    writeFileSync(codex, '# his\n');
    expect(() => applyChanges(home.machine, plan.changes, new Date())).toThrow(
      /was changed meanwhile: run it again/,
    );
    expect(readFileSync(cursor, 'utf8')).toBe(CURSOR);
    expect(readFileSync(codex, 'utf8')).toBe('# his\n');
    expect(connections(home.machine)).toEqual([]);
  });
});

describe('undo', () => {
  test('refuses a file that was changed since, and leaves all the others alone', () => {
    const { home, files } = connected();
    const after = readFileSync(files[0], 'utf8');
    writeFileSync(files[1], '# his\n');
    const [connection] = connections(home.machine);
    if (connection === undefined) throw new Error('no connection');
    expect(undo(connection, 'bytes').refused).toEqual([files[1]]);
    expect(readFileSync(files[0], 'utf8')).toBe(after);
    undo(connection, 'force');
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual([CURSOR, CODEX]);
  });

  test('a file that is gone comes back only by force', () => {
    const { home, files } = connected();
    rmSync(files[1]);
    const [connection] = connections(home.machine);
    if (connection === undefined) throw new Error('no connection');
    expect(undo(connection, 'bytes').refused).toEqual([files[1]]);
    undo(connection, 'force');
    expect(readFileSync(files[1], 'utf8')).toBe(CODEX);
  });

  test('two runs are undone one after the other', () => {
    const home = new Home();
    const client = clientNamed('cursor');
    const path = home.write(client, CURSOR);
    applyChanges(home.machine, home.plan([client]).changes, new Date(0));
    const one = readFileSync(path, 'utf8');
    const codex = clientNamed('codex');
    const other = home.write(codex, CODEX);
    applyChanges(home.machine, home.plan([client, codex]).changes, new Date(1));
    for (const expected of [one, CURSOR]) {
      const [newest] = connections(home.machine);
      if (newest !== undefined) undo(newest, 'bytes');
      expect(readFileSync(path, 'utf8')).toBe(expected);
      expect(readFileSync(other, 'utf8')).toBe(CODEX);
    }
    expect(connections(home.machine)).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('the file that is written', () => {
  test('keeps its mode, and a link stays a link', () => {
    const home = new Home();
    const client = clientNamed('cursor');
    const path = home.write(client, CURSOR);
    const real = join(home.dir, 'dotfiles', 'mcp.json');
    mkdirSync(join(home.dir, 'dotfiles'));
    renameSync(path, real);
    symlinkSync(real, path);
    chmodSync(real, 0o640);
    applyChanges(home.machine, home.plan([client]).changes, new Date());
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(readFileSync(real, 'utf8')).toContain('countersign');
    const [connection] = connections(home.machine);
    // What may hold secrets is for nobody else.
    const folder = connection?.folder ?? '';
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, '0.before')).mode & 0o777).toBe(0o600);
    if (connection !== undefined) undo(connection, 'bytes');
    expect(readFileSync(real, 'utf8')).toBe(CURSOR);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });
});
