import { pino } from 'pino';
import { createApp } from '../../packages/server/src/http/app.ts';
import { namesOf } from '../../packages/server/src/http/guards.ts';
import type { Config } from '../../packages/server/src/config/config.ts';
import { openTestAuthority, type Opened } from '../authority/fixture.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

export interface Sent {
  readonly key?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Record<string, string>;
}

export interface TestApp {
  readonly opened: Opened;
  readonly app: ReturnType<typeof createApp>;
  readonly send: (method: string, path: string, sent?: Sent) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** The whole HTTP face over a real authority, asked without a socket. */
export async function openApp(overrides: Partial<Config> = {}): Promise<TestApp> {
  const opened = await openTestAuthority(overrides);
  const { config } = opened.parts;
  const { origin, host } = new URL(config.public_url);
  const names = namesOf(config.public_url, { host: '127.0.0.1', port: 7300 });
  const app = createApp({
    authority: opened.authority,
    config,
    names: () => names,
    ready: () => true,
    logger: pino({ level: 'silent' }),
  });
  return {
    opened,
    app,
    async send(method, path, { key, body, raw, headers } = {}) {
      const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const response = await app.request(`${origin}${path}`, {
        method,
        headers: {
          host,
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(payload === undefined ? {} : { body: payload }),
      });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
      };
    },
    close: () => opened.close(),
  };
}
