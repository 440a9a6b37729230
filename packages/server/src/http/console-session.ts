import { ConsentError } from '@countersign/core';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Approver, Authority } from '../faces.ts';

/** The session cookie: unreadable to scripts, never sent from other sites; host-bound where there is TLS. */
export class SessionCookie {
  readonly #authority: Authority;
  readonly #secure: boolean;
  readonly #name: string;

  constructor(authority: Authority, publicUrl: string) {
    this.#authority = authority;
    this.#secure = new URL(publicUrl).protocol === 'https:';
    this.#name = this.#secure ? '__Host-countersign_session' : 'countersign_session';
  }

  set(context: Context, session: { readonly token: string; readonly expires_at: string }): void {
    setCookie(context, this.#name, session.token, {
      path: '/',
      httpOnly: true,
      secure: this.#secure,
      sameSite: 'Strict',
      expires: new Date(session.expires_at),
    });
  }

  /** The signed-in approver, or undefined. */
  async find(context: Context): Promise<Approver | undefined> {
    const token = getCookie(context, this.#name);
    return token === undefined ? undefined : await this.#authority.signIn.approver(token);
  }

  /** Throws `unauthenticated`. */
  async require(context: Context): Promise<Approver> {
    const approver = await this.find(context);
    if (approver === undefined) throw new ConsentError('unauthenticated', 'sign in first');
    return approver;
  }

  async end(context: Context): Promise<void> {
    const token = getCookie(context, this.#name);
    if (token !== undefined) await this.#authority.signIn.end(token);
    deleteCookie(context, this.#name, { path: '/', secure: this.#secure });
  }
}
