import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkLog } from '../../packages/server/src/doctor/check-data-folder.ts';
import { checkServer } from '../../packages/server/src/doctor/check-server.ts';
import { FILESYSTEM, Site, type Finished } from '../e2e/countersign.ts';
import {
  CLIENT_SECRET,
  listening,
  startAuthorizationServer,
  type AuthorizationServer,
} from '../upstreams/authorization-server.ts';
import { startGuardedServer, type GuardedServer } from '../upstreams/guarded-server.ts';

const SHIFTING = join(import.meta.dirname, '../e2e/upstream/note-server.ts');

/** A set-up in which all is well: a server with a reviewed upstream, an approver, and a client that goes through it. */
class Setup extends Site {
  readonly home: string = join(this.dir, 'home');
  readonly cursor: string = join(this.home, '.cursor', 'mcp.json');
  readonly key: string = join(this.home, '.config/countersign/agents/cursor.json');
  readonly env: Record<string, string> = {
    HOME: this.home,
    USERPROFILE: this.home,
    XDG_CONFIG_HOME: '',
    CLAUDE_CONFIG_DIR: '',
    CODEX_HOME: '',
  };

  async prepare(): Promise<void> {
    await this.reservePort();
    this.writePolicies();
    const protocol = join(this.policies, 'protocol.cedar');
    writeFileSync(protocol, readFileSync(protocol, 'utf8').replaceAll('"passkey"', '"key"'));
    this.configure(this.good());
    await this.enrolKey();
    await this.start();
    mkdirSync(join(this.home, '.cursor'), { recursive: true });
    const files = { command: process.execPath, args: [FILESYSTEM, this.files] };
    writeFileSync(this.cursor, JSON.stringify({ mcpServers: { files } }));
    const done = await this.run(
      ['connect', '--yes', '--confine', '--key-file', '--owner', 'owner@example.com', '--data', this.data],
      this.env,
    );
    if (done.code !== 0) throw new Error(done.stderr);
  }

  good(): Record<string, unknown> {
    const files = { command: process.execPath, args: [FILESYSTEM, this.files], catalog: 'filesystem' };
    return { public_url: this.url, upstreams: { files } };
  }

  /** With another config than the server has, or another folder. */
  doctor(config: Record<string, unknown> = this.good(), ...more: string[]): Promise<Finished> {
    const file = join(this.dir, 'looked-at.yaml');
    writeFileSync(file, JSON.stringify(config, null, 2));
    const data = more.includes('--data') ? [] : ['--data', this.data];
    return this.run(['doctor', '--config', file, ...data, ...more], this.env);
  }
}

let site: Setup;
beforeAll(async () => {
  site = new Setup();
  await site.prepare();
});
afterAll(() => site.close());

/** Its lines that are not `ok`, with what differs from run to run by a name. */
function complaints({ stdout }: Finished): string[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('ok '))
    .map((line) => named(line).replace(/ {2,}/g, '  '));
}

function named(text: string): string {
  return text.replaceAll(site.url, 'URL').replaceAll(site.dir, 'DIR').replaceAll(process.execPath, 'NODE');
}

