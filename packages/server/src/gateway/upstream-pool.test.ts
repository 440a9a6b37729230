import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { BridgeHttp } from './bridge-http.ts';
import { lookAt } from './bridged-message.ts';
import { openPool } from './upstream-pool.ts';

const CALL = lookAt(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"drop"}}'));

// ALPN stands in the clear in a client's first words (RFC 7301 §3.1), so no certificate is needed to see what it would speak.
test.each([
  [
    'an upstream',
    async (origin: string) => {
      const pool = openPool(origin, () => {});
      await pool.request({ method: 'POST', path: '/', body: '{}' }).catch(() => {});
      await pool.destroy();
    },
  ],
  [
    'the bridge’s gateway',
    async (origin: string) => {
      const http = new BridgeHttp(`${origin}/mcp`, {});
      await http.send(undefined, CALL, AbortSignal.timeout(10_000)).catch(() => {});
      await http.leave(undefined);
    },
  ],
])(
  'a call to %s goes over HTTP/1.1, in which nothing that was written is sent again by itself',
  async (_to, call) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const heard = once(server, 'connection').then(async ([socket]: Socket[]) => {
      const [hello] = (await once(socket as Socket, 'data')) as [Buffer];
      (socket as Socket).destroy();
      return hello.toString('latin1');
    });
    await call(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const hello = await heard;
    expect(hello).toContain('http/1.1');
    expect(hello).not.toContain('\u0002h2');
    server.close();
  },
);
