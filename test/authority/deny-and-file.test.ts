import { denialReference } from '@countersign/core';
import { afterEach, expect, test } from 'vitest';
import { addAgent, enrolFirst, openTestAuthority, park, vote, writeCall, type Opened } from './fixture.ts';

let opened: Opened;
afterEach(() => opened.close());

test('a deny that commits while the same action is filed again leaves nobody asked anew', async () => {
  opened = await openTestAuthority();
  const ann = await enrolFirst(opened);
  const { agent, port } = await addAgent(opened);
  for (let turns = 0; turns < 12; turns++) {
    const call = writeCall(agent, { path: `${turns}.txt` });
    const id = await park(port, call);
    const denial = await port.evaluate(call);
    if (denial.decision) throw new Error('permitted');
    const denied = vote(opened, ann, id, 'deny');
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    const filed = await port
      .request({ ...call, denial: denialReference(denial.context) })
      .catch((error: unknown) => error);
    await denied;
    if (filed instanceof Error)
      expect(filed).toMatchObject({
        code: 'not_requestable',
        message: expect.stringContaining('a person denied this very action') as string,
      });
    else expect(filed).toMatchObject({ id });
    expect(await opened.authority.desk.list({ open: true, limit: 10 })).toEqual({ requests: [] });
  }
});
