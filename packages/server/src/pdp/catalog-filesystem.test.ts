import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { toolDefinitionDigest, type JsonObject } from '@countersign/core';
import { expect, test } from 'vitest';
import { readCatalog } from './catalog.ts';
import { filesOf, POLICIES, textsIn } from './testing.ts';

test('the filesystem catalog holds every tool of the installed server, at its current definition', async () => {
  const catalog = readCatalog(filesOf(textsIn(join(POLICIES, 'catalog'), '.yaml')), [
    { name: 'fs', catalog: 'filesystem' },
  ]);
  const tools = await listTools();
  const current = new Map(tools.map((tool) => [`fs/${tool.name}`, toolDefinitionDigest({ ...tool })]));
  expect(new Map([...catalog].map(([name, tool]) => [name, tool.definition]))).toEqual(current);
  for (const { name, annotations } of tools) {
    // The server's hint may raise a risk and never lower it, so what it calls a change must not be a mere read here.
    if (!annotations.readOnlyHint)
      expect(catalog.get(`fs/${name}`)?.facts.effects, name).not.toEqual(['read']);
  }
});

interface ListedTool extends JsonObject {
  readonly name: string;
  readonly annotations: { readonly readOnlyHint: boolean };
}

async function listTools(): Promise<readonly ListedTool[]> {
  const main = createRequire(import.meta.url).resolve(
    '@modelcontextprotocol/server-filesystem/dist/index.js',
  );
  const server = spawn(process.execPath, [main, tmpdir()], { stdio: ['pipe', 'pipe', 'ignore'] });
  const send = (message: object): void => {
    server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  const clientInfo = { name: 'test', version: '1' };
  send({
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo },
  });
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      const { id, result } = JSON.parse(line) as { id?: number; result?: { tools: ListedTool[] } };
      if (id === 1) {
        send({ method: 'notifications/initialized' });
        send({ id: 2, method: 'tools/list', params: {} });
      }
      if (id === 2 && result !== undefined) return result.tools;
    }
    throw new Error('the server ended without listing its tools');
  } finally {
    server.kill();
  }
}
