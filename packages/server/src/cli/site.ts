import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import type { Admin } from '../admin/operations.ts';
import { connectAdmin } from '../admin/socket-client.ts';
import { defaultConfig, loadConfig, NOT_SET, type LoadedConfig } from '../config/load-config.ts';
import { UsageError, type Typed } from './command.ts';

/** The default pack and catalog that ship with us. */
export const SHIPPED_POLICIES: string = fileURLToPath(new URL('../../../../policies', import.meta.url));
/** The console as it was built; may not be there. */
export const CONSOLE_DIR: string = fileURLToPath(new URL('../../../console/dist', import.meta.url));

export const CONFIG_FILE = 'countersign.yaml';
export const DATA_FOLDER = '.countersign';

/** Where a command works: what was named, else what lies here, else what ships with us. */
export interface Site {
  readonly config: LoadedConfig;
  readonly data: string;
  readonly policies: string;
  readonly catalog: string;
}

/** Throws `ConfigError`, `UsageError`. */
export function findSite(typed: Typed, env: NodeJS.ProcessEnv = process.env): Site {
  const named = typed.text('config');
  const configFile = named ?? CONFIG_FILE;
  const config =
    named !== undefined || existsSync(configFile) ? loadConfig(configFile, env) : defaultConfig();
  return { config, data: dataFolder(typed), ...findFolders(typed) };
}

/** The policies and the catalog: named, else beside the config, else those that ship with us. Throws `UsageError`. */
export function findFolders(typed: Typed): Pick<Site, 'policies' | 'catalog'> {
  const beside = join(dirname(resolve(typed.text('config') ?? CONFIG_FILE)), 'policies');
  const policies = existing(typed, 'policies') ?? (existsSync(beside) ? beside : SHIPPED_POLICIES);
  const own = join(policies, 'catalog');
  const catalog = existing(typed, 'catalog') ?? (existsSync(own) ? own : join(SHIPPED_POLICIES, 'catalog'));
  return { policies, catalog };
}

/** For whoever reaches no upstream: what only `serve` has in its environment is not missed. */
export const WITHOUT_SECRETS: NodeJS.ProcessEnv = new Proxy(process.env, {
  get: (env, name) => (typeof name === 'string' ? (env[name] ?? NOT_SET) : undefined),
});

export function dataFolder(typed: Typed): string {
  return resolve(typed.text('data') ?? DATA_FOLDER);
}

/** Runs against the server on the data folder, or opens the folder itself where none runs. */
export async function withAdmin<T>(typed: Typed, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = (await connectAdmin(dataFolder(typed))) ?? (await openAdmin(typed));
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

async function openAdmin(typed: Typed): Promise<Admin> {
  const { config, ...folders } = findSite(typed, WITHOUT_SECRETS);
  // Beside a running server it is not needed, and it is most of what there is to load.
  const { openAuthority } = await import('../open-authority.ts');
  const { runOperation } = await import('../admin/operations.ts');
  const authority = await openAuthority({
    ...folders,
    config: { ...config, public_url: config.public_url ?? 'http://localhost:7300' },
    logger: createLogger('silent'),
    administration: true,
  });
  return {
    call: async (name, input) => (await runOperation(authority, name, input)) as never,
    close: () => authority.close(),
  };
}

/** Logs go to standard error, one JSON object a line: never a key, a token or an argument. */
export function createLogger(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}

function existing(typed: Typed, option: string): string | undefined {
  const path = typed.text(option);
  if (path !== undefined && !existsSync(path)) throw new UsageError(`--${option} ${path}: is not there`);
  return path === undefined ? undefined : resolve(path);
}
