export type { JsonArray, JsonObject, JsonValue } from './json/value.ts';
export { checkJson, jsonEqual, MAX_DEPTH } from './json/value.ts';
export { isObject } from './object.ts';
export { JsonError, parseJson } from './json/parse.ts';
export { alikeForm } from './json/alike.ts';
export { canonicalHash, canonicalJson } from './json/canonical.ts';
export type {
  Precondition,
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
export type {
  BatchItem,
  EvaluationsSemantic,
  FailedEvaluation,
  Search,
  SearchPage,
  SearchResult,
} from './authzen/search.ts';
export type { PepObligation } from './authzen/pep-obligation.ts';
export type { Prospect } from './authzen/prospect.ts';
export { PEP_OBLIGATION_TYPES } from './authzen/pep-obligation.ts';
export type { DelegationParty } from './authzen/delegation.ts';
export { MAX_PARTIES, partiesOf } from './authzen/delegation.ts';
export type { BoundTuple } from './authzen/binding.ts';
export { bindingHash, boundTuple, UNBOUND_CONTEXT } from './authzen/binding.ts';
export type {
  BundleSubmission,
  BundleTask,
  CallOptions,
  ConsentPort,
  Disposition,
  EvaluateOptions,
  Submission,
  Task,
} from './authzen/task.ts';
export { denialReference } from './authzen/task.ts';
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
export { base64, base64url, EncodingError, hex, utf8Decode, utf8Encode } from './encoding.ts';
export type { BytesCodec } from './encoding.ts';
export type { JsonErrorCode } from './json/error.ts';
export { readBack } from './json/read-back.ts';
export type { JsonLimits } from './json/parse.ts';
export { sha256 } from '#sha256';
export { LogError } from './log/error.ts';
export { leafHash, nodeHash, sameBytes } from './log/merkle.ts';
export type { CompactRange } from './log/compact-range.ts';
export { appendLeaf, EMPTY_RANGE, rangeFromReader, rangeRoot } from './log/compact-range.ts';
export type { HashReader } from './log/subtree.ts';
export type { ProofResult } from './log/inclusion.ts';
export { inclusionProof, verifyInclusion } from './log/inclusion.ts';
export { consistencyProof, verifyConsistency } from './log/consistency.ts';
export type { VerifierKey } from './log/verifier-key.ts';
export { formatVerifierKey, parseVerifierKey, verifierKey } from './log/verifier-key.ts';
export type { NoteSigner } from './log/note.ts';
export type { Checkpoint, TrustedLog } from './log/checkpoint.ts';
export { openCheckpoint, parseCheckpoint, signCheckpoint } from './log/checkpoint.ts';
export type { LogProof, LogProofResult } from './log/proof.ts';
export { formatProof, parseProof, verifyProof } from './log/proof.ts';
export type { Rate } from './token-bucket.ts';
export { TokenBucket } from './token-bucket.ts';
