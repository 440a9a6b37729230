import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { atOnce, inTurn, type Latencies } from './load.ts';

export type ClientEra = '2025-11-25' | '2026-07-28';

/**
 * Calls as the official client makes them, `concurrency` of one client's at a time: what its host waits for, and the client's
 * own work is part of that. Several rounds in turn, of which each address's median counts; milliseconds.
 */
export async function compareByClient(
  targets: Readonly<Record<string, { readonly url: string; readonly key?: string }>>,
  { tool, era, count, concurrency }: { tool: string; era: ClientEra; count: number; concurrency: number },
  rounds = 3,
): Promise<Record<string, Latencies>> {
  const clients: Record<string, Client> = {};
  for (const [name, { url, key }] of Object.entries(targets)) {
    const pin = { mode: { pin: '2026-07-28' as const } };
    const client = new Client(
      { name: 'bench', version: '1' },
      era === '2026-07-28' ? { versionNegotiation: pin } : {},
    );
    const requestInit = key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
    clients[name] = client;
  }
  const call = (client: Client, times: number): Promise<Latencies> =>
    atOnce(times, concurrency, (item) => client.callTool({ name: tool, arguments: { item } }));
  for (const client of Object.values(clients)) await call(client, 200);
  const found = await inTurn(clients, rounds, (client) => call(client, count));
  for (const client of Object.values(clients)) await client.close();
  return found;
}
