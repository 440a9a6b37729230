import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { latenciesOf, medianOf, type Latencies } from './load.ts';

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
  const found: Record<string, Latencies[]> = {};
  for (const client of Object.values(clients)) await measure(client, tool, 200, concurrency);
  for (let round = 0; round < rounds; round++)
    for (const [name, client] of Object.entries(clients))
      (found[name] ??= []).push(await measure(client, tool, count, concurrency));
  for (const client of Object.values(clients)) await client.close();
  return Object.fromEntries(Object.entries(found).map(([name, all]) => [name, medianOf(all)]));
}

async function measure(client: Client, name: string, count: number, concurrency: number): Promise<Latencies> {
  const times: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const item = next++;
      const start = performance.now();
      await client.callTool({ name, arguments: { item } });
      times.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  return latenciesOf(times, performance.now() - start);
}
