import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, violations, type Sources } from './check.ts';
import { IMPORT_RULES } from './rules.ts';

const PACKAGES = new URL('../../packages/', import.meta.url).pathname;

/** Everything that is shipped: sources of all packages, without their tests. */
function sources(): Sources {
  const files = readdirSync(PACKAGES).flatMap((name) =>
    readdirSync(join(PACKAGES, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
      .map((file) => `${name}/src/${file.replaceAll('\\', '/')}`),
  );
  return new Map(files.map((file) => [file, readFileSync(join(PACKAGES, file), 'utf8')]));
}

const shipped = sources();

it('imports run one way, core is pure, files are small and named', () => {
  expect(violations(shipped)).toEqual([]);
});

it('looks at real files', () => {
  expect(shipped.size).toBeGreaterThan(100);
  for (const { from } of IMPORT_RULES) {
    expect(
      [...shipped.keys()].some((file) => from.test(file)),
      String(from),
    ).toBe(true);
  }
  expect(importsOf('core/src/text/render.ts', shipped.get('core/src/text/render.ts')!)).toContain(
    'core/src/text/visible.ts',
  );
});

describe('a broken rule is found', () => {
  it.each<[string, string, string]>([
    ['core/src/a.ts', "import { hash } from 'node:crypto';", 'core is pure'],
    ['core/src/a.ts', "import { sha256 } from './sha256/node.ts';", 'core is pure'],
    ['core/src/sha256/portable.ts', "import { hash } from 'node:crypto';", 'core is pure'],
    ['core/src/sha256/node.ts', "import { readFileSync } from 'node:fs';", 'native bytes and hashes'],
    ['core/src/a.ts', "import { base64 } from './base64/portable.ts';", 'core is pure'],
    ['core/src/a.ts', "import { z } from 'zod';", 'core is pure'],
    ['core/src/a.ts', "export { z } from 'zod';", 'core is pure'],
    ['core/src/a.ts', "import type {\n  A,\n  B,\n} from 'zod';", 'core is pure'],
    ['core/src/a.ts', "import 'zod';", 'core is pure'],
    ['core/src/a.ts', "const z = await import('zod');", 'core is pure'],
    ['core/src/a.ts', 'const now = Date.now();', 'no clock'],
    ['core/src/a.ts', 'const now = new Date();', 'no clock'],
    ['core/src/a.ts', 'const now = performance.now();', 'no clock'],
    ['core/src/a.ts', 'const n = Math.random();', 'no randomness'],
    ['core/src/a.ts', 'const n = crypto.getRandomValues(a);', 'no randomness'],
    ['core/src/a.ts', 'await fetch(url);', 'no I/O'],
    ['core/src/a.ts', 'setTimeout(f, 1);', 'waits for nothing'],
    ['client/src/a.ts', "import { request } from 'undici';", 'fetch and core'],
    ['console/src/a.tsx', "import { readFile } from 'node:fs/promises';", 'runs in a browser'],
    ['server/src/decision/a.ts', "import { x } from '@cedar-policy/cedar-wasm/nodejs';", 'knows Cedar'],
    ['server/src/http/a.ts', "import { x } from '@simplewebauthn/server';", 'knows the WebAuthn'],
    ['server/src/audit/a.ts', "import { DatabaseSync } from 'node:sqlite';", 'knows a database'],
    ['server/src/open-authority.ts', "const { x } = await import('node:sqlite');", 'knows a database'],
    ['server/src/approval/a.ts', "import { x } from '../stores/sqlite/log.ts';", 'no door'],
    ['server/src/pdp/a.ts', "import { x } from '../open-authority.ts';", 'no door'],
    ['server/src/gateway/a.ts', "import { x } from '../http/app.ts';", 'ConsentPort'],
    ['server/src/gateway/a.ts', "import { x } from '../decision/decide.ts';", 'ConsentPort'],
    ['server/src/http/a.ts', "import { x } from '../access-request/tasks.ts';", 'is a face'],
    ['server/src/http/a.ts', "import { x } from '../gateway/enforce.ts';", 'is a face'],
    ['server/src/stores/sqlite/a.ts', "import { x } from '../../decision/decide.ts';", 'decides nothing'],
    ['server/src/stores/sqlite/a.ts', "import { x } from '../../pdp/cedar.ts';", 'decides nothing'],
    ['server/src/authority.ts', "import { x } from './cli/main.ts';", 'outermost face'],
    ['server/src/a.ts', "import { x } from '../../core/src/index.ts';", 'meet by their names'],
    ['server/src/a.ts', "import { x } from './b.js';", 'carry their extension'],
    ['server/src/a.ts', 'export default 1;', 'named exports only'],
    ['server/src/a.ts', 'const a = 1;\nexport { a as default };', 'named exports only'],
    ['server/src/a.ts', "export * from './b.ts';", 'no export *'],
    ['server/src/utils.ts', '', 'name the thing'],
    ['server/src/helpers/a.ts', '', 'name the thing'],
    ['server/src/session-manager.ts', '', 'name the thing'],
    ['server/src/a.ts', '\n'.repeat(401), 'split at 400'],
  ])('%s: %s', (file, text, why) => {
    const found = violations(new Map([[file, text]]));
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((each) => each.startsWith(`${file}: `))).toBe(true);
    expect(found.join('\n')).toContain(why);
  });

  it('a cycle, of types too, by way of others', () => {
    const found = violations(
      new Map([
        ['core/src/a.ts', "import { b } from './b.ts';"],
        ['core/src/b.ts', "import type { c } from './c/c.ts';"],
        ['core/src/c/c.ts', "export { a } from '../a.ts';"],
      ]),
    );
    expect(found).toEqual([
      'core/src/a.ts: imports itself by core/src/a.ts > core/src/b.ts > core/src/c/c.ts > core/src/a.ts (no cycles)',
    ]);
  });
});

it.each<[string, string]>([
  ['core/src/a.ts', "import { sha256 } from '@noble/hashes/sha2.js';\nimport { b } from './b.ts';"],
  ['core/src/a.ts', "import { sha256 } from '#sha256';\nimport { base64 } from '#base64';"],
  ['core/src/sha256/node.ts', "import { hash } from 'node:crypto';"],
  [
    'core/src/a.ts',
    '/** Date.now() and fetch() are not for us. */\n// import { x } from "zod";\nconst d = new Date(0);',
  ],
  ['server/src/pdp/cedar.ts', "import { x } from '@cedar-policy/cedar-wasm/nodejs';"],
  [
    'server/src/stores/sqlite/a.ts',
    "import { x } from '../../audit/entry.ts';\nimport { y } from 'node:sqlite';",
  ],
  ['server/src/start.ts', "import { x } from './cli/main.ts';"],
  [
    'server/src/gateway/a.ts',
    "import type { Config } from '../config/config.ts';\nimport { x } from './b.ts';",
  ],
  ['console/vite.config.ts', 'export default {};'],
  ['server/src/utilisation.ts', '\n'.repeat(400)],
])('a sound file passes: %s', (file, text) => {
  expect(violations(new Map([[file, text]]))).toEqual([]);
});
