import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import type { Logger } from 'pino';
import type { Authority } from '../faces.ts';
import { defaultConfig } from '../config/load-config.ts';
import { start } from '../start.ts';
import { ScriptedAgent, type Answer } from './scripted-agent.ts';

export interface DemoOptions {
  readonly host: string;
  readonly port: number;
  /** The demo's own data folder; beside the log it holds the scratch folder. */
  readonly data: string;
  readonly policies: string;
  readonly catalog: string;
  readonly consoleDir?: string;
  readonly logger: Logger;
  /** Aborts when an operator ends us. */
  readonly stopping: AbortSignal;
  readonly print: (...lines: string[]) => void;
  /** Prints how the first approver enrols in the browser, while nobody is. */
  readonly showLink: (authority: Authority) => Promise<void>;
}

const HOLD_MS = 10_000;
const FILESYSTEM_SERVER = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-filesystem/dist/index.js'),
);

/** The whole story on a scratch folder: reads that pass, a write that waits for a person, its proof. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { data, print } = options;
  const scratch = join(data, 'scratch');
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  writeFileSync(join(scratch, 'notes.txt'), 'Ship the release on Friday.\n');
  const report = join(scratch, 'report.txt');
  rmSync(report, { force: true });

  const running = await start({
    ...options,
    config: {
      ...defaultConfig(),
      hold_ms: HOLD_MS,
      upstreams: [
        {
          name: 'files',
          catalog: 'filesystem',
          when_pending: ['hold'],
          kind: 'stdio',
          command: process.execPath,
          args: [FILESYSTEM_SERVER, scratch],
          env: {},
          cwd: scratch,
        },
      ],
    },
  });
  const agent = new ScriptedAgent();
  try {
    const { authority, config } = running;
    print(`Countersign listens on ${running.url}. Its console: ${config.public_url}`, '');
    await agent.connect(`${running.url}/mcp/files`, await demoKey(authority, data));
    const story = tell(agent, authority, { scratch, report }, options);
    // What the story is waiting for when it is stopped does not matter any more.
    const ended = untilAborted(options.stopping);
    await Promise.race([story, ended]);
    story.catch(() => {});
    if (!options.stopping.aborted) print('', 'The server keeps running: Ctrl-C ends it.');
    await ended;
  } finally {
    await agent.close().catch(() => {});
    await running.stop();
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function tell(
  agent: ScriptedAgent,
  authority: Authority,
  { scratch, report }: { readonly scratch: string; readonly report: string },
  { print, data, showLink, stopping }: DemoOptions,
): Promise<void> {
  const listed = await agent.call('list_directory', { path: scratch });
  step(print, 'The agent lists the folder', listed.ran ? `goes through: ${listed.text}` : listed.text);
  const read = await agent.call('read_text_file', { path: join(scratch, 'notes.txt') });
  step(print, 'The agent reads notes.txt', read.ran ? `goes through: ${read.text.trim()}` : read.text);

  const write = { path: report, content: 'The release ships on Friday.\n' };
  const ask = (): Promise<Answer> => agent.call('write_file', write);
  step(print, 'The agent wants to write report.txt', 'held: that needs the consent of a person');
  let answer = ask();
  const id = await pendingRequest(authority, stopping);
  if (id === undefined) return;
  await showLink(authority);
  print(...(await guidance(authority, id, data)), '');

  let came = await answer;
  while (came.status === 'pending' && !stopping.aborted) {
    print(styleText('dim', '  The agent was told: not run yet, make the same call again. It does.'));
    answer = ask();
    came = await answer;
  }
  if (stopping.aborted) return;
  if (came.ran) {
    step(print, 'Approved, and run', came.text.trim());
    print(`  ${relative('.', report)}: ${readFileSync(report, 'utf8').trim()}`);
    await replay(agent, authority, write, print);
  } else step(print, 'Not run', came.text);
  print('');
  const { ok, size, root } = await authority.log.verify();
  step(print, 'The log', ok ? `whole, ${size} entries, root ${root}` : 'NOT WHOLE');
  print(`  A proof of this consent, for anyone: ${command(data, `audit proof ${id} --out consent.proof`)}`);
}

/** The same call once more: consent was for one time. */
async function replay(
  agent: ScriptedAgent,
  authority: Authority,
  write: Record<string, unknown>,
  print: DemoOptions['print'],
): Promise<void> {
  print(styleText('dim', `  The agent makes the very same call again ...`));
  const again = await agent.call('write_file', write);
  step(
    print,
    'The replay is refused',
    again.ran ? 'IT RAN' : 'that consent was for one time; a person would be asked again',
  );
  if (again.request_id === undefined) return;
  const holder = (await authority.registry.agents()).find(({ name }) => name === AGENT);
  if (holder === undefined) return;
  // Nobody should be asked about a demonstration.
  await authority.consent({ kind: 'door', agent: holder }).cancel(again.request_id);
}

async function pendingRequest(authority: Authority, stopping: AbortSignal): Promise<string | undefined> {
  while (!stopping.aborted) {
    const { requests } = await authority.desk.list({ open: true });
    const [newest] = requests;
    if (newest !== undefined) return newest.id;
    await new Promise((later) => setTimeout(later, 50));
  }
  return undefined;
}

async function guidance(authority: Authority, id: string, data: string): Promise<string[]> {
  const enrolled = await authority.enrolment.enrolled();
  const approve = command(data, `request approve ${id} --key approver.key`);
  const bold = (text: string): string => styleText('bold', text);
  if (enrolled) {
    return [
      '',
      bold('Now you: approve or deny it in the console, or with the key you made:'),
      `  ${approve}`,
    ];
  }
  return [
    '',
    bold('  Or in another terminal, in this folder:'),
    `  ${command(data, 'key new approver.key').replace(/ --data .*/, '')}`,
    `  ${command(data, 'approver add you@example.com --group approvers --public-key approver.key')}`,
    `  ${approve}`,
  ];
}

function command(data: string, text: string): string {
  return `npx countersign ${text} --data ${relative('.', data) || '.'}`;
}

const AGENT = 'demo-agent';

/** The agent's key is shown once, so the demo keeps it for its next run, as an agent's host would. */
async function demoKey(authority: Authority, data: string): Promise<string> {
  const file = join(data, 'agent.key');
  if (existsSync(file)) {
    const kept = readFileSync(file, 'utf8').trim();
    if ((await authority.authenticate(kept)) !== undefined) return kept;
  }
  const { api_key } = await authority.registry.addAgent({ name: AGENT, owner_email: 'owner@demo.invalid' });
  writeFileSync(file, `${api_key}\n`, { mode: 0o600 });
  return api_key;
}

function step(print: DemoOptions['print'], what: string, outcome: string): void {
  print(`${styleText('bold', what)}: ${outcome}`);
}

export const DEMO_FOLDER: string = resolve('.countersign-demo');
