import { existsSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from '../machine.ts';

/** Our launcher, wherever we are installed: from sources or built, it is at the same distance. */
export const LAUNCHER: string = fileURLToPath(new URL('../../bin/countersign.js', import.meta.url));

/** What a routed entry starts: `countersign mcp --server NAME --agent AGENT`, with the server's own command after `--`. */
export interface DoorCommand {
  /** The program that stands in the client's file, `countersign` or a path. */
  readonly program: string;
  readonly server: string;
  readonly agent: string | undefined;
  /** Absent from a bridge. */
  readonly wrapped?: readonly [string, ...string[]];
  /** Absolute paths that must be there for it to start. */
  readonly needs: readonly string[];
}

/**
 * How to start us: by name where a terminal's PATH has it, else by the very files, since an app has another
 * PATH than a terminal, and may find another Node or none.
 */
export function launcherFor(
  startedFrom: 'terminal' | 'desktop',
  machine: Machine,
): readonly [string, ...string[]] {
  // What npm and npx put before a PATH is there for them alone.
  const folders = (machine.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !/^$|node_modules|_npx/.test(folder));
  const onPath = folders.some((folder) => existsSync(join(folder, 'countersign')));
  // Windows finds a `.cmd` for a shell alone, and clients have none.
  const byName = startedFrom === 'terminal' && onPath && machine.platform !== 'win32';
  return byName ? ['countersign'] : [process.execPath, LAUNCHER];
}

export function doorCommand(
  launcher: readonly [string, ...string[]],
  door: { readonly server: string; readonly agent: string; readonly wrapped?: readonly string[] },
): { readonly command: string; readonly args: readonly string[] } {
  const [command, ...before] = launcher;
  const own = [...before, 'mcp', '--server', door.server, '--agent', door.agent];
  return { command, args: door.wrapped === undefined ? own : [...own, '--', ...door.wrapped] };
}

/** Reads a command line back, or undefined when it is not ours. */
export function readDoorCommand(command: string, args: readonly string[]): DoorCommand | undefined {
  const line = [command, ...args];
  // By name, by its file, or by that of a checkout; npx and node stand before it.
  const at = line.findIndex((word) =>
    /^countersign(?:\.cmd|\.js)?$|^cli[\\/]main\.[jt]s$/.test(lastOf(word)),
  );
  if (at < 0 || at > 3 || line[at + 1] !== 'mcp') return undefined;
  const end = line.indexOf('--', at);
  const own = line.slice(at + 2, end < 0 ? undefined : end);
  const server = optionOf(own, 'server');
  if (server === undefined) return undefined;
  const [first, ...rest] = end < 0 ? [] : line.slice(end + 1);
  return {
    program: command,
    server,
    agent: optionOf(own, 'agent'),
    ...(first === undefined ? {} : { wrapped: [first, ...rest] as const }),
    needs: line.slice(0, at + 1).filter((word) => /^(?:[\\/]|[A-Za-z]:[\\/])/.test(word)),
  };
}

function lastOf(path: string): string {
  const name = basename(path.replaceAll('\\', '/'));
  return /^main\.[jt]s$/.test(name) ? path.replaceAll('\\', '/').split('/').slice(-2).join('/') : name;
}

function optionOf(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const found = args[at];
  if (found === undefined) return undefined;
  return found.includes('=') ? found.slice(found.indexOf('=') + 1) : args[at + 1];
}
