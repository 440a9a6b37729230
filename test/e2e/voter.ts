import { connectAdmin } from '../../packages/server/src/admin/socket-client.ts';
import type { Admin, OutputOf } from '../../packages/server/src/admin/operations.ts';
import { unlockKeyFile, type SigningKey } from '../../packages/server/src/cli/key-file.ts';

type Voted = OutputOf<'request/finish-vote'>;

/** An approver at the admin socket with an unlocked key: what the command line does, without its start-up time. */
export class Voter {
  readonly #admin: Admin;
  readonly #key: SigningKey;

  private constructor(admin: Admin, key: SigningKey) {
    this.#admin = admin;
    this.#key = key;
  }

  static async open(data: string, keyFile: string, passphrase: string): Promise<Voter> {
    const admin = await connectAdmin(data);
    if (admin === undefined) throw new Error('no server runs on that data folder');
    return new Voter(admin, unlockKeyFile(keyFile, passphrase));
  }

  /** The ids of what waits. */
  async waiting(): Promise<string[]> {
    const { requests } = await this.#admin.call('request/list', { open: true });
    return requests.filter(({ status }) => status === 'pending').map(({ id }) => id);
  }

  /** Waits until something waits. */
  async pending(): Promise<string> {
    for (;;) {
      const [id] = await this.waiting();
      if (id !== undefined) return id;
      await new Promise((later) => setTimeout(later, 10));
    }
  }

  show(id: string): Promise<OutputOf<'request/show'>> {
    return this.#admin.call('request/show', { id });
  }

  async vote(decision: 'approve' | 'deny', id: string): Promise<Voted> {
    return await (
      await this.prepare(decision, id)
    )();
  }

  /** Everything up to the signature; what is answered sends it. */
  async prepare(decision: 'approve' | 'deny', request: string): Promise<() => Promise<Voted>> {
    const { public_key } = this.#key;
    const { statement } = await this.#admin.call('request/begin-vote', { public_key, request, decision });
    const signature = this.#key.sign(statement);
    return () => this.#admin.call('request/finish-vote', { public_key, nonce: statement.nonce, signature });
  }
}
