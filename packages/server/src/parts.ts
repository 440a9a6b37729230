import type { AccessRequestStore } from './access-request/port.ts';
import type { ApprovalStore } from './approval/port.ts';
import type { AuditStore } from './audit/port.ts';
import type { Config } from './config/config.ts';
import type { Events } from './notify/events.ts';
import type { CallbackStore } from './notify/port.ts';
import type { Pdp } from './pdp/port.ts';
import type { EnrolmentStore, PrincipalStore, SignInStore } from './principal/port.ts';
import type { Tokens } from './token/tokens.ts';
import type { SessionStore } from './session/port.ts';

/** What every part of the authority is given; nothing below opens a file, reads a clock or draws a number itself. */
export interface AuthorityParts {
  /** The authority's name for ever: in every binding and statement, and the origin of its log. */
  readonly id: string;
  readonly tenant: string;
  readonly config: Config;
  readonly pdp: Pdp;
  readonly principals: PrincipalStore;
  readonly enrolments: EnrolmentStore;
  readonly signIns: SignInStore;
  readonly requests: AccessRequestStore;
  readonly approvals: ApprovalStore;
  readonly sessions: SessionStore;
  readonly audit: AuditStore;
  readonly callbacks: CallbackStore;
  readonly tokens: Tokens;
  readonly events: Events;
  readonly clock: Clock;
  /** `size` unpredictable bytes. */
  readonly random: (size: number) => Uint8Array;
}

/** Milliseconds since the epoch. INVARIANT: never goes back within one process. */
export type Clock = () => number;

/** RFC 3339, UTC, milliseconds. */
export function rfc3339(time: number): string {
  const whole = Math.trunc(time);
  const start = Math.floor(whole / 1000) * 1000;
  // Times that are told are mostly of the second in which they are told.
  if (start !== second.start) second = { start, text: secondText(start) };
  return `${second.text}.${String(whole - start).padStart(3, '0')}Z`;
}

let second = { start: 0, text: secondText(0) };

function secondText(start: number): string {
  return new Date(start).toISOString().slice(0, -'.000Z'.length);
}
