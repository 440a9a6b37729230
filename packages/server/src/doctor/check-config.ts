import { existsSync, statSync } from 'node:fs';
import { ConfigError } from '../config/config-error.ts';
import { defaultConfig, loadConfig, type LoadedConfig } from '../config/load-config.ts';
import { ok, warn, wrong, type Finding } from './finding.ts';

const LEAST_NODE = 24;

export function checkNode(version: string): readonly Finding[] {
  return Number(version.split('.')[0]) >= LEAST_NODE
    ? [ok('node', version)]
    : [wrong('node', `${version}: needs ${LEAST_NODE} or newer: install one`)];
}

/** The config, too: what else is looked at follows from it. Undefined where it does not parse. */
export function checkConfig(
  path: string,
  isNamed: boolean,
  lenient: NodeJS.ProcessEnv,
): { readonly findings: readonly Finding[]; readonly config: LoadedConfig | undefined } {
  if (!isNamed && !existsSync(path)) {
    const text = `${path} is not here: defaults hold; \`countersign init\` writes one`;
    return { findings: [warn('config', text)], config: defaultConfig() };
  }
  try {
    const config = loadConfig(path);
    return { findings: [ok('config', path), ...openToOthers(path, config)], config };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (!error.message.endsWith('is not set in the environment'))
      return { findings: [wrong('config', error.message)], config: undefined };
    try {
      // Whoever looks need not be who serves.
      const config = loadConfig(path, lenient);
      return {
        findings: [warn('config', `${error.message} here: \`countersign serve\` needs it in its own`)],
        config,
      };
    } catch (worse) {
      if (!(worse instanceof ConfigError)) throw worse;
      return { findings: [wrong('config', worse.message)], config: undefined };
    }
  }
}

/** Credentials of upstreams in a file that others read are everybody's. */
function openToOthers(path: string, { upstreams }: LoadedConfig): readonly Finding[] {
  const holds = upstreams.some(
    (each) => Object.keys(each.kind === 'http' ? each.headers : each.env).length > 0,
  );
  if (!holds || process.platform === 'win32' || (statSync(path).mode & 0o044) === 0) return [];
  return [warn('config', `${path} holds credentials of upstreams and others can read it: chmod 600 it`)];
}

/** Passkeys exist on https, and on http://localhost. */
export function checkOrigin(publicUrl: string): readonly Finding[] {
  const { protocol, hostname } = new URL(publicUrl);
  if (/^(?:\d+\.){3}\d+$|^\[/.test(hostname))
    return [wrong('origin', `${publicUrl}: passkeys need a name, not an address: set public_url`)];
  return protocol === 'https:' || hostname === 'localhost'
    ? [ok('origin', `${publicUrl} can have passkeys`)]
    : [wrong('origin', `${publicUrl}: passkeys need https, or http://localhost: set public_url`)];
}
