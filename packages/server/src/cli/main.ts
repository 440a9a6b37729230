import { readArguments, UsageError, type Command } from './command.ts';

type Load = () => Promise<Command>;

/** By their words. Each is loaded when it is typed: most need little of the whole. */
const COMMANDS: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['init', async () => (await import('./commands/init.ts')).init],
  ['serve', async () => (await import('./commands/serve.ts')).serve],
  ['doctor', async () => (await import('./commands/doctor.ts')).doctor],
  ['connect', async () => (await import('./commands/connect.ts')).connect],
  ['mcp', async () => (await import('./commands/mcp.ts')).mcp],
  ['agent add', async () => (await import('./commands/agent.ts')).agentAdd],
  ['agent list', async () => (await import('./commands/agent.ts')).agentList],
  ['agent suspend', async () => (await import('./commands/agent.ts')).agentSuspend],
  ['agent resume', async () => (await import('./commands/agent.ts')).agentResume],
  ['pep add', async () => (await import('./commands/pep.ts')).pepAdd],
  ['pep revoke', async () => (await import('./commands/pep.ts')).pepRevoke],
  ['policy explain', async () => (await import('./commands/policy.ts')).policyExplain],
  ['key new', async () => (await import('./commands/key.ts')).keyNew],
  ['approver add', async () => (await import('./commands/approver.ts')).approverAdd],
  ['approver list', async () => (await import('./commands/approver.ts')).approverList],
  ['approver link', async () => (await import('./commands/approver.ts')).approverLink],
  ['request list', async () => (await import('./commands/request.ts')).requestList],
  ['request show', async () => (await import('./commands/request.ts')).requestShow],
  ['request approve', async () => (await import('./commands/vote.ts')).requestApprove],
  ['request deny', async () => (await import('./commands/vote.ts')).requestDeny],
  ['claim mark', async () => (await import('./commands/claim.ts')).claimMark],
  ['audit verify', async () => (await import('./commands/audit.ts')).auditVerify],
  ['audit proof', async () => (await import('./commands/audit.ts')).auditProof],
  ['audit check', async () => (await import('./commands/audit.ts')).auditCheck],
  ['audit checkpoint', async () => (await import('./commands/audit.ts')).auditCheckpoint],
]);

/** Runs one command line. Answers the exit code: 0 done, 1 failed, 2 not a command. */
async function main(args: readonly string[]): Promise<number> {
  const words = [2, 1].map((count) => args.slice(0, count).join(' ')).find((each) => COMMANDS.has(each));
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined);
  const help = own.includes('--help') || own.includes('-h');
  const command = await COMMANDS.get(words ?? '')?.();
  if (words === undefined || command === undefined) {
    const asked = help || args[0] === 'help';
    if (asked || args.length === 0) (asked ? process.stdout : process.stderr).write(await overview());
    else process.stderr.write('countersign: no such command: see `countersign help`\n');
    return asked ? 0 : 2;
  }
  if (help) {
    process.stdout.write(`${command.summary}.\n\n  countersign ${command.usage}\n`);
    return 0;
  }
  try {
    await command.run(readArguments(command, args.slice(words.split(' ').length)));
    return 0;
  } catch (error) {
    process.stderr.write(`countersign: ${await describe(error)}\n`);
    if (!(error instanceof UsageError)) return 1;
    process.stderr.write(`usage: countersign ${command.usage}\n`);
    return 2;
  }
}

async function describe(error: unknown): Promise<string> {
  // Loaded when something failed: whoever threw one of its errors has loaded most of it.
  const { saysWhatToDo } = await import('./told-errors.ts');
  if (error instanceof UsageError || saysWhatToDo(error)) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === 'EADDRINUSE') return 'that port is in use: name another with --port';
  if (code === 'EACCES') return 'not allowed to use that file or port';
  if (process.env['COUNTERSIGN_LOG'] === 'debug' && error instanceof Error)
    return error.stack ?? error.message;
  return `${error instanceof Error ? error.message : String(error)} (COUNTERSIGN_LOG=debug says more)`;
}

async function overview(): Promise<string> {
  const commands = await Promise.all([...COMMANDS.values()].map((load) => load()));
  const lines = commands.map(({ usage, summary }) => `  countersign ${usage}\n      ${summary}`);
  return `Countersign: step-up consent for AI agents\n\n${lines.join('\n')}\n\nAdministration commands take --data DIR (default ./.countersign) and --json.\n`;
}

process.exitCode = await main(process.argv.slice(2));
