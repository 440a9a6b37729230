import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Machine } from '../machine.ts';

/** A locked keychain asks its user, whom nobody may be watching; then a file does as well. */
const TIMEOUT_MS = 10_000;
const SERVICE = 'countersign';

/** The system's store of secrets. Nothing here throws: what cannot be kept there goes into a file. */
export interface Keychain {
  readonly name: string;
  /** Whether it is kept now. */
  put(account: string, secret: string): Promise<boolean>;
  get(account: string): Promise<string | undefined>;
}

/** A program and its arguments; what is secret goes to its standard input, since arguments are for all to see. */
interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: string;
}

interface Calls {
  readonly name: string;
  readonly put: (account: string, secret: string) => Call;
  readonly get: (account: string) => Call;
}

/** `security` takes a secret as an argument or from a terminal; in its interactive mode whole commands come from standard input. */
const MACOS: Calls = {
  name: 'the macOS keychain',
  put: (account, secret) => ({
    program: '/usr/bin/security',
    args: ['-i'],
    input: `add-generic-password -U -s ${SERVICE} -a ${account} -l "Countersign: ${account}" -w ${secret}\n`,
  }),
  get: (account) => ({
    program: '/usr/bin/security',
    args: ['find-generic-password', '-s', SERVICE, '-a', account, '-w'],
  }),
};

/** `secret-tool` reads the secret to its end of input (secret-tool(1), "STORE"). */
const SECRET_SERVICE: Calls = {
  name: 'the Secret Service',
  put: (account, secret) => ({
    program: 'secret-tool',
    args: ['store', `--label=Countersign: ${account}`, 'service', SERVICE, 'account', account],
    input: secret,
  }),
  get: (account) => ({
    program: 'secret-tool',
    args: ['lookup', 'service', SERVICE, 'account', account],
  }),
};

/** The keychain that this machine's own programs reach; none on Windows, where only native code does. */
export function findKeychain(machine: Machine): Keychain | undefined {
  const calls =
    machine.platform === 'darwin' ? MACOS : machine.platform === 'linux' ? SECRET_SERVICE : undefined;
  if (calls === undefined) return undefined;
  const env = withSessionBus(machine);
  return {
    name: calls.name,
    async put(account, secret) {
      // Neither needs quoting in the shell-like language of `security -i`.
      if (!/^[\w.-]+$/.test(account) || !/^[\w.-]+$/.test(secret)) return false;
      await run(calls.put(account, secret), env);
      return (await run(calls.get(account), env)) === secret;
    },
    async get(account) {
      const secret = await run(calls.get(account), env);
      return secret === '' ? undefined : secret;
    },
  };
}

/** A client may start us without the address of its session's bus; it lies where systemd puts it. */
function withSessionBus({ platform, env }: Machine): NodeJS.ProcessEnv {
  const bus = `/run/user/${process.getuid?.() ?? 0}/bus`;
  if (platform !== 'linux' || env['DBUS_SESSION_BUS_ADDRESS'] !== undefined || !existsSync(bus))
    return { ...env };
  return { ...env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}` };
}

/** What it printed, without its line end; undefined when it failed, is not there or takes too long. */
function run({ program, args, input }: Call, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn(program, [...args], { env, stdio: ['pipe', 'pipe', 'ignore'], timeout: TIMEOUT_MS });
    const chunks: Buffer[] = [];
    child.on('error', () => done(undefined));
    child.stdin.on('error', () => {});
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('close', (code) =>
      done(
        code === 0
          ? Buffer.concat(chunks)
              .toString()
              .replace(/\r?\n$/, '')
          : undefined,
      ),
    );
    child.stdin.end(input ?? '');
  });
}
