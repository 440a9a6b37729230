import { expect, test } from 'vitest';
import { requestOf } from '../made-message.ts';
import { Listeners } from './listeners.ts';

test('who listens to a session is told when there is nothing more to hear', async () => {
  const listeners = new Listeners({
    capabilities: { tools: { listChanged: true } },
    ask: () => Promise.resolve(undefined),
  });
  const params = { notifications: { toolsListChanged: true } };
  const { answer } = listeners.listen(
    requestOf('l', 'subscriptions/listen', params, 'modern'),
    undefined,
    () => {},
  );
  listeners.close();
  expect(await answer).toMatchObject({ id: 'l', result: { resultType: 'complete' } });
  expect(listeners.size).toBe(0);
});
