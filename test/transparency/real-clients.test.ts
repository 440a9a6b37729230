import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN } from '../e2e/countersign.ts';
import { startListening, type ListeningServer } from './listening-server.ts';
import { openGateway, type OpenGateway } from './open-gateway.ts';
import { CLIENTS, type Door, type RealClient } from './real-clients.ts';

const EVERYTHING = resolve(import.meta.dirname, '../conformance/everything/main.ts');
const CONSENTED = 'json_schema_2020_12_tool';
const POLICY = `
@id("free") permit (principal, action, resource) unless { resource == tool::"everything/${CONSENTED}" };
@id("consented") @step_up("approvers") @ttl("15m") @uses("1") @assurance("key") @reason("a test")
permit (principal, action, resource == tool::"everything/${CONSENTED}");
`;

let server: ListeningServer;
let gateway: OpenGateway;
let door: Door;

beforeAll(async () => {
  server = await startListening([EVERYTHING, '--http']);
  gateway = await openGateway({ everything: { url: server.url } }, POLICY);
  await gateway.site.enrolKey();
  door = {
    url: gateway.url('everything'),
    key: gateway.agentKey,
    stdio: {
      command: process.execPath,
      args: [MAIN, 'mcp', '--server', 'everything', '--hold', '20s', '--', process.execPath, EVERYTHING],
      env: {
        PATH: process.env['PATH'] ?? '',
        COUNTERSIGN_URL: gateway.site.url,
        COUNTERSIGN_API_KEY: gateway.agentKey,
      },
    },
  };
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

describe.each(Object.entries(CLIENTS))('%s', (name, connect) => {
  let client: RealClient;
  beforeAll(async () => {
    client = await connect(door);
  });
  afterAll(() => client.close());

  test('lists, calls, reads and prompts', async () => {
    expect(name).toContain(client.revision ?? '');
    expect(await client.tools()).toContain('test_simple_text');
    expect(await client.call('test_simple_text', {})).toBe('This is a simple text response for testing.');
    expect(await client.call('test_error_handling', {})).toContain('intentionally');
    expect(await client.read('test://template/7/data')).toContain('Data for ID: 7');
    expect(await client.prompt('test_simple_prompt')).toContain('This is a simple prompt for testing.');
  });

  test('is asked something by the server while it calls', async () => {
    expect(await client.call('test_elicitation', { message: 'Who are you?' })).toContain('ann@example.com');
  });

  test('hears of progress and of changes, where it listens', async () => {
    expect(await client.progress?.('test_tool_with_progress')).toBe(client.progress && 3);
    await client.changed?.('test_trigger_tool_change');
  });

  test('waits for consent, and then its call runs', async () => {
    const args = { name, contactMethod: 'email', email: 'ann@example.com' };
    const held = client.call(CONSENTED, args);
    await gateway.site.vote('approve', await gateway.site.pending());
    expect(JSON.parse(await held)).toEqual(args);
  });
});
