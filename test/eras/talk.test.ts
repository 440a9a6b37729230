import { resolve } from 'node:path';
import {
  Client as NewerClient,
  StreamableHTTPClientTransport as NewerHttp,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as NewerStdio } from '@modelcontextprotocol/client/stdio';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OlderHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN } from '../e2e/countersign.ts';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';

/** The reference server, of 2025-11-25 alone, by the older SDK. */
const REFERENCE = resolve(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
);
const EVERYTHING = resolve(import.meta.dirname, '../conformance/everything/main.ts');
const INFO = { name: 'talk', version: '1.0.0' };
const SAMPLED = {
  role: 'assistant' as const,
  model: 'none',
  content: { type: 'text' as const, text: 'forty-two' },
};
const ROOTS = { roots: [{ uri: 'file:///work', name: 'work' }] };

let web: ListeningServer;
let gateway: OpenGateway;
beforeAll(async () => {
  web = await startListening([EVERYTHING, '--http', '--only', 'modern']);
  gateway = await openGateway({
    reference: { command: process.execPath, args: [REFERENCE] },
    newer: { command: process.execPath, args: [EVERYTHING, '--only', 'modern'] },
    'newer-with-tasks': { url: web.url },
  });
});
afterAll(async () => {
  await gateway.close();
  await web.close();
});

const bearer = () => ({ requestInit: { headers: { authorization: `Bearer ${gateway.agentKey}` } } });

describe.each(['HTTP', 'stdio'])('a client of 2026-07-28 at the reference server, over %s', (over) => {
  let client: NewerClient;
  beforeAll(async () => {
    client = new NewerClient(INFO, {
      capabilities: { sampling: {}, elicitation: {}, roots: {} },
      versionNegotiation: { mode: { pin: '2026-07-28' } },
    });
    client.setRequestHandler('sampling/createMessage', () => SAMPLED);
    client.setRequestHandler('roots/list', () => ROOTS);
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ann' } }));
    const env = {
      PATH: process.env['PATH'] ?? '',
      COUNTERSIGN_URL: gateway.site.url,
      COUNTERSIGN_API_KEY: gateway.agentKey,
    };
    const args = [MAIN, 'mcp', '--server', 'reference', '--', process.execPath, REFERENCE];
    await client.connect(
      over === 'HTTP'
        ? new NewerHttp(new URL(gateway.url('reference')), bearer())
        : new NewerStdio({ command: process.execPath, args, env, stderr: 'ignore' }),
    );
  });
  afterAll(() => client.close());

  const call = async (name: string, args: Record<string, unknown> = {}): Promise<string> =>
    JSON.stringify(await client.callTool({ name, arguments: args }));

  test('it is asked for a model’s answer, for a form and for roots', async () => {
    expect(await call('trigger-sampling-request', { prompt: 'x' })).toContain('forty-two');
    expect(await call('trigger-elicitation-request')).toContain('Ann');
    expect(await call('get-roots-list')).toContain('file:///work');
  });

  test('what the server does as a task alone it gets by calling, and is asked meanwhile', async () => {
    const said = await call('simulate-research-query', { topic: 'tasks', ambiguous: true });
    expect(said).toContain('Research Report: tasks (User accepted without selection)');
    expect(said).not.toContain('related-task');
  });

  test('it completes an argument and reads a resource', async () => {
    const { resources } = await client.listResources();
    const uri = resources[0]?.uri ?? '';
    expect(JSON.stringify(await client.readResource({ uri }))).toContain(uri);
    const completed = await client.complete({
      ref: { type: 'ref/prompt', name: 'completable-prompt' },
      argument: { name: 'department', value: 'E' },
    });
    expect(completed.completion.values).toContain('Engineering');
  });

  test('a call that it gives up is given up at the server', async () => {
    const abort = new AbortController();
    const params = { name: 'trigger-long-running-operation', arguments: { duration: 30, steps: 30 } };
    let told = 0;
    const running = client.callTool(params, {
      signal: abort.signal,
      onprogress: () => {
        told++;
        abort.abort();
      },
    });
    await expect(running).rejects.toThrow();
    expect(told).toBe(1);
    expect(await call('echo', { message: 'still here' })).toContain('still here');
  });

  test('it hears of a resource that it listens to', async () => {
    const { resources } = await client.listResources();
    const uri = resources[0]?.uri ?? '';
    const heard = Promise.withResolvers<string>();
    client.setNotificationHandler('notifications/resources/updated', ({ params }) =>
      heard.resolve(params.uri),
    );
    const subscription = await client.listen({ resourceSubscriptions: [uri] });
    await call('toggle-subscriber-updates');
    expect(await heard.promise).toBe(uri);
    await call('toggle-subscriber-updates');
    await subscription.close();
  });
});

describe('a client of 2025-11-25 at a server of 2026-07-28', () => {
  let client: OlderClient;
  beforeAll(async () => {
    client = new OlderClient(INFO, { capabilities: { sampling: {}, roots: {} } });
    client.setRequestHandler(CreateMessageRequestSchema, () => SAMPLED);
    client.setRequestHandler(ListRootsRequestSchema, () => ROOTS);
    await client.connect(new OlderHttp(new URL(gateway.url('newer')), bearer()));
  });
  afterAll(() => client.close());

  test('it is asked for a model’s answer and for roots, by requests', async () => {
    const call = async (name: string, args = {}) =>
      JSON.stringify(await client.callTool({ name, arguments: args }));
    expect(await call('test_sampling', { prompt: 'x' })).toContain('forty-two');
    expect(await call('test_input_required_result_list_roots')).toContain('file:///work');
  });

  test('it hears the logs of the level that it sets, and completes an argument', async () => {
    const heard: unknown[] = [];
    client.setNotificationHandler(
      LoggingMessageNotificationSchema,
      ({ params }) => void heard.push(params.data),
    );
    await client.callTool({ name: 'test_tool_with_logging' });
    expect(heard).toEqual([]);
    await client.setLoggingLevel('info');
    await client.callTool({ name: 'test_tool_with_logging' });
    expect(heard).toHaveLength(3);
    const completed = await client.complete({
      ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' },
      argument: { name: 'arg1', value: 'test' },
    });
    expect(completed.completion).toHaveProperty('values');
  });

  test('it subscribes to a resource', async () => {
    await client.subscribeResource({ uri: 'test://static-text' });
    await client.unsubscribeResource({ uri: 'test://static-text' });
  });

  test('it pings', async () => {
    expect(await client.ping()).toEqual({});
  });

  test('what the server does as a task alone it gets by calling, and is asked meanwhile', async () => {
    const asked = new OlderClient(INFO, { capabilities: { elicitation: {} } });
    asked.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { name: 'Ann' } }));
    await asked.connect(new OlderHttp(new URL(gateway.url('newer-with-tasks')), bearer()));
    const said = JSON.stringify(await asked.callTool({ name: 'test_tool_with_task', arguments: {} }));
    expect(said).toContain('Ann');
    const failed = await asked.callTool({ name: 'failing_job', arguments: {} });
    expect(failed).toMatchObject({ isError: true, content: [{ text: 'it failed' }] });
    await asked.close();
  });
});
