import { useRef, useState } from 'react';
import type { AuthenticationResponseJSON } from '@simplewebauthn/browser';
import { Problem } from '../api/client.ts';
import type { ToSign } from '../api/endpoints.ts';
import { Cancelled, signWithPasskey } from './passkey.ts';

export type SigningState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'checking' | 'prompting' | 'sending' }
  | { readonly phase: 'cancelled'; readonly message: string }
  | { readonly phase: 'failed'; readonly message: string };

interface Ceremony<S, R> {
  readonly begin: () => Promise<ToSign<S>>;
  /** The member in which the statement differs from what was shown, or undefined. */
  readonly check: (toSign: ToSign<S>) => string | undefined;
  readonly finish: (signed: { nonce: string; response: AuthenticationResponseJSON }) => Promise<R>;
}

export interface Signing {
  readonly state: SigningState;
  readonly busy: boolean;
  /** Resolves with the server's answer, or with undefined when nothing was signed (`state` says why). */
  readonly run: <S extends { readonly nonce: string }, R>(ceremony: Ceremony<S, R>) => Promise<R | undefined>;
  readonly reset: () => void;
}

/** Begin, check, prompt, send: the same order for every statement, once at a time. */
export function useSigning(): Signing {
  const [state, setState] = useState<SigningState>({ phase: 'idle' });
  const running = useRef(false);

  async function run<S extends { readonly nonce: string }, R>(
    ceremony: Ceremony<S, R>,
  ): Promise<R | undefined> {
    if (running.current) return undefined;
    running.current = true;
    try {
      setState({ phase: 'checking' });
      const toSign = await ceremony.begin();
      const difference = ceremony.check(toSign);
      if (difference !== undefined) {
        setState({ phase: 'failed', message: refusal(difference) });
        return undefined;
      }
      setState({ phase: 'prompting' });
      const response = await signWithPasskey(toSign.options);
      setState({ phase: 'sending' });
      const answer = await ceremony.finish({ nonce: toSign.statement.nonce, response });
      setState({ phase: 'idle' });
      return answer;
    } catch (error) {
      setState(ending(error));
      return undefined;
    } finally {
      running.current = false;
    }
  }

  const busy = state.phase === 'checking' || state.phase === 'prompting' || state.phase === 'sending';
  return { state, busy, run, reset: () => setState({ phase: 'idle' }) };
}

function refusal(member: string): string {
  return `Not signed: “${member}” in the statement to sign differs from what is shown here. Reload the page; if it happens again, tell whoever runs Countersign.`;
}

function ending(error: unknown): SigningState {
  if (error instanceof Cancelled) return { phase: 'cancelled', message: error.message };
  if (error instanceof Problem) return { phase: 'failed', message: error.message };
  // Whatever failed, it failed before a signature was counted: checks that cannot be made are not passed.
  return {
    phase: 'failed',
    message: 'Not signed: the request could not be checked. Reload the page and try again.',
  };
}
