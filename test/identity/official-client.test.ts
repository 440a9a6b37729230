import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  Client,
  ClientCredentialsProvider,
  DpopSession,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { openSite, type Site } from './fixture.ts';

// The official client knows our address and its own credentials, and nothing else: the rest it finds from our 401.
let site: Site;
beforeAll(async () => {
  site = await openSite({}, { scopes: { all: ['notes'], tools: { read: ['notes:read'] }, implies: {} } });
});
afterAll(() => site.close());

class BoundProvider extends ClientCredentialsProvider {
  readonly session: Promise<DpopSession> = DpopSession.create();
  dpop(): Promise<DpopSession> {
    return this.session;
  }
}

async function connected(provider: ClientCredentialsProvider, pin?: '2026-07-28'): Promise<Client> {
  const client = new Client(
    { name: 'official', version: '1' },
    pin === undefined ? {} : { versionNegotiation: { mode: { pin } } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(site.resource), { authProvider: provider }));
  return client;
}

const credentials = () => ({
  clientId: 'worker-client',
  clientSecret: 's',
  expectedIssuer: site.as.issuer,
});

test.each([undefined, '2026-07-28'] as const)(
  'a client finds the authorization server, gets a token for this resource, and a wider one when it is told so (%s)',
  async (pin) => {
    site.as.asked.length = 0;
    const client = await connected(new ClientCredentialsProvider(credentials()), pin);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['read', 'write']);
    expect(site.as.asked).toEqual([
      { grant_type: 'client_credentials', resource: site.resource, scope: 'notes' },
    ]);
    const result = await client.callTool({ name: 'read', arguments: {} });
    expect(result.content).toEqual([{ type: 'text', text: 'done' }]);
    expect(new Set(site.as.asked.at(-1)?.['scope']?.split(' '))).toEqual(new Set(['notes', 'notes:read']));
    await client.close();
  },
);

test('a client that binds its tokens to a key proves it with each request', async () => {
  const provider = new BoundProvider({ ...credentials(), scope: 'notes notes:read' });
  const client = await connected(provider, '2026-07-28');
  expect(provider.tokens()?.token_type).toBe('DPoP');
  for (let i = 0; i < 3; i++)
    expect((await client.callTool({ name: 'read', arguments: {} })).content).toEqual([
      { type: 'text', text: 'done' },
    ]);
  await client.close();
});
