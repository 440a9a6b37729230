import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** What a test sees of a tool's answer, in either era. */
export interface Answer {
  readonly isError: boolean;
  readonly text: string;
  readonly consent:
    { readonly request_id?: string; readonly status?: string; readonly retry_after?: number } | undefined;
}

/** How a call is made: what cancels it, and who hears that it is held. */
export interface How {
  readonly signal?: AbortSignal;
  readonly onprogress?: () => void;
}

/** A real MCP client of one era over one transport. */
export interface TestAgent {
  readonly tools: () => Promise<string[]>;
  readonly call: (name: string, args: Record<string, unknown>, how?: How) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

export type Era = '2025-11-25' | '2026-07-28';
export type Door =
  | { readonly kind: 'http'; readonly url: string; readonly key: string }
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: string[];
      readonly env: Record<string, string>;
    };

export async function connect(era: Era, door: Door): Promise<TestAgent> {
  const info = { name: 'test-agent', version: '1.0.0' };
  if (era === '2025-11-25') {
    const client = new LegacyClient(info);
    await client.connect(
      door.kind === 'http'
        ? new LegacyHttp(new URL(door.url), { requestInit: { headers: bearer(door.key) } })
        : new LegacyStdio({ command: door.command, args: door.args, env: door.env, stderr: 'inherit' }),
    );
    return {
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: async (name, args, how) =>
        answerOf(
          await client.callTool({ name, arguments: args }, undefined, {
            timeout: 60_000,
            ...how,
          }),
        ),
      close: () => client.close(),
    };
  }
  const client = new ModernClient(info, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(
    door.kind === 'http'
      ? new ModernHttp(new URL(door.url), { requestInit: { headers: bearer(door.key) } })
      : new ModernStdio({ command: door.command, args: door.args, env: door.env, stderr: 'inherit' }),
  );
  return {
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args, how) =>
      answerOf(await client.callTool({ name, arguments: args }, { timeout: 60_000, ...how })),
    close: () => client.close(),
  };
}

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

function answerOf(result: unknown): Answer {
  const { isError, content, _meta } = result as {
    isError?: boolean;
    content?: { type: string; text?: string }[];
    _meta?: Record<string, unknown>;
  };
  return {
    isError: isError === true,
    text: (content ?? []).map(({ text }) => text ?? '').join('\n'),
    consent: _meta?.['io.countersign/consent'] as Answer['consent'],
  };
}
