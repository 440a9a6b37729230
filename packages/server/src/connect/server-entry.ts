import type { ClientDescription } from './client.ts';
import { readDoorCommand, type DoorCommand } from './door-command.ts';
import { isBelow, type Leaf } from './text/config-text.ts';

type Texts = Readonly<Record<string, string>>;

/** What a client's file says of one server. */
export type ServerEntry =
  | { readonly kind: 'routed'; readonly door: DoorCommand; readonly env: Texts; readonly cwd?: string }
  | {
      readonly kind: 'started';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Texts;
      readonly cwd?: string;
      /** Where command and arguments stand, below the entry. */
      readonly at: { readonly command: readonly string[]; readonly args: readonly string[] };
    }
  | {
      readonly kind: 'remote';
      readonly url: string;
      /** HTTP with SSE, by its type or else by how such addresses end. */
      readonly transport?: 'sse';
      /** By name; as the client writes them. */
      readonly headers: Texts;
      /** By name: the variable that holds the value, and what stands before it. */
      readonly fromVariables: Readonly<
        Record<string, { readonly before: string; readonly variable: string }>
      >;
    }
  | { readonly kind: 'other'; readonly why: string };

/** A server in a client's file. */
export interface FoundServer {
  readonly name: string;
  readonly path: readonly string[];
  readonly entry: ServerEntry;
  /** The names of its own members. */
  readonly members: readonly string[];
}

/** The servers of a file, in its order. */
export function findServers(client: ClientDescription, leaves: readonly Leaf[]): readonly FoundServer[] {
  const paths = new Map<string, readonly string[]>();
  for (const { path } of leaves) {
    for (const map of client.maps) {
      const fits = path.length > map.length && map.every((part, at) => part === '*' || part === path[at]);
      if (fits) paths.set(JSON.stringify(path.slice(0, map.length + 1)), path.slice(0, map.length + 1));
    }
  }
  return [...paths.values()].map((path) => {
    const own = leaves
      .filter((leaf) => isBelow(leaf.path, path))
      .map((leaf) => ({ path: leaf.path.slice(path.length), value: leaf.value }));
    return {
      name: path.at(-1) ?? '',
      path,
      entry: entryOf(client, own),
      members: [...new Set(own.flatMap(({ path: [member] }) => (member === undefined ? [] : [member])))],
    };
  });
}

interface Member {
  readonly path: readonly string[];
  readonly value: unknown;
}

function entryOf({ remote }: ClientDescription, members: readonly Member[]): ServerEntry {
  const at = (...path: readonly string[]): unknown =>
    members.find((member) => member.path.length === path.length && isBelow(member.path, path))?.value;
  // Zed once had the command as an object of its own.
  const nested = typeof at('command', 'path') === 'string';
  const command = nested ? at('command', 'path') : at('command');
  const args = (nested ? at('command', 'args') : at('args')) ?? [];
  if (typeof command === 'string') {
    if (!isTexts(args)) return { kind: 'other', why: 'its arguments are not a list of texts' };
    const cwd = at('cwd');
    const handedOn = at('env_vars');
    const own = {
      env: {
        ...(isTexts(handedOn) ? Object.fromEntries(handedOn.map((name) => [name, `\${${name}}`])) : {}),
        ...textsBelow(members, nested ? ['command', 'env'] : ['env']),
      },
      ...(typeof cwd === 'string' ? { cwd } : {}),
    };
    const door = readDoorCommand(command, args);
    if (door !== undefined) return { kind: 'routed', door, ...own };
    return {
      kind: 'started',
      command,
      args,
      ...own,
      at: nested
        ? { command: ['command', 'path'], args: ['command', 'args'] }
        : { command: ['command'], args: ['args'] },
    };
  }
  const url = remote.url.map((name) => at(name)).find((value) => typeof value === 'string');
  if (typeof url !== 'string') return { kind: 'other', why: 'it says neither a command nor an address' };
  const signIn = remote.signIn.find((name) => members.some(({ path }) => path[0] === name));
  if (signIn !== undefined)
    return { kind: 'other', why: `only the client itself can sign in by its \`${signIn}\`` };
  const type = at('type');
  const speaksSse = type === undefined ? /\/sse\/?$/.test(url.split(/[?#]/)[0] ?? '') : type === 'sse';
  const bearer = remote.bearerVariable === undefined ? undefined : at(remote.bearerVariable);
  const named = remote.envHeaders === undefined ? {} : textsBelow(members, [remote.envHeaders]);
  return {
    kind: 'remote',
    url,
    ...(speaksSse ? { transport: 'sse' as const } : {}),
    headers: Object.assign({}, ...remote.headers.map((name) => textsBelow(members, [name]))) as Texts,
    fromVariables: {
      ...Object.fromEntries(
        Object.entries(named).map(([name, variable]) => [name, { before: '', variable }]),
      ),
      ...(typeof bearer === 'string' ? { authorization: { before: 'Bearer ', variable: bearer } } : {}),
    },
  };
}

function textsBelow(members: readonly Member[], above: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    members.flatMap(({ path, value }) => {
      const isText = ['string', 'number', 'boolean'].includes(typeof value);
      return path.length === above.length + 1 && isBelow(path, above) && isText
        ? [[path.at(-1) ?? '', String(value)]]
        : [];
    }),
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
