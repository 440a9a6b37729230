import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Site } from '../e2e/countersign.ts';

/** One line on standard error, and no trace of where in our code it came from. */
function expectOneLine(stderr: string): void {
  expect(stderr).toMatch(/^countersign: [^\n]+\n(?:usage: [^\n]+\n)?$/);
  expect(stderr).not.toMatch(/node_modules|\.ts:\d/);
}

describe('exit codes', () => {
  let site: Site;
  beforeAll(() => {
    site = new Site();
  });
  afterAll(() => site.close());

  test.each<[number, string[]]>([
    [0, ['help']],
    [0, ['--help']],
    [0, ['agent', 'add', '--help']],
    [2, []],
    [2, ['frobnicate']],
    [2, ['agent']],
    [2, ['agent', 'add']],
    [2, ['agent', 'add', 'bot']],
    [2, ['agent', 'add', 'bot', '--owner']],
    [2, ['agent', 'add', 'bot', 'two', '--owner', 'o@example.com']],
    [2, ['agent', 'add', 'bot', '--ownr', 'o@example.com']],
    [2, ['serve', '--port', 'many']],
    [2, ['serve', '--port', '70000']],
    [2, ['serve', '--policies', 'nowhere']],
    [2, ['serve', '--', 'x']],
    [2, ['mcp', '--server', 'files']],
    [2, ['mcp', '--', 'x']],
    [2, ['mcp', '--server', 'Not Good', '--', 'x']],
    [2, ['mcp', '--server', 'files', '--']],
    [2, ['connect', '--client', 'none']],
    [2, ['connect', '--force']],
    [2, ['request', 'approve', 'arq_x']],
    [1, ['agent', 'add', 'no spaces', '--owner', 'o@example.com']],
    [1, ['agent', 'add', 'bot', '--owner', 'not an address']],
    [1, ['agent', 'suspend', 'nobody']],
    [1, ['request', 'show', 'arq_x']],
    [1, ['request', 'approve', 'arq_x', '--key', 'none.key']],
    [1, ['audit', 'proof', 'arq_x']],
    [1, ['audit', 'check', 'none.proof']],
    [1, ['audit', 'verify', '--data', 'nothing-here']],
    [1, ['serve', '--config', 'none.yaml']],
    [1, ['mcp', '--server', 'files', '--', 'x']],
    [1, ['mcp', '--server', 'files', '--agent', 'no agent']],
    [1, ['approver', 'add', 'a@example.com', '--group', 'approvers', '--public-key', 'short']],
    [1, ['approver', 'add', 'a@example.com', '--group', 'No Group', '--public-key', 'A'.repeat(43)]],
  ])('%i: %j', async (code, args) => {
    const done = await site.run(args, { COUNTERSIGN_URL: '', COUNTERSIGN_API_KEY: '' });
    expect(done, done.stderr).toMatchObject({ code });
    if (code !== 0 && args.length > 0) expectOneLine(done.stderr);
  });
});

describe('serve refuses to start, in one line', () => {
  const start = async (site: Site, ...more: string[]) =>
    await site.run(['serve', '--json', '--port', '0', '--data', site.data, ...more]);

  test('on a config that is wrong', async () => {
    const site = new Site();
    writeFileSync(join(site.dir, 'countersign.yaml'), 'public_url: http://localhost:1\nholt: 5s\n');
    const done = await start(site);
    expect(done).toMatchObject({
      code: 1,
      stderr: 'countersign: countersign.yaml:2:1: unknown key `holt`\n',
    });
    await site.close();
  });

  test('on policies that do not parse, with file, line and reason', async () => {
    const site = new Site();
    mkdirSync(site.policies);
    writeFileSync(
      join(site.policies, 'broken.cedar'),
      '@id("a")\npermit (principal, action, resource)\nwhen { nonsense };\n',
    );
    const done = await start(site, '--policies', site.policies);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/^countersign: broken\.cedar:3: /);
    await site.close();
  });

  test('on a data folder in use, and one of a newer version', async () => {
    const site = new Site();
    site.configure({});
    const running = await site.start();
    const second = await start(site);
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/in use by another countersign process/);
    await running.stop();
    const db = new DatabaseSync(join(site.data, 'countersign.db'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    const newer = await start(site);
    expect(newer.code).toBe(1);
    expect(newer.stderr).toMatch(/newer version/);
    await site.close();
  });

  test('on a port in use, leaving nothing behind', async () => {
    const site = new Site();
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as { port: number };
    const done = await site.run(['serve', '--port', String(port), '--data', site.data]);
    expect(done).toMatchObject({
      code: 1,
      stderr: 'countersign: that port is in use: name another with --port\n',
    });
    expect(existsSync(site.data)).toBe(false);
    other.close();
    await site.close();
  });

  test('with an anonymous agent where others could reach it', async () => {
    const site = new Site();
    const upstreams = { files: { command: 'x', anonymous_agent: 'bot' } };
    site.configure({ public_url: 'https://consent.example', upstreams });
    expect((await start(site)).stderr).toMatch(/anonymous_agent would let anybody in/);
    site.configure({ public_url: 'http://localhost:7300', upstreams });
    expect((await start(site, '--host', '0.0.0.0')).stderr).toMatch(/anonymous_agent would let anybody in/);
    await site.close();
  });

  test('as a single operator once there are two approvers', async () => {
    const site = new Site();
    await site.enrolKey();
    const second = join(site.dir, 'second.key');
    const { public_key = '' } = await site.json('key', 'new', second);
    await site.json(
      'approver',
      'add',
      'bob@example.com',
      '--group',
      'approvers',
      '--public-key',
      public_key,
      '--as',
      site.keyFile,
    );
    site.configure({ single_operator: true });
    const done = await start(site);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/single_operator is set but there are several approvers/);
    await site.close();
  });
});

