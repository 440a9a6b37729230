import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { createApp } from '../../packages/server/src/http/app.ts';
import { namesOf } from '../../packages/server/src/http/guards.ts';
import { listen } from '../../packages/server/src/http/listen.ts';
import { openAuthority } from '../../packages/server/src/open-authority.ts';
import type { Authority } from '../../packages/server/src/faces.ts';
import { defaultConfig } from '../../packages/server/src/config/load-config.ts';
import type { Config } from '../../packages/server/src/config/config.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface Pdp {
  readonly url: string;
  readonly authority: Authority;
  readonly agent: string;
  readonly key: string;
  /** POSTs as a PEP that is limited to one agent: it is any AuthZEN client, and knows nothing of agents. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** A whole authority over HTTP that decides by the policies and entities of a folder beside this file. */
export async function openPdpSite(folder: string, overrides: Partial<Config> = {}): Promise<Pdp> {
  const here = join(import.meta.dirname, folder);
  const data = mkdtempSync(join(tmpdir(), 'countersign-authzen-'));
  const catalog = join(data, 'catalog');
  mkdirSync(catalog);
  const listening = await listen('127.0.0.1', 0);
  const config: Config = {
    public_url: `http://localhost:${listening.port}`,
    ...defaultConfig(),
    entities: join(here, 'entities.json'),
    ...overrides,
  };
  const logger = pino({ level: 'silent' });
  const authority = await openAuthority({
    data: join(data, 'data'),
    config,
    policies: join(here, 'policies'),
    catalog,
    logger,
  });
  const names = namesOf(config.public_url, listening);
  const app = createApp({ authority, config, names: () => names, ready: () => true, logger });
  listening.open({ app, gateway: { handle: (_request, response) => void response.end() }, names });
  const { agent } = await authority.registry.addAgent({ name: 'client', owner_email: 'owner@example.com' });
  const { api_key: key } = await authority.registry.addPep({ name: 'pep', agents: [agent.id] });
  const url = `http://127.0.0.1:${listening.port}`;
  return {
    url,
    authority,
    agent: agent.id,
    key,
    async post(path, body, headers = {}) {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await response.text();
      const json = response.headers.get('content-type')?.includes('json') ?? false;
      return {
        status: response.status,
        headers: response.headers,
        body: json ? (JSON.parse(text) as Record<string, unknown>) : {},
      };
    },
    async close() {
      listening.server.closeAllConnections();
      await listening.close();
      await authority.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
