import { resolve } from 'node:path';
import { SITE_OPTIONS, type Command } from '../command.ts';
import { createKeyFile } from '../key-file.ts';
import { print, printJson } from '../output.ts';
import { askNewPassphrase } from '../passphrase.ts';

export const keyNew: Command = {
  usage: 'key new FILE',
  summary: 'Make an approver’s Ed25519 key, encrypted with a passphrase',
  options: SITE_OPTIONS,
  takes: [1, 1],
  async run(typed) {
    const [file = ''] = typed.positionals;
    const { public_key } = createKeyFile(resolve(file), await askNewPassphrase());
    if (typed.flag('json')) return printJson({ public_key });
    print(`Written to ${file}, encrypted, for you alone.`, '', `public key  ${public_key}`);
  },
};
