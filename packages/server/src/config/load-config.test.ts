import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { milliseconds } from './duration.ts';
import { ConfigError } from './config-error.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { defaultConfig, loadConfig, parseConfig } from './load-config.ts';

const GRANT = 'grant: client_credentials, client_id: c, issuer: "https://as"';
const ENV = { WIKI_TOKEN: 'w-1', 'NOT A NAME': 'x' };

test('reads the whole of it', () => {
  const text = `
public_url: https://consent.example
hold: 20s
single_operator: true
pending: 2h
outside_boundary: { step_up: security }
upstreams:
  files: { command: npx, args: [-y, x], env: { A: "1" }, cwd: ./here, catalog: filesystem, anonymous_agent: bot }
  wiki:  { url: "http://127.0.0.1:3001/mcp", headers: { Authorization: "Bearer \${WIKI_TOKEN}" }, catalog: wiki, when_pending: [url, hold], era: 2025-11-25 }
`;
  expect(parseConfig(text, '/etc/cs/countersign.yaml', ENV)).toEqual({
    public_url: 'https://consent.example',
    hold_ms: 20_000,
    pdps: [],
    issuers: [],
    callbacks: [],
    domains: [],
    limits: DEFAULT_LIMITS,
    single_operator: true,
    pending_ms: 7_200_000,
    outside_boundary: { step_up: 'security' },
    upstreams: [
      {
        name: 'files',
        kind: 'stdio',
        command: 'npx',
        args: ['-y', 'x'],
        env: { A: '1' },
        cwd: '/etc/cs/here',
        catalog: 'filesystem',
        anonymous_agent: 'bot',
        when_pending: ['task', 'url', 'hold'],
        era: 'auto',
      },
      {
        name: 'wiki',
        kind: 'http',
        url: 'http://127.0.0.1:3001/mcp',
        headers: { authorization: 'Bearer w-1' },
        catalog: 'wiki',
        when_pending: ['url', 'hold'],
        era: '2025-11-25',
      },
    ],
  });
});

test('an empty file is the defaults; the port completes public_url later', () => {
  expect(parseConfig('# nothing\n', 'c.yaml', {})).toEqual(defaultConfig());
  expect(defaultConfig()).toEqual({
    hold_ms: 50_000,
    pdps: [],
    issuers: [],
    callbacks: [],
    domains: [],
    limits: DEFAULT_LIMITS,
    single_operator: false,
    pending_ms: 3_600_000,
    outside_boundary: 'forbid',
    upstreams: [],
  });
});

