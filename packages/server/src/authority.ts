import { cancelBundle, fileBundle, readBundle, waitForBundle } from './access-request/bundles.ts';
import { createDesk } from './access-request/desk.ts';
import { cancelTask, fileRequest, readTask, waitForTask } from './access-request/tasks.ts';
import { readTicket } from './access-request/tickets.ts';
import { markClaim, renewClaim, reportClaim } from './approval/reporting.ts';
import { decideAll } from './decision/batch.ts';
import { decide, surroundings } from './decision/decide.ts';
import { foresee, foresight } from './decision/foresee.ts';
import { search } from './decision/search.ts';
import type { Authority, CallerPort, LogReader } from './faces.ts';
import type { ParkedCallStore } from './gateway/port.ts';
import type { AuthorityParts } from './parts.ts';
import { Passkeys, relyingParty } from './passkey/passkeys.ts';
import { secretHash } from './principal/api-key.ts';
import { createEnrolment } from './principal/enrolment.ts';
import type { Caller } from './principal/port.ts';
import { createRegistry } from './principal/registry.ts';
import { createSignIn } from './principal/sign-in.ts';

export type {
  Approver,
  Authority,
  CallerPort,
  Desk,
  Enrolment,
  LogReader,
  Proof,
  Registry,
  SignIn,
  WebauthnJson,
} from './faces.ts';

/** Composes the parts into one authority; opens nothing. */
export function composeAuthority(
  parts: AuthorityParts,
  log: LogReader,
  parkedCalls: ParkedCallStore,
  close: () => Promise<void>,
): Authority {
  const registry = createRegistry(parts);
  const passkeys = new Passkeys(relyingParty(parts.config.public_url), parts.principals);
  return {
    id: parts.id,
    pdp: parts.pdp,
    tokens: parts.tokens,
    log,
    parkedCalls,
    close,
    authenticate: (apiKey) => parts.principals.findCaller(secretHash(apiKey)),
    consent: (caller) => consentPort(parts, caller),
    async explain(idOrName, evaluation) {
      const agent = await registry.agent(idOrName);
      const around = await surroundings(parts, { kind: 'door', agent }, agent, parts.clock());
      return parts.pdp.explain({ evaluation, ...around });
    },
    registry,
    markClaim: (claim, disposition) => markClaim(parts, claim, disposition),
    desk: createDesk(parts, passkeys),
    enrolment: createEnrolment(parts, passkeys),
    signIn: createSignIn(parts, passkeys),
    ticket: (id) => readTicket(parts, id),
    subscribe: (listener) => parts.events.subscribe(listener),
  };
}

function consentPort(parts: AuthorityParts, caller: Caller): CallerPort {
  return {
    evaluate: (question, options) => decide(parts, caller, question, options),
    evaluateAll: (items, semantic) => decideAll(parts, caller, items, semantic),
    foresee: (questions) => foresee(parts, caller, questions),
    foresight: (options) => foresight(parts, options),
    search: (asked) => search(parts, caller, asked),
    request: (submission, options) => fileRequest(parts, caller, submission, options?.idempotencyKey),
    requestBundle: (submission, options) => fileBundle(parts, caller, submission, options?.idempotencyKey),
    bundle: (id) => readBundle(parts, caller, id),
    waitForBundle: (id, options) => waitForBundle(parts, caller, id, options),
    cancelBundle: (id) => cancelBundle(parts, caller, id),
    task: (id) => readTask(parts, caller, id),
    wait: (id, options) => waitForTask(parts, caller, id, options),
    cancel: (id) => cancelTask(parts, caller, id),
    renew: (claim) => renewClaim(parts, caller, claim),
    report: (claim, disposition) => reportClaim(parts, caller, claim, disposition),
  };
}
