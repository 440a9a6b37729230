import { isAbsolute } from 'node:path';
import type { ClientDescription, Variables } from './client.ts';
import { doorCommand } from './door-command.ts';
import type { FoundServer, ServerEntry } from './server-entry.ts';
import type { Edit } from './text/config-text.ts';
import type { NewUpstream } from './upstreams-text.ts';
import type { UpstreamNames } from './upstream-names.ts';
import { toOurs } from './variables.ts';

export interface Routing {
  readonly client: ClientDescription;
  readonly agent: string;
  readonly launcher: readonly [string, ...string[]];
  readonly names: UpstreamNames;
  /** Whether servers that the client starts become the gateway's, too. */
  readonly confine: boolean;
  /** Where the gateway is: what points there already is left alone. */
  readonly gateway: string;
}

/** What becomes of a server. */
export type Route =
  | { readonly kind: 'guided'; readonly as: string; readonly edits: readonly Edit[] }
  | {
      readonly kind: 'confined';
      readonly as: string;
      readonly edits: readonly Edit[];
      readonly upstream: NewUpstream;
      /** Variables that `countersign serve` needs in its environment. */
      readonly variables: readonly string[];
    }
  | { readonly kind: 'routed'; readonly as: string }
  | { readonly kind: 'left'; readonly why: string };

type Started = ServerEntry & { readonly kind: 'started' };
type Remote = ServerEntry & { readonly kind: 'remote' };

/** Members of a started server that a bridge has no use for; their secrets move with it. */
const OF_A_CHILD = ['env', 'env_vars', 'envFile', 'cwd'];

export function routeServer(found: FoundServer, routing: Routing): Route {
  const { entry } = found;
  switch (entry.kind) {
    case 'routed':
      return { kind: 'routed', as: entry.door.server };
    case 'other':
      return { kind: 'left', why: entry.why };
    case 'started':
      return routing.confine ? confineStarted(found, entry, routing) : guide(found, entry, routing);
    case 'remote':
      return confineRemote(found, entry, routing);
  }
}

/** The thing that a name stands for: what is started or reached, and with which credentials. */
export function thingOf(upstream: NewUpstream): string {
  return JSON.stringify(
    'url' in upstream
      ? [upstream.url, upstream.transport ?? '', sorted(lowerCase(upstream.headers ?? {}))]
      : [upstream.command, upstream.args ?? [], sorted(upstream.env ?? {}), upstream.cwd ?? ''],
  );
}

function guide(found: FoundServer, { command, args, env, cwd, at }: Started, routing: Routing): Route {
  const thing = thingOf({ command, args, env, ...(cwd === undefined ? {} : { cwd }) });
  const as = routing.names.nameFor(found.name, thing);
  const door = doorCommand(routing.launcher, {
    server: as,
    agent: routing.agent,
    wrapped: [command, ...args],
  });
  return { kind: 'guided', as, edits: doorEdits(found.path, at, door) };
}

function confineStarted(found: FoundServer, entry: Started, routing: Routing): Route {
  const { client } = routing;
  if (found.members.includes('envFile'))
    return { kind: 'left', why: 'its `envFile` is read by the client alone' };
  const values = new Values(client.variables);
  const upstream: NewUpstream = {
    command: values.ours(entry.command),
    args: entry.args.map((arg) => values.ours(arg)),
    ...(Object.keys(entry.env).length === 0
      ? {}
      : { env: values.all(entry.env, found.members.includes('env_vars')) }),
    ...(entry.cwd !== undefined && isAbsolute(entry.cwd) ? { cwd: values.ours(entry.cwd) } : {}),
  };
  if (values.why !== undefined) return { kind: 'left', why: values.why };
  const as = routing.names.nameFor(found.name, thingOf(upstream));
  const door = doorCommand(routing.launcher, { server: as, agent: routing.agent });
  const gone = OF_A_CHILD.filter((member) => found.members.includes(member));
  const edits = [...doorEdits(found.path, entry.at, door), ...removals(found.path, gone)];
  return { kind: 'confined', as, upstream, edits, variables: values.variables };
}

function confineRemote(found: FoundServer, entry: Remote, routing: Routing): Route {
  const { client } = routing;
  const { url } = entry;
  if (url === routing.gateway || url.startsWith(`${routing.gateway}/mcp/`))
    return { kind: 'routed', as: url.slice(routing.gateway.length).split('/')[2] ?? '' };
  const values = new Values(client.variables);
  const headers = { ...values.all(entry.headers) };
  for (const [name, { before, variable }] of Object.entries(entry.fromVariables)) {
    headers[name] = `${before}\${${variable}}`;
    values.variables.push(variable);
  }
  const upstream: NewUpstream = {
    url: values.ours(url),
    ...(entry.transport === undefined ? {} : { transport: entry.transport }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
  if (values.why !== undefined) return { kind: 'left', why: values.why };
  const as = routing.names.nameFor(found.name, thingOf(upstream));
  const door = doorCommand(routing.launcher, { server: as, agent: routing.agent });
  const { remote } = client;
  const gone = [
    ...remote.url,
    ...remote.headers,
    remote.envHeaders,
    remote.bearerVariable,
    remote.typed ? '' : 'type',
  ];
  const type: Edit[] =
    remote.typed && found.members.includes('type') ? [{ path: [...found.path, 'type'], value: 'stdio' }] : [];
  const edits = [
    ...type,
    ...doorEdits(found.path, { command: ['command'], args: ['args'] }, door),
    ...removals(
      found.path,
      gone.filter((member) => member !== undefined && found.members.includes(member)),
    ),
  ];
  return { kind: 'confined', as, upstream, edits, variables: values.variables };
}

function doorEdits(
  path: readonly string[],
  at: Started['at'],
  door: ReturnType<typeof doorCommand>,
): readonly Edit[] {
  return [
    { path: [...path, ...at.command], value: door.command },
    { path: [...path, ...at.args], value: door.args },
  ];
}

function removals(path: readonly string[], members: readonly (string | undefined)[]): readonly Edit[] {
  return members.map((member) => ({ path: [...path, member ?? ''] }));
}

/** Values on their way into our config; remembers the first that cannot go there. */
class Values {
  readonly #syntax: Variables;
  readonly variables: string[] = [];
  why: string | undefined;

  constructor(syntax: Variables) {
    this.#syntax = syntax;
  }

  ours(value: string, syntax: Variables = this.#syntax): string {
    const ours = toOurs(value, syntax);
    if (ours.kind === 'cannot') {
      this.why ??= ours.why;
      return value;
    }
    this.variables.push(...ours.variables);
    return ours.text;
  }

  /** `named` values are those of variables of the same name, whatever the client's own way is. */
  all(values: Readonly<Record<string, string>>, named = false): Record<string, string> {
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        this.ours(value, named && value === `\${${name}}` ? '${NAME}' : this.#syntax),
      ]),
    );
  }
}

function sorted(texts: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(texts).sort(([a], [b]) => (a < b ? -1 : 1));
}

function lowerCase(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name.toLowerCase(), value]));
}
