import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../connect/plan.ts';
import { checkApprovers } from '../../doctor/check-approvers.ts';
import { checkClients } from '../../doctor/check-clients.ts';
import { checkConfig, checkNode, checkOrigin } from '../../doctor/check-config.ts';
import { checkDataFolder, checkLog } from '../../doctor/check-data-folder.ts';
import { checkKeys } from '../../doctor/check-keys.ts';
import { checkPolicies } from '../../doctor/check-policies.ts';
import { checkServer } from '../../doctor/check-server.ts';
import { checkUpstream } from '../../doctor/check-upstreams.ts';
import { counted, reasonOf, wrong, type Finding } from '../../doctor/finding.ts';
import { thisMachine } from '../../machine.ts';
import { Failure, SITE_OPTIONS, type Command, type Typed } from '../command.ts';
import { print, printJson } from '../output.ts';
import { CONFIG_FILE, dataFolder, findFolders, WITHOUT_SECRETS, withAdmin } from '../site.ts';

const CHECK_WIDTH = 18;
/** Whatever a check waits for, it is not waited for longer. */
const TIMEOUT_MS = 60_000;

export const doctor: Command = {
  usage: 'doctor [--config FILE] [--data DIR] [--policies DIR] [--catalog FILE]',
  summary: 'Check a set-up end to end, and say in one line each what is wrong and what to do',
  options: SITE_OPTIONS,
  takes: [0, 0],
  async run(typed) {
    const toMachine = typed.flag('json');
    const all: Finding[] = [];
    for await (const findings of examine(typed, progress(toMachine))) {
      all.push(...findings);
      if (!toMachine) for (const finding of findings) print(lineOf(finding));
    }
    const bad = all.filter(({ level }) => level === 'wrong').length;
    if (toMachine) printJson({ ok: bad === 0, findings: all });
    if (bad > 0) throw new Failure(`${counted(bad, 'thing')} wrong`);
  },
};

/** The checks, from what everything needs to what only some do. */
async function* examine(typed: Typed, begin: (what: string) => void): AsyncGenerator<readonly Finding[]> {
  const machine = thisMachine();
  const data = dataFolder(typed);
  const folders = findFolders(typed);
  yield checkNode(process.versions.node);
  const { findings, config } = checkConfig(
    typed.text('config') ?? CONFIG_FILE,
    typed.text('config') !== undefined,
    WITHOUT_SECRETS,
  );
  yield findings;
  yield checkDataFolder(data);
  if (config === undefined) return;
  const publicUrl = config.public_url ?? 'http://localhost:7300';
  begin('policies');
  const policies = await checkPolicies(folders, config);
  yield policies.findings;
  begin('server');
  yield (await checkServer(publicUrl, data, Date.now)).findings;
  yield checkOrigin(publicUrl);

  begin('approvers');
  const known =
    existsSync(join(data, 'countersign.db')) && policies.loaded !== undefined
      ? await recorded(typed)
      : undefined;
  if (typeof known === 'string') yield [wrong('approvers', known)];
  else if (known !== undefined && policies.loaded !== undefined) {
    yield checkApprovers(policies.loaded.info, known.people, known.agents, config.single_operator);
    yield await checkLog(data, async () => known.checkpoint);
  }

  begin(counted(config.upstreams.length, 'upstream'));
  const catalog = policies.loaded?.catalog;
  yield (await Promise.all(config.upstreams.map((upstream) => checkUpstream(upstream, catalog)))).flat();
  begin('keys');
  yield await checkKeys(machine, publicUrl, typeof known === 'object' ? known.agents : []);
  const names = config.upstreams.map(({ name }) => name);
  yield checkClients(machine, projectFolder(process.cwd()), names);
}

/** What the data folder says, through the server on it or without one; or why it cannot be asked, and what to do. */
async function recorded(typed: Typed) {
  try {
    return await within(
      withAdmin(typed, async (admin) => ({
        people: await admin.call('approver/list', {}),
        agents: await admin.call('agent/list', {}),
        checkpoint: (await admin.call('audit/checkpoint', {})).checkpoint,
      })),
    );
  } catch (error) {
    return `the data folder cannot be asked: ${reasonOf(error)}`;
  }
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, rejected) => {
    timer = setTimeout(() => rejected(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function lineOf({ level, check, text }: Finding): string {
  return `${level.padEnd(5)}  ${check.padEnd(CHECK_WIDTH)} ${text}`;
}

/** Says on a terminal what is being looked at; the next line takes its place. */
function progress(toMachine: boolean): (what: string) => void {
  if (toMachine || !process.stderr.isTTY || !process.stdout.isTTY) return () => {};
  return (what) => void process.stderr.write(`… ${what}\r`);
}
