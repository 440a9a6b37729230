import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import type { z } from 'zod';
import type { Config, CredentialConfig, IssuerConfig, UpstreamConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import type { CredentialFile } from './credential-file.ts';
import { configFile, type ConfigFile, type UpstreamFile } from './config-file.ts';

/** What stands for a secret that only `serve` has in its environment. */
export const NOT_SET = 'not-set';

/** The configuration before its server listens: only the port completes `public_url` where the file does not. */
export type LoadedConfig = Omit<Config, 'public_url'> & Partial<Pick<Config, 'public_url'>>;

/** The configuration of a file; its relative paths are from the file's folder. Throws `ConfigError`. */
export function loadConfig(path: string, env: NodeJS.ProcessEnv = process.env): LoadedConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ConfigError(`${path}: cannot be read (${code}): write one with \`countersign init\``);
  }
  return parseConfig(text, path, env);
}

/** What holds without a file. */
export function defaultConfig(): LoadedConfig {
  return checked(configFile.parse({}), '.');
}

/** Exported for its tests. Throws `ConfigError` with file, line and column. */
export function parseConfig(text: string, path: string, env: NodeJS.ProcessEnv): LoadedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: false });
  const at = (offset: number | undefined): string => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${path}:${line}:${col}`;
  };
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined)
    throw new ConfigError(`${at(broken.pos[0])}: ${broken.message.replace(/ at line \d[^]*$/, '')}`);
  visit(document, {
    // A config should read top to bottom: what holds stands where it holds.
    Alias(_key, node) {
      throw new ConfigError(`${at(node.range?.[0])}: aliases are not taken: write it out`);
    },
    Scalar(_key, node) {
      if (typeof node.value === 'string')
        node.value = substituted(node.value, env, () => at(node.range?.[0]));
    },
  });
  const parsed = configFile.safeParse(document.toJS() ?? {});
  if (parsed.success) return checked(parsed.data, dirname(resolve(path)));
  const [issue] = parsed.error.issues;
  throw new ConfigError(issue === undefined ? path : describe(issue, document, at));
}

/** `${NAME}` is the environment's; one that is not set is an error, never an empty secret. `$${` is `${`. */
function substituted(text: string, env: NodeJS.ProcessEnv, at: () => string): string {
  return text.replace(
    /\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
    (_match, escaped?: string, name?: string) => {
      if (escaped !== undefined) return escaped;
      const value = name === undefined ? undefined : env[name];
      if (value === undefined) throw new ConfigError(`${at()}: \${${name}} is not set in the environment`);
      return value;
    },
  );
}

function describe(
  issue: z.core.$ZodIssue,
  document: Document,
  at: (offset: number | undefined) => string,
): string {
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return `${at(keyOffset(document, [...issue.path, key]))}: unknown key \`${key}\``;
  }
  // A key that is not allowed is told of as an error of the map that has it.
  if (issue.code === 'invalid_key') {
    return `${at(keyOffset(document, issue.path))}: \`${issue.path.join('.')}\` ${issue.issues[0]?.message ?? 'is not allowed'}`;
  }
  const where = issue.path.length === 0 ? 'the file' : `\`${issue.path.join('.')}\``;
  const missing = issue.code === 'invalid_type' && document.getIn(issue.path) === undefined;
  return `${at(offsetOf(document, issue.path))}: ${where} ${missing ? 'is missing' : decapitalised(issue.message)}`;
}

/** The place of the value at a path, or of the nearest that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function keyOffset(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  const pair = isMap(parent)
    ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
    : undefined;
  return isNode(pair?.key) ? pair.key.range?.[0] : offsetOf(document, path);
}

function decapitalised(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function checked(file: ConfigFile, folder: string): LoadedConfig {
  return {
    ...(file.public_url === undefined ? {} : { public_url: file.public_url }),
    hold_ms: file.hold,
    single_operator: file.single_operator,
    pending_ms: file.pending,
    outside_boundary: file.outside_boundary,
    pdps: file.pdps,
    issuers: file.issuers.map(issuerOf),
    callbacks: file.callbacks,
    domains: file.domains,
    limits: file.limits,
    ...(file.entities === undefined ? {} : { entities: resolve(folder, file.entities) }),
    upstreams: Object.entries(file.upstreams).map(([name, upstream]) => upstreamOf(name, upstream, folder)),
  };
}

function issuerOf({ jwks_uri, audience, ...rest }: ConfigFile['issuers'][number]): IssuerConfig {
  return {
    ...rest,
    ...(jwks_uri === undefined ? {} : { jwks_uri }),
    ...(audience === undefined ? {} : { audience }),
  };
}

function upstreamOf(name: string, upstream: UpstreamFile, folder: string): UpstreamConfig {
  const { catalog, anonymous_agent, when_pending, era, tools_list, timeout, scopes } = upstream;
  const common = {
    name,
    when_pending,
    era,
    ...(catalog === undefined ? {} : { catalog }),
    ...(anonymous_agent === undefined ? {} : { anonymous_agent }),
    ...(tools_list === undefined ? {} : { tools_list }),
    ...(timeout === undefined ? {} : { timeout_ms: timeout }),
    ...(scopes === undefined ? {} : { scopes }),
  };
  if ('url' in upstream) {
    const { url, transport, headers, credential } = upstream;
    return {
      ...common,
      kind: 'http',
      url,
      headers: lowerCase(headers),
      ...(transport === undefined ? {} : { transport }),
      ...(credential === undefined ? {} : { credential: withPaths(credential, folder) }),
    };
  }
  const { command, args, env, cwd } = upstream;
  return { ...common, kind: 'stdio', command, args, env, cwd: resolve(folder, cwd) };
}

function withPaths(credential: CredentialFile, folder: string): CredentialConfig {
  const { client_secret_file, private_key_file, ...rest } = credential;
  return {
    ...rest,
    ...(client_secret_file === undefined ? {} : { client_secret_file: resolve(folder, client_secret_file) }),
    ...(private_key_file === undefined ? {} : { private_key_file: resolve(folder, private_key_file) }),
  };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
