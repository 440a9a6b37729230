import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAIN } from '../e2e/countersign.ts';
import { startListening, type ListeningServer } from '../transparency/listening-server.ts';
import { openGateway, type OpenGateway } from '../transparency/open-gateway.ts';
import { CLIENTS, type Door, type RealClient } from '../transparency/real-clients.ts';

const EVERYTHING = resolve(import.meta.dirname, '../conformance/everything/main.ts');
const CONSENTED = 'json_schema_2020_12_tool';
const UPSTREAMS = ['older-at-url', 'newer-at-url', 'older-started', 'newer-started'];
const DOORS = [
  ...UPSTREAMS.map((name) => ({ name, over: 'HTTP' as const, era: '' })),
  { name: 'older-over-stdio', over: 'stdio' as const, era: 'legacy' },
  { name: 'newer-over-stdio', over: 'stdio' as const, era: 'modern' },
];
const TOOLS = DOORS.map(({ name }) => `resource == tool::"${name}/${CONSENTED}"`).join(' || ');
const POLICY = `
@id("free") permit (principal, action, resource) unless { ${TOOLS} };
@id("consented") @step_up("approvers") @ttl("15m") @uses("1") @assurance("key") @reason("a test")
permit (principal, action, resource) when { ${TOOLS} };
`;

let servers: ListeningServer[];
let gateway: OpenGateway;

beforeAll(async () => {
  servers = await Promise.all(
    ['legacy', 'modern'].map((era) => startListening([EVERYTHING, '--http', '--only', era])),
  );
  const [older, newer] = servers;
  const local = (era: string) => ({ command: process.execPath, args: [EVERYTHING, '--only', era] });
  gateway = await openGateway(
    {
      'older-at-url': { url: older?.url },
      'newer-at-url': { url: newer?.url },
      'older-started': local('legacy'),
      'newer-started': local('modern'),
    },
    POLICY,
  );
  await gateway.site.enrolKey();
});
afterAll(async () => {
  await gateway.close();
  await Promise.all(servers.map((server) => server.close()));
});

describe.each(DOORS)('$name', ({ name: upstream, over, era }) => {
  const clients = Object.entries(CLIENTS).filter(([name]) => name.includes('stdio') === (over === 'stdio'));
  describe.each(clients)('%s', (name, connect) => {
    let client: RealClient;
    beforeAll(async () => {
      const server = [process.execPath, EVERYTHING, '--only', era];
      const door: Door = {
        url: gateway.url(upstream),
        key: gateway.agentKey,
        stdio: {
          command: process.execPath,
          args: [MAIN, 'mcp', '--server', upstream, '--hold', '20s', '--', ...server],
          env: {
            PATH: process.env['PATH'] ?? '',
            COUNTERSIGN_URL: gateway.site.url,
            COUNTERSIGN_API_KEY: gateway.agentKey,
          },
        },
      };
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
      const args = { name: `${upstream} ${name}`, contactMethod: 'email', email: 'ann@example.com' };
      const held = client.call(CONSENTED, args);
      await gateway.site.vote('approve', await gateway.site.pending());
      expect(JSON.parse(await held)).toEqual(args);
    });
  });
});
