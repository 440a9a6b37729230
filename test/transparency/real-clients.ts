import { createMCPClient } from '@ai-sdk/mcp';
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { ElicitationRequestSchema } from '@ai-sdk/mcp';

/** What a test sees of a client, whoever wrote it. */
export interface RealClient {
  /** The revision that it speaks with this server, where it says so. */
  readonly revision?: string | undefined;
  readonly tools: () => Promise<string[]>;
  /** The text of a call's answer. */
  readonly call: (name: string, args: Record<string, unknown>) => Promise<string>;
  readonly read: (uri: string) => Promise<string>;
  readonly prompt: (name: string) => Promise<string>;
  /** How often a call tells its progress; for clients that ask for it. */
  readonly progress?: (name: string) => Promise<number>;
  /** Resolves once the server says that its tools changed, as it does when that tool is called. */
  readonly changed?: (name: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Door {
  readonly url: string;
  readonly key: string;
  /** A command that speaks for the same server over stdio. */
  readonly stdio: { readonly command: string; readonly args: string[]; readonly env: Record<string, string> };
}

const INFO = { name: 'real-client', version: '1.0.0' };
const CAPABILITIES = { elicitation: {} };
const ANSWER = { action: 'accept' as const, content: { username: 'ann', email: 'ann@example.com' } };
const TIMEOUT = { timeout: 60_000 };

export const CLIENTS: Readonly<Record<string, (door: Door) => Promise<RealClient>>> = {
  'SDK v1, 2025-11-25, over HTTP': ({ url, key }) =>
    legacy(new LegacyHttp(new URL(url), { requestInit: bearer(key) })),
  'SDK v1, 2025-11-25, over stdio': ({ stdio }) => legacy(new LegacyStdio({ ...stdio, stderr: 'inherit' })),
  'SDK v2, 2026-07-28, over HTTP': ({ url, key }) =>
    modern(new ModernHttp(new URL(url), { requestInit: bearer(key) })),
  'SDK v2, 2026-07-28, over stdio': ({ stdio }) => modern(new ModernStdio({ ...stdio, stderr: 'inherit' })),
  'AI SDK, 2026-07-28': (door) => aiSdk(door, true),
  'AI SDK, 2025-11-25': (door) => aiSdk(door, false),
};

async function legacy(transport: LegacyHttp | LegacyStdio): Promise<RealClient> {
  const client = new LegacyClient(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(ElicitRequestSchema, () => ANSWER);
  await client.connect(transport);
  return {
    tools: async () => namesOf(await client.listTools()),
    call: async (name, args) => textOf(await client.callTool({ name, arguments: args }, undefined, TIMEOUT)),
    read: async (uri) => JSON.stringify(await client.readResource({ uri })),
    prompt: async (name) => JSON.stringify(await client.getPrompt({ name })),
    progress: async (name) => {
      let told = 0;
      await client.callTool({ name, arguments: {} }, undefined, { ...TIMEOUT, onprogress: () => told++ });
      return told;
    },
    changed: async (name) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      client.fallbackNotificationHandler = ({ method }) => {
        if (method === 'notifications/tools/list_changed') resolve();
        return Promise.resolve();
      };
      await client.callTool({ name, arguments: {} });
      await promise;
    },
    close: () => client.close(),
  };
}

async function modern(transport: ModernHttp | ModernStdio): Promise<RealClient> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const client = new ModernClient(INFO, {
    capabilities: CAPABILITIES,
    versionNegotiation: { mode: { pin: '2026-07-28' } },
    listChanged: { tools: { autoRefresh: false, onChanged: () => resolve() } },
  });
  client.setRequestHandler('elicitation/create', () => ANSWER);
  await client.connect(transport);
  return {
    revision: client.getNegotiatedProtocolVersion(),
    tools: async () => namesOf(await client.listTools()),
    call: async (name, args) => textOf(await client.callTool({ name, arguments: args }, TIMEOUT)),
    read: async (uri) => JSON.stringify(await client.readResource({ uri })),
    prompt: async (name) => JSON.stringify(await client.getPrompt({ name })),
    progress: async (name) => {
      let told = 0;
      await client.callTool({ name, arguments: {} }, { ...TIMEOUT, onprogress: () => told++ });
      return told;
    },
    changed: async (name) => {
      await client.callTool({ name, arguments: {} });
      await promise;
    },
    close: () => client.close(),
  };
}

/** With discovery it speaks the newer revision, without it the older one. */
async function aiSdk({ url, key }: Door, protocolVersionDiscovery: boolean): Promise<RealClient> {
  const client = await createMCPClient({
    transport: { type: 'http', url, ...bearer(key) },
    capabilities: CAPABILITIES,
    protocolVersionDiscovery,
  });
  client.onElicitationRequest(ElicitationRequestSchema, () => ANSWER);
  return {
    revision: client.initializeResult.protocolVersion,
    tools: async () => Object.keys(await client.tools()),
    call: async (name, args) => textOf(await client.callTool({ name, arguments: args, options: TIMEOUT })),
    read: async (uri) => JSON.stringify(await client.readResource({ uri })),
    prompt: async (name) => JSON.stringify(await client.getPrompt({ name })),
    close: () => client.close(),
  };
}

function bearer(key: string): { readonly headers: Record<string, string> } {
  return { headers: { authorization: `Bearer ${key}` } };
}

function namesOf({ tools }: { readonly tools: readonly { readonly name: string }[] }): string[] {
  return tools.map(({ name }) => name);
}

function textOf(result: unknown): string {
  const { content = [] } = result as { readonly content?: readonly { readonly text?: string }[] };
  return content.map(({ text }) => text ?? '').join('\n');
}
