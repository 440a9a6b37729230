/**
 * The rules of SEP-2848 "Asynchronous Approval for Tool Calls" (draft) that a server must keep. Each is shown by a test
 * whose title says `SEP-2848: ` and the rule.
 */
export const RULES: readonly string[] = [
  // How a call that people may allow is answered.
  'a requestable denial is answered with a working task, and nothing executes',
  'a denial that nobody can lift is a result with isError',
  'a client without tasks is told what to do next, in a result with isError',
  'a pending task says that remediation is available, a terminal denial that it is not',
  'the final result names its disposition, and its text says whether the tool ran',
  // What binds, and what does not.
  'the binding of a call is immutable',
  'a taskId is never authority',
  'policy is evaluated again after approval, with fresh attributes',
  'a tool whose schema changed while it was pending fails closed',
  // Once at most.
  'one claim executes, however many try',
  'cancellation and expiry race the claim',
  'a crash after the claim is outcome-unknown, and never invoked again',
  // What people and clients are spared.
  'identical pending calls of one caller are one',
  'requests for approval are limited',
  'no artefact of the backend and no approver reaches the client',
  'statusMessage is the server’s own',
];
