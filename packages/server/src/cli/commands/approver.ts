import { existsSync } from 'node:fs';
import { visible } from '@countersign/core';
import { Failure, SITE_OPTIONS, type Command } from '../command.ts';
import { readPublicKey, unlockKeyFile } from '../key-file.ts';
import { print, printJson, printTable } from '../output.ts';
import { askPassphrase } from '../passphrase.ts';
import { tellLink } from '../enrolment-link.ts';
import { dataFolder, withAdmin } from '../site.ts';

export const approverAdd: Command = {
  usage: 'approver add EMAIL --group GROUP --public-key KEY [--as FILE]',
  summary: 'Enrol a key; after the first, an approver of the group signs for it with --as',
  options: {
    ...SITE_OPTIONS,
    group: { type: 'string' },
    'public-key': { type: 'string' },
    as: { type: 'string' },
  },
  takes: [1, 1],
  async run(typed) {
    const [email = ''] = typed.positionals;
    const key = {
      email,
      group: typed.required('group'),
      public_key: publicKeyOf(typed.required('public-key')),
    };
    const as = typed.text('as');
    const added = await withAdmin(typed, async (admin) => {
      if (as === undefined) {
        if (await admin.call('approver/enrolled', {})) {
          throw new Failure(
            'somebody is enrolled already: name a key of the group with --as FILE, or add this key in the console under People',
          );
        }
        const { person, credential } = await admin.call('approver/first-key', key);
        return { person, credential };
      }
      const signer = unlockKeyFile(as, await askPassphrase(`Passphrase of ${as}`));
      const { statement } = await admin.call('approver/propose', { ...key, as: signer.public_key });
      const same =
        statement.email === email.trim().normalize('NFC').toLowerCase() &&
        statement.group === key.group &&
        statement.public_key === key.public_key &&
        statement.kind === 'key';
      if (!same) throw new Failure('the statement to sign is not what was asked for: nothing was signed');
      return await admin.call('approver/sign', {
        public_key: signer.public_key,
        nonce: statement.nonce,
        signature: signer.sign(statement),
      });
    });
    if (typed.flag('json')) return printJson(added);
    print(`${visible(email)} may approve for ${visible(key.group)} with this key.`);
    if (as === undefined) {
      print(
        '',
        'A key cannot let a passkey in later. For approvals in the browser, enrol a passkey first instead:',
        'start over with an empty data folder and `countersign approver link`.',
      );
    }
  },
};

/** The key itself, or that of a key file. */
function publicKeyOf(text: string): string {
  return !/^[A-Za-z0-9_-]{43}$/.test(text) && existsSync(text) ? readPublicKey(text) : text;
}

export const approverList: Command = {
  usage: 'approver list',
  summary: 'Show the people and their credentials',
  options: SITE_OPTIONS,
  takes: [0, 0],
  async run(typed) {
    const people = await withAdmin(typed, (admin) => admin.call('approver/list', {}));
    if (typed.flag('json')) return printJson({ people });
    const rows = people.map(({ email, groups, credentials }) => {
      const live = credentials.filter(({ revoked_at }) => revoked_at === undefined);
      return [email, groups.join(', ') || '-', live.map(({ kind }) => kind).join(', ') || '-'];
    });
    printTable([['EMAIL', 'GROUPS', 'CREDENTIALS'], ...rows]);
  },
};

export const approverLink: Command = {
  usage: 'approver link',
  summary: 'Make a new one-time link with which the first approver enrols a passkey',
  options: SITE_OPTIONS,
  takes: [0, 0],
  async run(typed) {
    const link = await withAdmin(typed, (admin) => admin.call('approver/first-link', {}));
    tellLink(link, dataFolder(typed), typed.flag('json'));
  },
};
