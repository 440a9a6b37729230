import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as send, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { pino } from 'pino';
import { createApp } from '../../packages/server/src/http/app.ts';
import { namesOf } from '../../packages/server/src/http/guards.ts';
import { listen, type RawDoor } from '../../packages/server/src/http/listen.ts';
import type { Config } from '../../packages/server/src/config/config.ts';
import { openTestAuthority, type Opened } from '../authority/fixture.ts';

export interface Sent {
  readonly key?: string;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string | Uint8Array;
  /** Without Content-Length. */
  readonly chunked?: boolean;
  /** Replace ours; an undefined one is left out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The parsed text of a JSON answer, else empty. */
  readonly body: Record<string, unknown>;
}

export interface Site {
  readonly opened: Opened;
  readonly app: Hono;
  /** The origin of `public_url`. */
  readonly origin: string;
  /** Where it listens. */
  readonly url: string;
  /** What the gateway was asked: method and path. */
  readonly door: string[];
  readonly state: { ready: boolean };
  /** One request over a socket of its own. */
  readonly call: (method: string, path: string, sent?: Sent) => Promise<Answer>;
  /** The events of the log from `start` on. */
  readonly log: (start?: number) => Promise<Record<string, unknown>[]>;
  readonly close: () => Promise<void>;
}

/** Beside the console's folder: no request may read it. */
export const SECRET = 'not for the web';

/** The whole HTTP face of a test authority, on a free port; the gateway behind it only counts. */
export async function openSite(overrides: Partial<Config> = {}): Promise<Site> {
  const listening = await listen('127.0.0.1', 0);
  const opened = await openTestAuthority({
    public_url: `http://localhost:${listening.port}`,
    ...overrides,
  });
  const folder = mkdtempSync(join(tmpdir(), 'countersign-site-'));
  const consoleDir = join(folder, 'console');
  mkdirSync(consoleDir);
  writeFileSync(join(consoleDir, 'index.html'), '<!doctype html><title>console</title>');
  writeFileSync(join(folder, 'secret.svg'), SECRET);

  const { config } = opened.parts;
  const names = namesOf(config.public_url, listening);
  const state = { ready: true };
  const app = createApp({
    authority: opened.authority,
    config,
    consoleDir,
    names: () => names,
    ready: () => state.ready,
    logger: pino({ level: 'silent' }),
  });
  const door: string[] = [];
  const gateway: RawDoor = {
    handle(request, response) {
      door.push(`${request.method} ${request.url}`);
      response.end('{}');
    },
  };
  listening.open({ app, gateway, names });

  const { origin, host } = new URL(config.public_url);
  return {
    opened,
    app,
    origin,
    url: `http://127.0.0.1:${listening.port}`,
    door,
    state,
    call: (method, path, sent = {}) => exchange(listening.port, host, method, path, sent),
    async log(start = 0) {
      const { audit } = opened.parts;
      const entries = await audit.entries(start, await audit.size());
      return entries.map(({ leaf }) => {
        const entry = JSON.parse(Buffer.from(leaf).toString()) as { event: Record<string, unknown> };
        return entry.event;
      });
    },
    async close() {
      listening.server.closeAllConnections();
      await listening.close();
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function exchange(port: number, host: string, method: string, path: string, sent: Sent): Promise<Answer> {
  const { key, body, raw, chunked = false, headers = {}, signal } = sent;
  const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const all: Record<string, string | undefined> = {
    host,
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    ...(payload === undefined || chunked ? {} : { 'content-length': String(Buffer.byteLength(payload)) }),
    ...headers,
  };
  const kept = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return new Promise((answered, failed) => {
    const options = {
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: Object.fromEntries(kept),
    };
    const request = send({ ...options, ...(signal === undefined ? {} : { signal }) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', failed);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
        answered({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
        });
      });
    });
    request.on('error', failed);
    request.end(payload);
  });
}
