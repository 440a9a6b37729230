import { confirm, isCancel } from '@clack/prompts';
import {
  findVoteMismatch,
  renderQuestion,
  type ConsentQuestion,
  type VoteStatement,
} from '@countersign/core';
import type { Admin } from '../../admin/operations.ts';
import { Failure, SITE_OPTIONS, type Command, type Typed } from '../command.ts';
import { readPublicKey, unlockKeyFile } from '../key-file.ts';
import { print, printJson } from '../output.ts';
import { askPassphrase } from '../passphrase.ts';
import { withAdmin } from '../site.ts';

const VOTE_OPTIONS = {
  ...SITE_OPTIONS,
  key: { type: 'string' },
  note: { type: 'string' },
  yes: { type: 'boolean' },
} as const;

export const requestApprove: Command = {
  usage: 'request approve ID --key FILE [--note TEXT] [--yes]',
  summary: 'Sign an approval of exactly this action',
  options: VOTE_OPTIONS,
  takes: [1, 1],
  run: (typed) => vote(typed, 'approve'),
};

export const requestDeny: Command = {
  usage: 'request deny ID --key FILE [--note TEXT] [--yes]',
  summary: 'Sign a denial',
  options: VOTE_OPTIONS,
  takes: [1, 1],
  run: (typed) => vote(typed, 'deny'),
};

async function vote(typed: Typed, decision: 'approve' | 'deny'): Promise<void> {
  const [request = ''] = typed.positionals;
  const file = typed.required('key');
  const note = typed.text('note');
  const public_key = readPublicKey(file);
  const view = await withAdmin(typed, async (admin) => {
    const begun = await begin(admin, {
      public_key,
      request,
      decision,
      ...(note === undefined ? {} : { note }),
    });
    const asked = await agree(typed, begun.question, decision);
    if (!asked) throw new Failure('not signed: nothing was recorded');
    const key = unlockKeyFile(file, await askPassphrase(`Passphrase of ${file}, to sign`));
    return await admin.call('request/finish-vote', {
      public_key,
      nonce: begun.statement.nonce,
      signature: key.sign(begun.statement),
    });
  });
  if (typed.flag('json')) {
    const { id, status, approval } = view;
    return printJson({ id, status, ...(approval === undefined ? {} : { approval: approval.id }) });
  }
  print(
    view.status === 'pending'
      ? 'Your vote counts; more are needed.'
      : view.status === 'approved'
        ? 'Approved. The agent may run exactly this, within the limits above.'
        : `The request is ${view.status}. It was not run.`,
  );
}

/** What will be signed must be what is shown: nothing that the authority says of it is taken on trust. */
async function begin(
  admin: Admin,
  asked: { public_key: string; request: string; decision: 'approve' | 'deny'; note?: string },
): Promise<{ readonly statement: VoteStatement; readonly question: ConsentQuestion }> {
  const begun = await admin.call('request/begin-vote', asked);
  const { statement, question } = begun;
  const differs =
    findVoteMismatch(statement, question) ??
    (statement.request_id === asked.request &&
    statement.decision === asked.decision &&
    statement.note === asked.note
      ? undefined
      : 'decision');
  if (differs !== undefined) {
    throw new Failure(`the statement to sign is not about the text shown (${differs}): nothing was signed`);
  }
  return begun;
}

/** Shows the text; asks only where somebody sits at a terminal and the passphrase would not stop them anyway. */
async function agree(typed: Typed, question: ConsentQuestion, decision: string): Promise<boolean> {
  if (!typed.flag('json')) print(renderQuestion(question));
  if (typed.flag('yes') || !process.stdin.isTTY || !process.env['COUNTERSIGN_PASSPHRASE']) return true;
  const answer = await confirm({ message: `Sign to ${decision} exactly this?`, output: process.stderr });
  return !isCancel(answer) && answer;
}