test.each<[string, string]>([
  ['x: 1', 'c.yaml:1:1: unknown key `x`'],
  [
    'callbacks:\n  - { url: "http://pep.example/cb", secret: 0123456789abcdef }',
    'c.yaml:2:5: `callbacks.0` must be https, or `internal: true` for an address within your own networks',
  ],
  [
    'domains: [https://example.com]',
    'c.yaml:1:11: `domains.0` must be a domain in lower case, like example.com',
  ],
  ['limits: { calls: 0 }', 'c.yaml:1:18: `limits.calls` must be a whole number from 1 to 65536'],
  ['limits: { speed: 1 }', 'c.yaml:1:11: unknown key `speed`'],
  ['hold: 1s\nhodl: 2s', 'c.yaml:2:1: unknown key `hodl`'],
  ['hold: 5', 'c.yaml:1:7: `hold` must be a duration, like 50s'],
  ['hold: 2h', 'c.yaml:1:7: `hold` must be a duration from 0s to 1h, like 50s'],
  ['pending: 0s', 'c.yaml:1:10: `pending` must be a duration from 1s to 7d, like 1h'],
  [
    'single_operator: "yes"',
    'c.yaml:1:18: `single_operator` invalid input: expected boolean, received string',
  ],
  [
    'upstreams:\n  Files: {command: x}',
    'c.yaml:2:3: `upstreams.Files` must be a name of lower case letters, digits and -',
  ],
  ['upstreams:\n  files: {comand: x}', 'c.yaml:2:10: `upstreams.files.command` is missing'],
  ['upstreams:\n  files:\n    command: x\n    headers: {}', 'c.yaml:4:5: unknown key `headers`'],
  ['upstreams:\n  files: {command: x, url: "http://y"}', 'c.yaml:2:11: unknown key `command`'],
  ['upstreams:\n  w: {url: "ftp://x"}', 'c.yaml:2:12: `upstreams.w.url` must be an http or https address'],
  [
    'upstreams:\n  w: {url: "http://x", headers: {a: "${T}"}}',
    'c.yaml:2:37: ${T} is not set in the environment',
  ],
  [
    'upstreams:\n  w: {url: "https://x", credential: {grant: password, client_id: c}}',
    'c.yaml:2:45: `upstreams.w.credential.grant` must be client_credentials or token_exchange',
  ],
  [
    `upstreams:\n  w: {url: "https://x", credential: {${GRANT}, client_secret: "\${T}"}}`,
    'c.yaml:2:116: ${T} is not set in the environment',
  ],
  [
    `upstreams:\n  w: {url: "https://x", credential: {${GRANT}}}`,
    'c.yaml:2:37: `upstreams.w.credential` must have one of `client_secret`, `client_secret_file` and `private_key_file`',
  ],
  [
    `upstreams:\n  w: {url: "https://x", credential: {${GRANT}, client_secret: s, client_secret_file: f}}`,
    'c.yaml:2:37: `upstreams.w.credential` must have one of `client_secret`, `client_secret_file` and `private_key_file`',
  ],
  [
    `upstreams:\n  w: {url: "https://x", credential: {${GRANT}, client_secret: s, token_endpoint: "https://y"}}`,
    'c.yaml:2:37: `upstreams.w.credential` must name the authorization server by `issuer` or by `token_endpoint`',
  ],
  [
    `upstreams:\n  w: {url: "https://x", credential: {grant: token_exchange, client_id: c, client_secret: s, issuer: "http://127.0.0.1.example"}}`,
    'c.yaml:2:101: `upstreams.w.credential.issuer` must be an https address, or one of this machine',
  ],
  [
    `upstreams:\n  w: {url: "https://x", headers: {Authorization: a}, credential: {${GRANT}, client_secret: s}}`,
    'c.yaml:2:6: `upstreams.w` must have one of `credential` and an authorization header',
  ],
  [
    'upstreams:\n  f: {command: x, catalog: ../../etc}',
    'c.yaml:2:28: `upstreams.f.catalog` must be the name of a catalog entry: lower case letters, digits and -',
  ],
  [
    'upstreams:\n  f: {command: x, timeout: 5}',
    'c.yaml:2:28: `upstreams.f.timeout` must be a duration, like 2m',
  ],
  [
    'upstreams:\n  f: {command: x, timeout: 2d}',
    'c.yaml:2:28: `upstreams.f.timeout` must be a duration from 1s to 24h, like 2m',
  ],
  ['public_url: http://a/b', 'c.yaml:1:13: `public_url` must be an origin: no path, query or user'],
  ['public_url: http://u:p@a', 'c.yaml:1:13: `public_url` must be an origin: no path, query or user'],
  ['outside_boundary: allow', 'c.yaml:1:19: `outside_boundary` must be forbid, or { step_up: GROUP }'],
  ['hold: 1s\nhold: 2s', 'c.yaml:2:1: Map keys must be unique'],
  ['hold: [', 'c.yaml:1:8: Flow sequence in block collection must be sufficiently indented and end with a ]'],
  [
    'issuers: [{ issuer: "http://login.example" }]',
    'c.yaml:1:21: `issuers.0.issuer` must be an https address, or an http one of this machine',
  ],
  [
    'issuers:\n  - issuer: https://a.example\n    agents: [{ agent: bot }]',
    'c.yaml:3:14: `issuers.0.agents.0` must name a client_id, a sub, or both',
  ],
  [
    'issuers:\n  - issuer: https://a.example\n    agents: [{ sub: x, agent: a }, { sub: x, agent: b }]',
    'c.yaml:3:13: `issuers.0.agents` must map each sub once',
  ],
  [
    'issuers: [{ issuer: "https://a.example" }, { issuer: "https://a.example" }]',
    'c.yaml:1:10: `issuers` must name each issuer once',
  ],
  [
    'issuers: [{ issuer: "https://a.example", people: { u1: Ann@example.com } }]',
    'c.yaml:1:56: `issuers.0.people.u1` must be an e-mail address in lower case',
  ],
  [
    'issuers: [{ issuer: "https://a.example", typ: any }]',
    'c.yaml:1:47: `issuers.0.typ` must be at+jwt or JWT',
  ],
  [
    "upstreams: { w: { url: 'http://x', scopes: { all: ['a b'] } } }",
    'c.yaml:1:52: `upstreams.w.scopes.all.0` must be an oauth scope: no spaces or quotes',
  ],
  ['- 1', 'c.yaml:1:1: the file invalid input: expected object, received array'],
  ['hold: *x', 'c.yaml:1:7: aliases are not taken: write it out'],
])('%j is refused where it is wrong', (text, message) => {
  expect(() => parseConfig(text, 'c.yaml', {})).toThrow(ConfigError);
  expect(() => parseConfig(text, 'c.yaml', {})).toThrow(message);
});

