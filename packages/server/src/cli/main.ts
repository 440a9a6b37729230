import { ConsentError, EncodingError, LogError } from '@countersign/core';
import { ConfigError } from '../config/config-error.ts';
import { PolicySetError } from '../pdp/policy-set-error.ts';
import { DataFolderError } from '../stores/sqlite/database.ts';
import { Failure, readArguments, UsageError, type Command } from './command.ts';
import { agentAdd, agentList, agentResume, agentSuspend, pepAdd, pepRevoke } from './commands/agent.ts';
import { approverAdd, approverLink, approverList } from './commands/approver.ts';
import { auditCheck, auditCheckpoint, auditProof, auditVerify } from './commands/audit.ts';
import { init } from './commands/init.ts';
import { keyNew } from './commands/key.ts';
import { mcp } from './commands/mcp.ts';
import { requestApprove, requestDeny, requestList, requestShow } from './commands/request.ts';
import { serve } from './commands/serve.ts';

const COMMANDS: readonly Command[] = [
  init,
  serve,
  mcp,
  agentAdd,
  agentList,
  agentSuspend,
  agentResume,
  pepAdd,
  pepRevoke,
  keyNew,
  approverAdd,
  approverList,
  approverLink,
  requestList,
  requestShow,
  requestApprove,
  requestDeny,
  auditVerify,
  auditProof,
  auditCheck,
  auditCheckpoint,
];

/** What went wrong and says itself what to do; everything else is a fault of ours and says where. */
const TOLD = [ConsentError, ConfigError, PolicySetError, DataFolderError, EncodingError, Failure, LogError];

/** Runs one command line. Answers the exit code: 0 done, 1 failed, 2 not a command. */
async function main(args: readonly string[]): Promise<number> {
  const command = COMMANDS.find((each) => wordsOf(each).every((word, index) => args[index] === word));
  const help = args.includes('--help') || args.includes('-h');
  if (command === undefined) {
    const asked = help || args.length === 0 || args[0] === 'help';
    (asked ? process.stdout : process.stderr).write(
      asked ? overview() : `countersign: no such command: see \`countersign help\`\n`,
    );
    return asked && args.length > 0 ? 0 : 2;
  }
  const end = args.indexOf('--');
  if (help && (end < 0 || args.findIndex((arg) => arg === '--help' || arg === '-h') < end)) {
    process.stdout.write(`${command.summary}.\n\n  countersign ${command.usage}\n`);
    return 0;
  }
  try {
    await command.run(readArguments(command, args.slice(wordsOf(command).length)));
    return 0;
  } catch (error) {
    process.stderr.write(`countersign: ${describe(error)}\n`);
    if (!(error instanceof UsageError)) return 1;
    process.stderr.write(`usage: countersign ${command.usage}\n`);
    return 2;
  }
}

/** The leading words of a command's usage, up to what it takes. */
function wordsOf({ usage }: Command): string[] {
  const words = usage.split(' ');
  const taken = words.findIndex((word) => !/^[a-z]+$/.test(word));
  return taken < 0 ? words : words.slice(0, taken);
}

function describe(error: unknown): string {
  if (error instanceof UsageError || TOLD.some((kind) => error instanceof kind))
    return (error as Error).message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === 'EADDRINUSE') return 'that port is in use: name another with --port';
  if (code === 'EACCES') return 'not allowed to use that file or port';
  if (process.env['COUNTERSIGN_LOG'] === 'debug' && error instanceof Error)
    return error.stack ?? error.message;
  return `${error instanceof Error ? error.message : String(error)} (COUNTERSIGN_LOG=debug says more)`;
}

function overview(): string {
  const lines = COMMANDS.map(({ usage, summary }) => `  countersign ${usage}\n      ${summary}`);
  return `Countersign: step-up consent for AI agents\n\n${lines.join('\n')}\n\nAdministration commands take --data DIR (default ./.countersign) and --json.\n`;
}

process.exitCode = await main(process.argv.slice(2));