describe('a site from nothing', () => {
  test('init writes what serve starts from, and never over anything', async () => {
    const site = new Site();
    const dir = join(site.dir, 'new');
    expect(await site.run(['init', dir])).toMatchObject({ code: 0 });
    for (const file of ['countersign.yaml', 'policies/writes.cedar', 'policies/catalog/filesystem.yaml']) {
      expect(existsSync(join(dir, file)), file).toBe(true);
    }
    expect(existsSync(join(dir, 'policies/cases'))).toBe(false);
    expect(existsSync(join(dir, 'policies/demo'))).toBe(false);
    copyFileSync(join(dir, 'countersign.yaml'), join(site.dir, 'countersign.yaml'));
    const running = await site.start();
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
    await running.stop();
    const again = await site.run(['init', dir]);
    expect(again).toMatchObject({ code: 1 });
    expectOneLine(again.stderr);
    await site.close();
  });

  test('keys are for their owner alone; a wrong passphrase and a second writing are refused', async () => {
    const site = new Site();
    const made = await site.run(['key', 'new', 'my.key', '--json']);
    expect(JSON.parse(made.stdout)).toEqual({
      public_key: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as string,
    });
    const file = join(site.dir, 'my.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toMatch(/PRIVATE|"d"/);
    expect((await site.run(['key', 'new', 'my.key'])).stderr).toMatch(/is there already/);
    expect((await site.run(['key', 'new', 'short.key'], { COUNTERSIGN_PASSPHRASE: 'short' })).code).toBe(1);
    await site.json('approver', 'add', 'ann@example.com', '--group', 'approvers', '--public-key', file);
    const second = [
      'approver',
      'add',
      'bob@example.com',
      '--group',
      'approvers',
      '--public-key',
      'B'.repeat(43),
    ];
    const unsigned = await site.run([...second, '--data', site.data]);
    expect(unsigned).toMatchObject({ code: 1 });
    expect(unsigned.stderr).toMatch(/--as FILE/);
    const wrong = await site.run([...second, '--as', file, '--data', site.data], {
      COUNTERSIGN_PASSPHRASE: 'not the passphrase',
    });
    expect(wrong.stderr).toMatch(/wrong passphrase/);
    const { people } = (await site.json('approver', 'list')) as unknown as { people: { email: string }[] };
    expect(people.map(({ email }) => email)).toEqual(['ann@example.com']);
    await site.close();
  });

  test('the data folder and its secrets are for their owner alone', async () => {
    const site = new Site();
    site.configure({});
    const running = await site.start();
    await expect.poll(() => existsSync(join(site.data, 'enrolment-link'))).toBe(true);
    expect(statSync(site.data).mode & 0o777).toBe(0o700);
    for (const secret of ['log.key', 'admin.sock', 'enrolment-link']) {
      expect(statSync(join(site.data, secret)).mode & 0o777, secret).toBe(0o600);
    }
    // The link is a secret: neither events nor logs have it.
    const link = readFileSync(join(site.data, 'enrolment-link'), 'utf8').trim();
    expect(JSON.stringify(running.events)).not.toContain(link.split('#')[1]);
    await site.close();
  });
});
