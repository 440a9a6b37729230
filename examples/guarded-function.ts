// Any code of yours as an enforcement point: ask, wait for a person where one is needed, claim, run once, report.
//
//   COUNTERSIGN_URL=http://localhost:7300 COUNTERSIGN_API_KEY=cs_pep_… node examples/guarded-function.ts AGENT_ID
//
// It sends one message, which the shipped policies allow with consent once `mailer` is an upstream of the config
// and its catalog entry says what `send` does.
import assert from 'node:assert/strict';
import { createClient } from '@countersign/client';
import { denialReference, type ConsentPort, type Evaluation } from '@countersign/core';

/** Runs `effect` when policy, or a person, allows exactly this; at most once for each consent. */
async function guarded<T>(port: ConsentPort, question: Evaluation, effect: () => Promise<T>): Promise<T> {
  let decision = await port.evaluate(question);
  if (!decision.decision && decision.context.access_request !== undefined) {
    const task = await port.request({ ...question, denial: denialReference(decision.context) });
    console.log(`waiting for ${decision.context.access_request.display.description} (${task.id})`);
    const { approval } = await port.wait(task.id, { timeoutMs: 60_000 });
    if (approval !== undefined) {
      // The permit is the claim: from here on it may run, once.
      const context = { ...question.context, approval: { ...approval } };
      decision = await port.evaluate({ ...question, context });
    }
  }
  if (!decision.decision) throw new Error(`not run: ${decision.context.reason_user}`);
  const claim = decision.context.approval?.claim_id;
  try {
    const result = await effect();
    if (claim !== undefined) await port.report(claim, 'approved-executed');
    return result;
  } catch (error) {
    if (claim !== undefined) await port.report(claim, 'execution-error');
    throw error;
  }
}

const [agent = ''] = process.argv.slice(2);
const { COUNTERSIGN_URL: url = 'http://localhost:7300', COUNTERSIGN_API_KEY: token = '' } = process.env;
const port = createClient({ url, token });
const question: Evaluation = {
  subject: { type: 'identity', id: agent },
  action: { name: 'tools/call' },
  resource: { type: 'tool', id: 'mailer/send' },
  context: {
    agent,
    upstream: 'mailer',
    method: 'tools/call',
    arguments: { to: 'team', text: 'It ships on Friday.' },
  },
};

let sent = 0;
await guarded(port, question, async () => {
  sent++;
});
assert.equal(sent, 1);

// The same consent does not serve twice: asked again, it is a question again.
const again = await port.evaluate(question);
assert.equal(again.decision, false);
console.log('sent once, with consent');
