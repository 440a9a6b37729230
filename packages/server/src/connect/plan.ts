import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Machine } from '../machine.ts';
import type { ClientDescription } from './client.ts';
import { readSnapshot, textOfBytes, type FileSnapshot } from './file-snapshot.ts';
import type { FileChange } from './journal.ts';
import { routeServer, thingOf, type Route } from './route.ts';
import { findServers, type FoundServer } from './server-entry.ts';
import { shownDiff } from './shown-diff.ts';
import { BrokenText, editText, type Edit } from './text/config-text.ts';
import { UpstreamNames } from './upstream-names.ts';
import { addUpstream, upstreamsIn, yamlLeaves } from './upstreams-text.ts';

/** A client's file that is there, read and understood. */
export interface ClientFile {
  readonly client: ClientDescription;
  readonly file: FileSnapshot;
  readonly text: string;
  /** Whether it belongs to the project, and so perhaps to others, too. */
  readonly ofProject: boolean;
  readonly servers: readonly FoundServer[];
}

export interface BrokenFile {
  readonly client: ClientDescription;
  /** One line: which, where and why. */
  readonly why: string;
}

/** The files of these clients, each once; one that cannot be read stops no other. */
export function findClientFiles(
  machine: Machine,
  folder: string,
  clients: readonly ClientDescription[],
): { readonly files: readonly ClientFile[]; readonly broken: readonly BrokenFile[] } {
  const files = new Map<string, ClientFile>();
  const broken: BrokenFile[] = [];
  for (const client of clients) {
    const { user, project } = client.files(machine, folder);
    for (const path of [...user, ...project].flatMap(expanded)) {
      try {
        const file = readSnapshot(path);
        if (file === undefined || files.has(file.path)) continue;
        const text = textOfBytes(file.bytes);
        if (text === undefined) throw new BrokenText('', 0, 'not utf-8');
        const servers = findServers(client, client.format.leaves(text));
        files.set(file.path, {
          client,
          file,
          text,
          ofProject: !user.flatMap(expanded).includes(path),
          servers,
        });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        broken.push({ client, why: error instanceof BrokenText ? `${path}:${why}` : `${path}: ${why}` });
      }
    }
  }
  return { files: [...files.values()], broken };
}

/** What `*` stands for in a path: each folder that is there. */
function expanded(path: string): readonly string[] {
  const at = path.indexOf(`${sep}*${sep}`);
  if (at < 0) return [path];
  const above = path.slice(0, at);
  if (!existsSync(above)) return [];
  return readdirSync(above).map((name) => join(above, name, path.slice(at + 3)));
}

export interface PlanOptions {
  readonly files: readonly ClientFile[];
  /** Our own config, where there is one. */
  readonly config: FileSnapshot | undefined;
  readonly gateway: string;
  readonly agentOf: (client: ClientDescription) => string;
  /** How we are started from a terminal, and by an app. */
  readonly launcherFor: (startedFrom: ClientDescription['startedFrom']) => readonly [string, ...string[]];
  readonly confine: boolean;
}

/** What would be done, before anything is. */
export interface Plan {
  readonly changes: readonly FileChange[];
  /** One for each change, without secrets. */
  readonly diffs: readonly string[];
  readonly servers: readonly { readonly in: ClientFile; readonly name: string; readonly route: Route }[];
}

/** Decides what becomes of every server. Throws `BrokenText` for our own config; touches nothing. */
export function planConnection(options: PlanOptions): Plan {
  const { files, config, gateway, agentOf, confine } = options;
  const before = config === undefined ? '' : textOfBytes(config.bytes);
  if (before === undefined) throw new BrokenText('', 0, 'not utf-8');
  const names = namesInUse(before, files);
  let after = before;
  const changes: FileChange[] = [];
  const diffs: string[] = [];
  const servers: { readonly in: ClientFile; readonly name: string; readonly route: Route }[] = [];
  for (const each of files) {
    const { client, file, text, ofProject } = each;
    const launcher = options.launcherFor(ofProject ? 'terminal' : client.startedFrom);
    const planned = each.servers.map((found) => {
      const route = routeServer(found, { client, agent: agentOf(client), launcher, names, confine, gateway });
      return {
        in: each,
        name: found.name,
        route: route.kind === 'confined' && config === undefined ? NO_CONFIG : route,
      };
    });
    const edits = planned.flatMap(({ route }) => ('edits' in route ? route.edits : []));
    const edited = edits.length === 0 ? text : tryEdit(client, text, edits);
    if (edited === undefined) {
      servers.push(...planned.map(({ name }) => ({ in: each, name, route: UNEDITABLE })));
      continue;
    }
    servers.push(...planned);
    for (const { route } of planned) {
      if (route.kind === 'confined' && !upstreamsIn(after).has(route.as))
        after = addUpstream(after, route.as, route.upstream);
    }
    if (edited === text) continue;
    changes.push({ file, bytes: Buffer.from(edited), client: client.name });
    diffs.push(
      shownDiff({
        path: file.path,
        before: text,
        after: edited,
        leaves: client.format.leaves,
        servers: each.servers.map(({ path }) => path),
      }),
    );
  }
  if (config !== undefined && after !== before) {
    // First: a client that is routed already finds its upstream there.
    changes.unshift({ file: config, bytes: Buffer.from(after) });
    diffs.unshift(
      shownDiff({ path: config.path, before, after, leaves: yamlLeaves, servers: [['upstreams']] }),
    );
  }
  return { changes, diffs, servers };
}

const NO_CONFIG: Route = {
  kind: 'left',
  why: 'there is no countersign.yaml to move it into: run `countersign init`, or name one with --config',
};

const UNEDITABLE: Route = {
  kind: 'left',
  why: 'its file is written in a way that is not edited safely: edit it by hand',
};

function tryEdit(client: ClientDescription, text: string, edits: readonly Edit[]): string | undefined {
  try {
    return editText(client.format, text, edits);
  } catch (error) {
    if (error instanceof BrokenText) return undefined;
    throw error;
  }
}

/** The names of our config, and those that routed entries use already. */
function namesInUse(config: string, files: readonly ClientFile[]): UpstreamNames {
  const names = new UpstreamNames();
  for (const [name, upstream] of upstreamsIn(config)) names.reserve(name, thingOf(upstream));
  for (const { entry } of files.flatMap(({ servers }) => servers)) {
    if (entry.kind !== 'routed' || names.has(entry.door.server)) continue;
    const [command, ...args] = entry.door.wrapped ?? [];
    const { env, cwd } = entry;
    const thing =
      command === undefined
        ? undefined
        : thingOf({ command, args, env, ...(cwd === undefined ? {} : { cwd }) });
    names.reserve(entry.door.server, thing);
  }
  return names;
}

/** The folder that a project's files are looked for in: the nearest one that is a repository, else this one. */
export function projectFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return folder;
    if (dirname(folder) === folder) return from;
  }
}