test('the environment is put in once, and only into text', () => {
  const read = (text: string) => parseConfig(text, 'c.yaml', { A: '${B}', B: 'b' }).upstreams[0];
  expect(read('upstreams: { f: { command: "${A}" } }')).toMatchObject({ command: '${B}' });
  expect(read('upstreams: { f: { command: "$${A} ${B}" } }')).toMatchObject({ command: '${A} b' });
});

test('an upstream’s credential: secrets from the environment, files from beside the config', () => {
  const text = `
upstreams:
  a: { url: "https://x/mcp", transport: sse, credential: { grant: client_credentials, issuer: "https://as", client_id: c, client_secret: "\${S}", scope: a b } }
  b: { url: "https://x/mcp", credential: { grant: token_exchange, token_endpoint: "http://[::1]:1/t", client_id: c, private_key_file: key.pem, audience: x } }
`;
  const read = parseConfig(text, '/etc/cs/countersign.yaml', { S: 's3cret' }).upstreams;
  expect(read.map((each) => each.kind === 'http' && each.transport)).toEqual(['sse', undefined]);
  expect(read.map((each) => each.kind === 'http' && each.credential)).toEqual([
    {
      grant: 'client_credentials',
      issuer: 'https://as',
      client_id: 'c',
      client_secret: 's3cret',
      scope: 'a b',
    },
    {
      grant: 'token_exchange',
      token_endpoint: 'http://[::1]:1/t',
      client_id: 'c',
      private_key_file: '/etc/cs/key.pem',
      audience: 'x',
    },
  ]);
});

test('a file that is not there says how to make one', () => {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-config-'));
  expect(() => loadConfig(join(dir, 'none.yaml'))).toThrow(/ENOENT.*countersign init/);
  writeFileSync(join(dir, 'c.yaml'), 'hold: 1s');
  expect(loadConfig(join(dir, 'c.yaml')).hold_ms).toBe(1000);
  rmSync(dir, { recursive: true });
});

test.each<[string, number | undefined]>([
  ['0s', 0],
  ['50s', 50_000],
  ['15m', 900_000],
  ['7d', 604_800_000],
  ['', undefined],
  ['1.5h', undefined],
  ['-1s', undefined],
  ['1 s', undefined],
  ['1S', undefined],
  ['1000000s1', undefined],
])('%j is a duration of %s ms', (text, value) => {
  expect(milliseconds(text)).toBe(value);
});
