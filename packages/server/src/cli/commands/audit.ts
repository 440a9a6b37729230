import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseProof, parseVerifierKey, utf8Decode, verifyProof, visible } from '@countersign/core';
import { TENANT } from '../../tenant.ts';
import { verifyDataFolder } from '../../stores/sqlite/verify.ts';
import { Failure, SITE_OPTIONS, type Command } from '../command.ts';
import { print, printJson } from '../output.ts';
import { dataFolder, withAdmin } from '../site.ts';

export const auditVerify: Command = {
  usage: 'audit verify [--checkpoint FILE]',
  summary:
    'Check the whole log from its stored bytes; with a kept checkpoint, also that nothing was cut off since',
  options: { data: { type: 'string' }, json: { type: 'boolean' }, checkpoint: { type: 'string' } },
  takes: [0, 0],
  async run(typed) {
    const kept = typed.text('checkpoint');
    const report = await verifyDataFolder(
      dataFolder(typed),
      TENANT,
      kept === undefined ? undefined : readText(kept, 'a checkpoint'),
    );
    if (typed.flag('json')) printJson(report);
    else if (report.ok) {
      print(`The log is whole: ${report.size} entries, root ${report.root}`);
      for (const line of report.not_proven) print(`Not proven: ${line}`);
    }
    if (!report.ok) throw new Failure(`the log is not whole: ${report.problems.join('\n')}`);
  },
};

export const auditProof: Command = {
  usage: 'audit proof ID [--out FILE]',
  summary: 'Write a proof that verifies offline for the newest entry about ID (request, approval, claim ...)',
  options: { ...SITE_OPTIONS, out: { type: 'string' } },
  takes: [1, 1],
  async run(typed) {
    const [id = ''] = typed.positionals;
    const { proof, entry, vkey } = await withAdmin(typed, (admin) => admin.call('audit/proof', { id }));
    const out = typed.text('out');
    if (out !== undefined) writeFileSync(out, proof);
    if (typed.flag('json'))
      return printJson({ proof, entry, vkey, ...(out === undefined ? {} : { file: out }) });
    if (out === undefined) process.stdout.write(proof);
    else print(`Written to ${out}. Anyone checks it with: countersign audit check ${out} --vkey '${vkey}'`);
  },
};

export const auditCheck: Command = {
  usage: 'audit check FILE [--vkey KEY]',
  summary: 'Check a proof offline against the log’s public key, by default that of the data folder',
  options: { data: { type: 'string' }, json: { type: 'boolean' }, vkey: { type: 'string' } },
  takes: [1, 1],
  async run(typed) {
    const [file = ''] = typed.positionals;
    const text = readText(file, 'a proof');
    const vkey =
      typed.text('vkey') ?? readText(join(dataFolder(typed), 'log.vkey'), 'a log’s public key').trim();
    const entry = entryOf(text, file);
    const key = parseVerifierKey(vkey);
    const result = verifyProof(text, entry, { origin: key.name, keys: [key] });
    if (!result.ok) throw new Failure(`${file} proves nothing: ${result.reason}`);
    const said = utf8Decode(entry);
    if (typed.flag('json')) return printJson({ ok: true, entry: JSON.parse(said) as unknown });
    print(`In the log of ${key.name}:`, visible(said));
  },
};

export const auditCheckpoint: Command = {
  usage: 'audit checkpoint',
  summary: 'Print the newest signed checkpoint; keep it elsewhere, and a log that was cut short is found',
  options: SITE_OPTIONS,
  takes: [0, 0],
  async run(typed) {
    const { checkpoint, vkey } = await withAdmin(typed, (admin) => admin.call('audit/checkpoint', {}));
    if (typed.flag('json')) return printJson({ checkpoint, vkey });
    process.stdout.write(checkpoint ?? '');
  },
};

/** The entry travels in the proof itself, as its extra data. */
function entryOf(text: string, file: string): Uint8Array {
  try {
    const { extra } = parseProof(text);
    if (extra !== undefined) return extra;
  } catch {
    // Said below: what is no proof has no entry either.
  }
  throw new Failure(`${file} is not a proof with its entry`);
}

function readText(path: string, what: string): string {
  if (!existsSync(path)) throw new Failure(`${path} is not there: name ${what}`);
  return readFileSync(path, 'utf8');
}
