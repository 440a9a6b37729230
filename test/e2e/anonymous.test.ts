import { expect, test } from 'vitest';
import { FILESYSTEM, Site } from './countersign.ts';

test('on loopback a caller without a credential may act as a named agent; one with a wrong key may not', async () => {
  const site = new Site();
  await site.reservePort();
  const files = {
    command: process.execPath,
    args: [FILESYSTEM, site.files],
    cwd: site.dir,
    catalog: 'filesystem',
  };
  site.configure({
    public_url: site.url,
    upstreams: {
      open: { ...files, anonymous_agent: 'local' },
      unnamed: { ...files, anonymous_agent: 'nobody' },
      files,
    },
  });
  await site.json('agent', 'add', 'local', '--owner', 'owner@example.com');
  const running = await site.start();
  const initialize = async (upstream: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${running.url}/mcp/${upstream}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
      }),
    });
    await answer.text();
    return answer.status;
  };
  expect(await initialize('open')).toBe(200);
  expect(await initialize('open', { authorization: 'Bearer cs_agent_wrong' })).toBe(401);
  expect(await initialize('open', { authorization: '' })).toBe(401);
  // A page in a browser on this machine is not a local program.
  expect(await initialize('open', { origin: 'https://evil.example' })).toBe(403);
  expect(await initialize('unnamed')).toBe(401);
  expect(await initialize('files')).toBe(401);
  await site.close();
});
