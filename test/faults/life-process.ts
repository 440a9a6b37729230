// Lives step-ups one after another over a data folder until it is killed, and says on standard output what
// it was told: a line `<step> <id>` only after the authority had answered. Arguments: folder, effects file,
// and optionally `<step>` and `<nth>` to kill itself right before answering that step is written down.
import { appendFileSync, readFileSync, writeSync } from 'node:fs';
import { createPrivateKey, sign } from 'node:crypto';
import { base64url, statementMessage, type Statement } from '@countersign/core';
import { DEFAULT_LIMITS } from '../../packages/server/src/config/limits.ts';
import { openTestAuthority, withApproval, writeCall } from '../authority/fixture.ts';

const [dir = '', effects = '', keyFile = '', killStep = '', killNth = '0'] = process.argv.slice(2);
const { key, publicKey, agentId } = JSON.parse(readFileSync(keyFile, 'utf8')) as Record<string, string>;
const signingKey = createPrivateKey(String(key));
const time = {
  get now() {
    return Date.now();
  },
};
// It lives faster than an agent may ask people.
const limits = { ...DEFAULT_LIMITS, access_requests_per_minute: 10_000 };
const { authority } = await openTestAuthority({ limits }, dir, time);
const approver = await authority.enrolment.approverByKey(String(publicKey));
const agent = await authority.registry.agent(String(agentId));
const port = authority.consent({ kind: 'door', agent });

let reached = 0;
function told(step: string, id: string): void {
  if (step === killStep && ++reached === Number(killNth)) process.kill(process.pid, 'SIGKILL');
  writeSync(1, `${step} ${id}\n`);
}

function signed(statement: Statement) {
  return {
    kind: 'key',
    signature: base64url.encode(sign(null, statementMessage(statement), signingKey)),
  } as const;
}

told('open', String(process.pid));
for (let n = 0; ; n++) {
  const call = writeCall(agent, { run: process.pid, n });
  const denial = await port.evaluate(call);
  told('decision', denial.context.evaluation_id);
  const task = await port.request({ ...call, denial: { evaluation_id: denial.context.evaluation_id } });
  told('request', task.id);
  const { statement } = await authority.desk.beginVote(approver, { request: task.id, decision: 'approve' });
  const view = await authority.desk.finishVote(approver, statement.nonce, signed(statement));
  told('vote', task.id);
  const permit = await port.evaluate(withApproval(call, view.approval?.id ?? ''), {
    idempotencyKey: task.id,
  });
  if (!permit.decision || permit.context.approval === undefined) throw new Error('no claim');
  const claim = permit.context.approval.claim_id;
  told('claim', claim);
  appendFileSync(effects, `${claim}\n`);
  told('effect', claim);
  await port.report(claim, 'approved-executed');
  told('report', claim);
}
