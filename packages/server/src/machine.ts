import { homedir } from 'node:os';
import { posix, win32 } from 'node:path';

/** What of a machine decides where programs keep their files; passed in, so that each system can be asked about on any. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

export function thisMachine(): Machine {
  return { platform: process.platform, home: homedir(), env: process.env };
}

/** Paths as that machine writes them. */
export function joinOn({ platform }: Machine, ...parts: readonly string[]): string {
  return (platform === 'win32' ? win32 : posix).join(...parts);
}

/** Where programs keep what belongs to the user: `%APPDATA%`, `~/Library/Application Support`, or `~/.config`. */
export function userConfig(machine: Machine): string {
  const { platform, home } = machine;
  if (platform === 'win32')
    return variableOn(machine, 'APPDATA') ?? joinOn(machine, home, 'AppData', 'Roaming');
  if (platform === 'darwin') return joinOn(machine, home, 'Library', 'Application Support');
  return variableOn(machine, 'XDG_CONFIG_HOME') ?? joinOn(machine, home, '.config');
}

/**
 * Our own folder of a user: agents' keys, and what `connect` changed. It follows from the home folder alone,
 * since the clients that start `countersign mcp` hand on little more of the environment than HOME and PATH.
 */
export function ownFolder(machine: Machine): string {
  if (machine.platform === 'win32') return joinOn(machine, userConfig(machine), 'countersign');
  return joinOn(machine, machine.home, '.config', 'countersign');
}

/** A variable of that machine's environment; an empty one is none. */
export function variableOn({ env }: Machine, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}
