import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { expect, test } from 'vitest';
import { notingServer, openDoors, type Received } from './testing-doors.ts';

/** A server that opens a session for whoever asks. */
function openingServer(received: Received[]): Server {
  return notingServer(received, ({ id }, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': randomUUID() });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
  });
}

test('an agent that opens more and more sessions at a url forgets its own, and nobody else’s', async () => {
  const doors = await openDoors({ rate_per_agent: 100_000 }, undefined, openingServer);
  try {
    const ping = async (agent: string, session: string): Promise<number> =>
      (await doors.ask('/mcp/remote', { id: 1, method: 'ping' }, { agent, session })).status;
    const quiet = await doors.open('agt_a', '/mcp/remote');
    const first = await doors.open('agt_b', '/mcp/remote');
    for (let n = 0; n < 999; n++) await doors.open('agt_b', '/mcp/remote');
    expect(await ping('agt_b', first)).toBe(200);
    const last = await doors.open('agt_b', '/mcp/remote');
    expect(await ping('agt_b', first)).toBe(404);
    expect(await ping('agt_b', last)).toBe(200);
    expect(await ping('agt_a', quiet)).toBe(200);
  } finally {
    await doors.close();
  }
});