describe('a healthy set-up', () => {
  test('is ok in every line, and the exit code says so', async () => {
    const done = await site.doctor();
    expect(done, done.stdout + done.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(complaints(done)).toEqual([]);
    const checked = [...done.stdout.matchAll(/^ok +(\S+(?: \S+)?) {2,}/gm)].map(([, check]) => check);
    expect(checked).toEqual([
      'node',
      'config',
      'data',
      'policies',
      'server',
      'console',
      'clock',
      'origin',
      'approvers',
      'log',
      'upstream files',
      'key cursor',
      'cursor',
    ]);
    expect(done.stdout).not.toMatch(/cs_agent_/);
  });

  test('--json is the same for a machine', async () => {
    const done = await site.doctor(site.good(), '--json');
    const { ok, findings } = JSON.parse(done.stdout) as {
      ok: boolean;
      findings: { level: string; check: string; text: string }[];
    };
    expect(ok).toBe(true);
    expect(findings).toContainEqual({ level: 'ok', check: 'upstream files', text: 'lists 14 tools' });
  });
});

interface Broken {
  readonly what: string;
  readonly config?: (good: Record<string, unknown>) => Record<string, unknown>;
  readonly args?: () => string[];
  /** Breaks it, and answers how to mend it. */
  readonly break?: () => () => void;
  readonly lines: readonly string[];
}

const withUpstream = (upstream: Record<string, unknown>) => (good: Record<string, unknown>) => ({
  ...good,
  upstreams: { ...(good['upstreams'] as object), other: upstream },
});
/** Replaces a file for a while. */
const rewritten = (path: () => string, text: (old: string) => string) => () => {
  const old = readFileSync(path(), 'utf8');
  writeFileSync(path(), text(old));
  return () => writeFileSync(path(), old);
};
const moded = (path: () => string, mode: number, back: number) => () => {
  chmodSync(path(), mode);
  return () => chmodSync(path(), back);
};

const BROKEN: readonly Broken[] = [
  {
    what: 'a key of the config that is unknown',
    config: (good) => ({ ...good, holt: '5s' }),
    lines: ['wrong  config  DIR/looked-at.yaml:13:3: unknown key `holt`'],
  },
  {
    what: 'a variable that only serve has',
    config: (good) => ({
      ...good,
      callbacks: [{ url: 'https://x.example', secret: '0123456789abcdef${ONLY_THERE}' }],
    }),
    lines: [
      'warn  config  DIR/looked-at.yaml:16:17: ${ONLY_THERE} is not set in the environment here: `countersign serve` needs it in its own',
    ],
  },
  {
    what: 'policies that do not parse',
    break: rewritten(
      () => join(site.policies, 'writes.cedar'),
      (old) => `${old}\npermit nonsense;`,
    ),
    lines: ['wrong  policies  writes.cedar:25: unexpected token `nonsense`: expected `(`'],
  },
  {
    what: 'no data folder',
    args: () => ['--data', join(site.dir, 'nowhere')],
    lines: ['wrong  data  no data in DIR/nowhere: start `countersign serve`, or name the folder with --data'],
  },
  {
    what: 'a data folder for all to read',
    break: moded(() => site.data, 0o755, 0o700),
    lines: ['wrong  data  DIR/data can be read by others: chmod 700 it'],
  },
  {
    what: 'a secret of it for all to read',
    break: moded(() => join(site.data, 'log.key'), 0o644, 0o600),
    lines: ['wrong  data  DIR/data/log.key can be read by others: chmod 600 it'],
  },
  {
    what: 'an address that cannot have passkeys',
    config: (good) => ({ ...good, public_url: site.url.replace('localhost', '127.0.0.1') }),
    lines: [
      'wrong  console  http://127.0.0.1:PORT/ is no page: build it with `npm run build:console`, then start the server again',
      'wrong  origin  http://127.0.0.1:PORT: passkeys need a name, not an address: set public_url',
      'wrong  key cursor  asks at URL, and public_url is http://127.0.0.1:PORT: run `countersign connect` again',
    ],
  },
  {
    what: 'no server',
    config: (good) => ({ ...good, public_url: 'http://localhost:1' }),
    lines: [
      'wrong  server  nothing answers at http://localhost:1: start `countersign serve`, or set public_url',
      'wrong  key cursor  asks at URL, and public_url is http://localhost:1: run `countersign connect` again',
    ],
  },
  {
    what: 'more approvers wanted than there are',
    break: rewritten(
      () => join(site.policies, 'risky.cedar'),
      (old) => old.replace('@ttl', '@quorum("2") @ttl'),
    ),
    lines: [
      'wrong  approvers  risky-calls-need-consent needs 2 of approvers with a key, there is one: invite them on the console’s People page',
    ],
  },
  {
    what: 'a passkey wanted where there are keys',
    break: rewritten(
      () => join(site.policies, 'writes.cedar'),
      (old) => old.replace('"key"', '"passkey"'),
    ),
    lines: [
      'wrong  approvers  writes-need-consent needs 1 of approvers with a passkey, there is none: invite them on the console’s People page',
    ],
  },
  {
    what: 'an upstream that is not there',
    config: withUpstream({ command: 'no-such-server' }),
    lines: ['wrong  upstream other  cannot start `no-such-server`: spawn no-such-server ENOENT'],
  },
  {
    what: 'an upstream that ends',
    config: withUpstream({ command: process.execPath, args: ['-e', '0'] }),
    lines: ['wrong  upstream other  it ended with exit code 0'],
  },
  {
    what: 'an upstream whose authorization server cannot be reached',
    config: withUpstream({
      url: 'http://127.0.0.1:1/mcp',
      credential: {
        grant: 'client_credentials',
        issuer: 'http://127.0.0.1:2',
        client_id: 'c',
        client_secret: 's',
      },
    }),
    lines: [
      'wrong  credential other  the authorization server cannot be used (ECONNREFUSED): see issuer or token_endpoint',
    ],
  },
  {
    what: 'an upstream of the old transport that cannot be reached',
    config: withUpstream({ url: 'http://127.0.0.1:2/sse', transport: 'sse' }),
    lines: ['wrong  upstream other  the mcp server cannot be reached: ECONNREFUSED'],
  },
  {
    what: 'an upstream that cannot be reached',
    config: withUpstream({ url: 'http://127.0.0.1:1/mcp' }),
    lines: ['wrong  upstream other  cannot be reached (ECONNREFUSED)'],
  },
  {
    what: 'an upstream that nobody reviewed',
    config: withUpstream({ command: process.execPath, args: [SHIFTING, '.'] }),
    lines: [
      'warn  upstream other  has no catalog, so every tool counts as the riskiest: review them, and name it with `catalog:`',
    ],
  },
  {
    what: 'tools that are not in its catalog',
    config: withUpstream({ command: process.execPath, args: [SHIFTING, '.'], catalog: 'filesystem' }),
    lines: [
      'warn  upstream other  read_note, write_note not reviewed, counts as the riskiest: review and add to filesystem.yaml',
    ],
  },
  {
    what: 'a tool that changed since its review',
    break: rewritten(
      () => join(site.policies, 'catalog/filesystem.yaml'),
      (old) => old.replace('gy36ewFr3i7gMURhlDJ_2f2bCb6RjDjT_WksxSxeFqE', 'A'.repeat(43)),
    ),
    lines: [
      'wrong  upstream files  read_file changed since the review and counts as the riskiest: look again, then write the new digest into filesystem.yaml (gy36ewFr3i7gMURhlDJ_2f2bCb6RjDjT_WksxSxeFqE for read_file)',
    ],
  },
  {
    what: 'a catalog that is not there',
    config: withUpstream({ command: process.execPath, args: [SHIFTING, '.'], catalog: 'notes' }),
    lines: [
      'wrong  catalog  upstream other names `notes`, which DIR/policies/catalog does not have: write notes.yaml there',
      'warn  upstream other  read_note, write_note not reviewed, counts as the riskiest: review and add to notes.yaml',
    ],
  },
  {
    what: 'a key that others can read',
    break: moded(() => site.key, 0o640, 0o600),
    lines: [
      'wrong  key cursor  DIR/home/.config/countersign/agents/cursor.json can be read by others: chmod 600 it, and make a new key if they may have',
    ],
  },
  {
    what: 'a key that its authority does not know',
    break: rewritten(
      () => site.key,
      (old) => old.replace(/cs_agent_[^"]+/, `cs_agent_${'A'.repeat(43)}`),
    ),
    lines: ['wrong  key cursor  URL does not know it: delete its file, then run `countersign connect` again'],
  },
  {
    what: 'a client whose key is gone',
    break: () => {
      const old = readFileSync(site.key);
      rmSync(site.key);
      return () => writeFileSync(site.key, old, { mode: 0o600 });
    },
    lines: [
      'wrong  cursor  files acts as cursor, whose key is not on this machine: `connect --undo`, then connect again',
    ],
  },
  {
    what: 'a client with a server of its own since',
    break: rewritten(
      () => site.cursor,
      (old) => old.replace('{"mcpServers":{', '{"mcpServers":{"new":{"command":"x"},'),
    ),
    lines: [
      'warn  cursor  new in DIR/home/.cursor/mcp.json not through Countersign: run `countersign connect`',
    ],
  },
  {
    what: 'a client that starts us where we are not',
    break: rewritten(
      () => site.cursor,
      (old) => old.replace(JSON.stringify(process.execPath), '"/gone/node"'),
    ),
    lines: [
      'wrong  cursor  files starts /gone/node, which is not there any more: `connect --undo`, then connect again',
    ],
  },
  {
    what: 'a client that goes to no upstream',
    config: (good) => ({ ...good, upstreams: {} }),
    lines: ['wrong  cursor  files goes to files, which is no upstream of the config: add it there'],
  },
  {
    what: 'a client whose server is guided',
    break: rewritten(
      () => site.cursor,
      (old) => old.replace('"cursor"', '"cursor","--","x"'),
    ),
    lines: [
      'warn  cursor  files guided, not confined: the client could start it without us: `connect --undo`, then `connect --confine`',
    ],
  },
  {
    what: 'a key in a client’s config',
    break: rewritten(
      () => site.cursor,
      (old) => old.replace('"args"', '"env":{"COUNTERSIGN_API_KEY":"x"},"args"'),
    ),
    lines: [
      'warn  cursor  files in DIR/home/.cursor/mcp.json with the agent’s key in clear: take the entry out of there, and connect again',
    ],
  },
  {
    what: 'a client’s file that does not parse',
    break: rewritten(
      () => site.cursor,
      () => '{"mcpServers": {',
    ),
    lines: ['wrong  cursor  DIR/home/.cursor/mcp.json:1:17: close brace expected: mend it'],
  },
];

describe('a broken set-up', () => {
  test.each(BROKEN)('$what', async ({ config, args, break: broken, lines }) => {
    const mend = broken?.() ?? (() => {});
    try {
      const done = await site.doctor(config?.(site.good()), ...(args?.() ?? []));
      const port = new URL(site.url).port;
      const said = complaints(done).map((line) => line.replaceAll(`:${port}`, ':PORT'));
      expect(said.slice(0, lines.length)).toEqual(lines);
      expect(said).toHaveLength(lines.length);
      expect(done.code).toBe(lines.some((line) => line.startsWith('wrong')) ? 1 : 0);
    } finally {
      mend();
    }
  });

  test('another authority than that of the folder; nobody enrolled in it', async () => {
    const other = join(site.dir, 'other-data');
    await site.run(['agent', 'add', 'x', '--owner', 'o@example.com', '--data', other]);
    const done = await site.doctor(site.good(), '--data', other);
    expect(complaints(done)).toEqual([
      'wrong  server  URL is another authority than DIR/other-data: name its folder with --data, or stop it',
      'wrong  approvers  nobody is enrolled: open the link of `countersign approver link` in a browser',
    ]);
    expect(done.stderr).toBe('countersign: 2 things wrong\n');
  });

  test('the only approver owns an agent, and nobody else could approve for it', async () => {
    const own = new Setup();
    try {
      own.writePolicies();
      rmSync(join(own.policies, 'protocol.cedar'));
      await own.enrolKey('ann@example.com');
      await own.json('agent', 'add', 'hers', '--owner', 'ann@example.com');
      const done = await own.doctor({ public_url: 'http://localhost:1' }, '--policies', own.policies);
      expect(complaints(done)).toContain(
        'warn  approvers  without its owner too few may approve for hers: invite another, or set single_operator: true',
      );
    } finally {
      await own.close();
    }
  });

  test('a log whose checkpoint was changed', async () => {
    const copy = join(site.dir, 'copied-data');
    cpSync(site.data, copy, { recursive: true, filter: (path) => !path.endsWith('admin.sock') });
    const note = (await site.run(['audit', 'checkpoint', '--data', site.data])).stdout;
    expect(await checkLog(copy, async () => note)).toMatchObject([{ level: 'ok' }]);
    const [finding] = await checkLog(copy, async () => note.replace(/\n(\d+)\n/, '\n999\n'));
    expect(finding?.level).toBe('wrong');
    expect(finding?.text).toMatch(/^its checkpoint is refused \(.+\): run `countersign audit verify`$/);
  });
});

describe('an upstream with an authorization server', () => {
  let issuer: AuthorizationServer;
  let guarded: GuardedServer;
  beforeAll(async () => {
    guarded = await startGuardedServer(() => issuer.issuer);
    issuer = await startAuthorizationServer(site.url);
  });
  afterAll(async () => {
    await guarded.close();
    await issuer.close();
  });

  const asked = async (credential: Record<string, unknown>): Promise<string[]> => {
    const given = { issuer: issuer.issuer, scope: 'mcp', ...credential };
    const upstreams = { crm: { url: guarded.url, credential: given } };
    const { stdout } = await site.doctor({ ...site.good(), upstreams });
    // The set-up's own client misses the upstream that is not in this config.
    return stdout
      .split('\n')
      .filter((line) => / crm /.test(line))
      .map((line) => line.replace(/ {2,}/g, '  '));
  };
  const secret = { client_id: 'by-secret', client_secret: CLIENT_SECRET };
  const grant = 'client_credentials';
  const exchange = { grant: 'token_exchange', client_id: 'exchanging', client_secret: CLIENT_SECRET };
  const unchecked =
    'not checked: whether it exchanges what we sign for an agent, which its first call shows (our keys are at /.well-known/jwks.json)';

  test('is looked at with a token of its own', async () => {
    expect(await asked({ grant, ...secret })).toEqual([
      'ok  credential crm  its authorization server gives us a token',
      'ok  upstream crm  lists one tool',
      'warn  upstream crm  has no catalog, so every tool counts as the riskiest: review them, and name it with `catalog:`',
    ]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    [
      'a wrong secret',
      { grant, ...secret, client_secret: 'guessed' },
      'wrong  credential crm  the authorization server answers 401: see client_id and its secret or key',
    ],
    [
      'a client that is not there',
      { grant, ...secret, client_id: 'nobody' },
      'wrong  credential crm  the authorization server answers 401: see client_id and its secret or key',
    ],
    [
      'a grant that the client may not use',
      { grant, client_id: 'exchanging', client_secret: CLIENT_SECRET },
      'wrong  credential crm  the authorization server answers 400 invalid_request: see what this client may ask for there',
    ],
    [
      'a secret that is not in the environment here',
      { grant, ...secret, client_secret: '${ONLY_THERE}' },
      'warn  credential crm  its secret is not in the environment here, so nobody was asked for a token',
    ],
  ])('%s is said in one line', async (_what, credential, line) => {
    expect(await asked(credential)).toEqual([line]);
  });

  test('a token exchange: what shows without an agent, and what does not', async () => {
    const own = 'ok  upstream crm  takes a token of each agent’s own, so only its agents can look at it';
    expect(await asked({ ...exchange, client_secret: 'guessed' })).toEqual([
      'wrong  credential crm  the authorization server answers 401: see client_id and its secret or key',
    ]);
    expect(
      await asked({ ...exchange, issuer: undefined, token_endpoint: 'http://127.0.0.1:2/token' }),
    ).toEqual([
      'wrong  credential crm  the authorization server cannot be used (ECONNREFUSED): see issuer or token_endpoint',
    ]);
    const lines = await asked(exchange);
    expect(lines.at(-1)).toBe(own);
    expect(lines[0]).toContain(unchecked);
    expect(lines.join('\n')).not.toContain('wrong');
  });

  test('metadata that says otherwise, and a server that exchanges anything', async () => {
    const [base, server] = await answering((path, at) =>
      path.startsWith('/.well-known')
        ? {
            issuer: at,
            token_endpoint: `${at}/token`,
            grant_types_supported: ['authorization_code'],
            token_endpoint_auth_methods_supported: ['tls_client_auth'],
          }
        : {
            access_token: 'x',
            token_type: 'bearer',
            issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          },
    );
    expect((await asked({ ...exchange, issuer: base })).slice(0, 3)).toEqual([
      'warn  credential crm  its metadata does not name the grant urn:ietf:params:oauth:grant-type:token-exchange',
      'warn  credential crm  its metadata does not name client_secret_basic or client_secret_post, by which we say who we are',
      'wrong  credential crm  its authorization server exchanges what nobody signed: let it verify our signatures',
    ]);
    server.close();
  });
});

/** An authorization server that answers as it is told to. */
async function answering(answer: (path: string, at: string) => object): Promise<[string, Server]> {
  let at = '';
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer(request.url ?? '', at)));
  });
  at = await listening(server);
  return [at, server];
}

describe('a server that answers otherwise', () => {
  const serve = async (answer: (path: string) => [number, string]): Promise<[string, Server]> => {
    const server = createServer((request, response) => {
      const [status, body] = answer(request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    return [`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, server];
  };

  test.each<[string, (path: string) => [number, string], number, string]>([
    [
      'not ready',
      () => [503, '{}'],
      0,
      'wrong server: URL answers 503: something else may listen there, or it is still starting',
    ],
    ['ahead', () => [200, '{}'], 20_000, 'warn clock: 20 s behind the server’s: set both by NTP'],
    ['far behind', () => [200, '{}'], -600_000, 'wrong clock: 600 s ahead of the server’s: set both by NTP'],
  ])('%s', async (_what, answer, ahead, line) => {
    const [url, server] = await serve(answer);
    const { findings } = await checkServer(url, join(site.dir, 'nowhere'), () => Date.now() - ahead);
    server.close();
    server.closeAllConnections();
    const lines = findings.map(({ level, check, text }) => `${level} ${check}: ${text.replace(url, 'URL')}`);
    expect(
      lines.map((each) => each.replace(/\b(?:19|20|21) s/, '20 s').replace(/\b(?:599|600|601) s/, '600 s')),
    ).toContain(line);
  });
});
