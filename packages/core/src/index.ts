export type { JsonArray, JsonObject, JsonValue } from './json/value.ts';
export { checkJson, jsonEqual } from './json/value.ts';
export { JsonError, parseJson } from './json/parse.ts';
export { canonicalHash, canonicalJson } from './json/canonical.ts';
export type {
  Action,
  ApprovalReference,
  Decision,
  Denial,
  DenialReason,
  Evaluation,
  NextAction,
  Permit,
  RequestableDenial,
  Resource,
  Subject,
} from './authzen/evaluation.ts';
export type { BoundTuple } from './authzen/binding.ts';
export { bindingHash, boundTuple, UNBOUND_CONTEXT } from './authzen/binding.ts';
export type { CallOptions, ConsentPort, Disposition, Submission, Task } from './authzen/task.ts';
export type { ErrorCode } from './errors.ts';
export { ConsentError } from './errors.ts';
export type { ActionFacts, Effect } from './effects.ts';
export { EFFECTS, RISKIEST } from './effects.ts';
export type { RequestEvent, RequestStatus } from './access-request/status.ts';
export { isFinal, nextStatus } from './access-request/status.ts';
export type { Assurance, GroupQuorum, Obligations } from './access-request/obligations.ts';
export { meetsAssurance, mergeObligations } from './access-request/obligations.ts';
export type { ConsentQuestion, Delta, DeterminingPolicy } from './access-request/question.ts';
export { toolDefinitionDigest } from './authzen/tool-definition.ts';
export type { Tally, VoteStanding } from './access-request/tally.ts';
export { tally } from './access-request/tally.ts';
export type { Evidence, Statement } from './statement/statement.ts';
export { statementChallenge, statementMessage, verifyKeySignature } from './statement/statement.ts';
export type { VoteStatement, VoteTerms } from './statement/vote.ts';
export { deltaHash, textHash, voteStatement } from './statement/vote.ts';
export type { VoteMismatch } from './statement/check-vote.ts';
export { findVoteMismatch } from './statement/check-vote.ts';
export type { EnrolmentStatement } from './statement/enrolment.ts';
export { RENDERER, renderQuestion } from './text/render.ts';
export { quoted, visible } from './text/visible.ts';
export type {
  ApprovalView,
  PendingEnrolmentView,
  PersonView,
  RequestSummary,
  RequestView,
  SessionView,
  VoteView,
} from './console/api.ts';
