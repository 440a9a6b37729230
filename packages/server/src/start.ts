import type { Logger } from 'pino';
import { serveAdmin } from './admin/socket-server.ts';
import type { Authority } from './authority.ts';
import type { Config } from './config/config.ts';
import { ConfigError } from './config/config-error.ts';
import type { LoadedConfig } from './config/load-config.ts';
import type { ConsentPort, DelegationParty } from '@countersign/core';
import { createHttpGateway } from './gateway/http-door.ts';
import { createApp } from './http/app.ts';
import { isLoopback, namesOf } from './http/guards.ts';
import { listen } from './http/listen.ts';
import { createIdentify } from './identify.ts';
import { openAuthority } from './open-authority.ts';

export interface StartOptions {
  readonly config: LoadedConfig;
  /** The data folder. */
  readonly data: string;
  readonly policies: string;
  readonly catalog: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The built console; without it only the APIs are served. */
  readonly consoleDir?: string;
  readonly logger: Logger;
}

export interface Running {
  /** Where it listens. */
  readonly url: string;
  readonly config: Config;
  readonly authority: Authority;
  /** Drains and ends it all, in under five seconds. */
  stop(): Promise<void>;
}

/**
 * Composes a whole Countersign: port, authority, HTTP API and console, gateway, admin socket. What fails
 * leaves nothing open. Throws `ConfigError`, `DataFolderError`, `PolicySetError`, and what `listen` throws.
 */
export async function start(options: StartOptions): Promise<Running> {
  const { host, logger, data } = options;
  const opened: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of opened.splice(0).toReversed()) await close();
  };
  try {
    const listening = await listen(host, options.port, options.config.limits);
    let closing: Promise<void> | undefined;
    const closeListening = (): Promise<void> => (closing ??= listening.close());
    opened.push(closeListening);
    const config = complete(options.config, host, listening.port);

    const { policies, catalog } = options;
    const authority = await openAuthority({ data, config, policies, catalog, logger });
    opened.push(() => authority.close());

    const gateway = createHttpGateway({
      store: authority.parkedCalls,
      port: (agentId, delegation) => portOf(authority, agentId, delegation),
      clock: Date.now,
      upstreams: config.upstreams,
      issuer: authority.id,
      holdMs: config.hold_ms,
      limits: config.limits,
      assertion: (agentId, audience) => authority.tokens.agentAssertion(agentId, audience),
      identify: createIdentify(authority, config, (text) => logger.warn({ text }, 'access tokens')),
      complain: (upstream, text) => logger.warn({ upstream, text }, 'gateway'),
      overheard: (upstream, text) => logger.debug({ upstream, text }, 'standard error of an mcp server'),
    });
    const unsubscribe = authority.subscribe((event) => {
      if (event.kind === 'request' && event.status !== 'pending') gateway.requestEnded(event.id);
      if (event.kind === 'agent' && event.status === 'suspended') gateway.agentSuspended(event.id);
      if (event.kind === 'policies') gateway.policiesChanged();
    });
    opened.push(async () => unsubscribe());
    // Held calls are answered while the port drains; only then do their servers end.
    opened.push(async () => {
      gateway.drain();
      await closeListening();
      await gateway.close();
    });
    opened.push(await serveAdmin(authority, data));

    let ready = true;
    opened.push(async () => {
      ready = false;
    });
    const names = namesOf(config.public_url, listening);
    const { consoleDir } = options;
    const app = createApp({
      authority,
      config,
      ...(consoleDir === undefined ? {} : { consoleDir }),
      names: () => names,
      ready: () => ready,
      logger,
    });
    listening.open({ app, gateway, names });
    // What waits may be much, and nobody's first request should wait for it.
    gateway.start().then(
      (calls) => logger.info({ calls }, 'parked calls were looked at'),
      (error: unknown) => logger.error({ reason: String(error) }, 'parked calls'),
    );
    const named = isLoopback(host) ? '127.0.0.1' : host;
    return {
      url: `http://${named.includes(':') ? `[${named}]` : named}:${listening.port}`,
      config,
      authority,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What only the listening port decides, and what must not be listened to from elsewhere. */
function complete(loaded: LoadedConfig, host: string, port: number): Config {
  const public_url = loaded.public_url ?? `http://localhost:${port}`;
  const open = !isLoopback(host) || !isLoopback(new URL(public_url).hostname);
  for (const { name, anonymous_agent } of loaded.upstreams) {
    if (anonymous_agent === undefined || !open) continue;
    throw new ConfigError(
      `upstreams.${name}.anonymous_agent would let anybody in: it needs a loopback --host and public_url`,
    );
  }
  return { ...loaded, public_url };
}

/** A parked call speaks for its agent as that agent is now, on behalf of whom it was made for. */
async function portOf(
  authority: Authority,
  agentId: string,
  delegation: DelegationParty | undefined,
): Promise<ConsentPort | undefined> {
  const agent = await authority.registry.agent(agentId).catch(() => undefined);
  if (agent === undefined) return undefined;
  return authority.consent({ kind: 'door', agent, ...(delegation === undefined ? {} : { delegation }) });
}
