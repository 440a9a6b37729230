import { excerpt } from '../../classification.ts';
import { applyRow, effects } from '../apply.ts';
import { parseOptions } from '../options.ts';
import { DOCKER, DOCKER_EXEC, DOCKER_RUN } from '../tables/containers.ts';
import { GIT, GIT_HARMLESS_SETTINGS } from '../tables/git.ts';
import { KUBECTL_ROW } from '../tables/infrastructure.ts';
import { GH, SOPS } from '../tables/remote.ts';
import { SYSCTL } from '../tables/system.ts';
import type { Call, Runner, Shell, Tool } from '../tool.ts';
import { after, literal, type Arg } from '../words.ts';
import { doubts, has, refuses, valuesOf } from './arguments.ts';
import { code } from './wrappers.ts';

/** The options before a subcommand, the subcommand, and what follows it. */
function subcommand(tool: Tool, call: Call): { name: string | undefined; rest: readonly Arg[]; at: number } {
  const before = parseOptions({ ...tool, stops: true }, call.args);
  const [first, ...rest] = before.operands;
  return { name: first?.value, rest, at: call.args.length - rest.length };
}

const CONFIG: Tool = {
  does: [],
  flags:
    '-l --list --get --get-all --get-regexp --global --local --system --worktree --show-origin --show-scope --name-only -z --null --bool --int --unset --unset-all --add --replace-all --includes --type=bool --all',
  values: '--type --default',
  runs: '-f --file --blob -e --edit --get-urlmatch --get-color --get-colorbool --remove-section --rename-section',
};

const git: Runner = (call, shell) => {
  const { findings } = shell;
  const { name, rest, at } = subcommand(GIT, call);
  // `ext::command` and other transports by name run a command.
  // A host may pass for an option of the program that connects: `ssh://-oProxyCommand=...`.
  if (call.args.some((arg) => /^(?:[^/]*=)?[a-z][\w+.-]*::|:\/\/-/i.test(arg.prefix)))
    findings.unknown(`transport: ${call.line}`);
  for (const arg of call.args) shell.mention(arg, call.line);
  if (name === 'config') {
    config(rest, call, shell);
    // The options before it, against a subcommand that adds nothing.
    applyRow({ ...GIT, subs: { config: [] } }, { ...call, args: call.args.slice(0, at) }, shell);
    return;
  }
  if (name === 'submodule' && rest[0]?.value === 'foreach') {
    findings.effect('execute', call.line);
    const [text, ...more] = rest
      .slice(1)
      .filter((arg) => arg.value !== '--recursive' && arg.value !== '--quiet');
    if (text === undefined || more.length > 0) findings.unknown(call.line);
    else code(text, 'sh', call, shell);
    applyRow({ ...GIT, subs: { submodule: [] } }, { ...call, args: call.args.slice(0, at) }, shell);
    return;
  }
  const { operands } = applyRow(GIT, call, shell);
  if (name === 'clone' && operands[1]) shell.writeFile(operands[1], call.line);
  for (const arg of rest) {
    const host = /^(?:(?:https?|ssh|git):\/\/(?:[^@/]*@)?|[\w.-]+@)([\w.-]+)/.exec(arg.prefix)?.[1];
    if (host !== undefined) findings.touch('host', host);
  }
  // `+branch` overwrites and `:branch` removes what is on the other side.
  if (name === 'push' && rest.some((arg) => /^[+:]/.test(arg.prefix))) findings.effect('delete', call.line);
  if (name === 'push' && rest.some((arg) => arg.value === undefined && arg.prefix === ''))
    findings.effect('delete', call.line);
};

function config(rest: readonly Arg[], call: Call, shell: Shell): void {
  const parsed = parseOptions(CONFIG, rest);
  doubts(parsed, call, shell);
  refuses(CONFIG, parsed, call, shell);
  let words = parsed.operands;
  const verb = words[0]?.value;
  if (verb === 'edit') shell.findings.unknown(call.line);
  const isVerb = verb === 'list' || verb === 'get' || verb === 'set' || verb === 'unset';
  if (isVerb) words = words.slice(1);
  const isRead =
    has(parsed, '-l --list --get --get-all --get-regexp') ||
    verb === 'list' ||
    verb === 'get' ||
    (!isVerb && words.length === 1 && !has(parsed, '--unset --unset-all --add'));
  if (isRead) {
    effects(['read'], call, shell);
    return;
  }
  effects(['update'], call, shell);
  if (has(parsed, '--unset --unset-all') || verb === 'unset') effects(['delete'], call, shell);
  else if (!GIT_HARMLESS_SETTINGS.test(words[0]?.value ?? ''))
    shell.findings.unknown(`setting ${excerpt(words[0]?.text ?? '')}: ${call.line}`);
}

/** Kinds of object whose content is a secret, or of which one may be. */
const SECRET_KINDS =
  /(?:^|[,/])(?:secrets?|all|configmaps?|cm|serviceaccounts?|sa|sealedsecrets?|externalsecrets?|tokens?|certificates?)(?=$|[,./])/i;

const kubectl: Runner = (call, shell) => {
  const { findings } = shell;
  const { name, rest, at } = subcommand(KUBECTL_ROW, call);
  if (name === 'exec' || name === 'run' || name === 'debug' || name === 'attach' || name === 'cp') {
    applyRow(
      { ...KUBECTL_ROW, subs: { [name]: ['network'] } },
      { ...call, args: call.args.slice(0, at) },
      shell,
    );
    inPod(name, rest, call, shell);
    return;
  }
  applyRow(KUBECTL_ROW, call, shell);
  if (name === 'get' || name === 'describe') {
    const kinds = rest.filter((arg) => !arg.prefix.startsWith('-'));
    if (
      kinds.some(
        (arg) =>
          arg.value === undefined ||
          (SECRET_KINDS.test(arg.value) && !/^(?:cm|configmaps?|sa|serviceaccounts?)$/i.test(arg.value)),
      )
    ) {
      findings.effect('secret', call.line);
    }
    // The file or the text behind `-o` decides what is printed, not what is done.
    if (rest.some((arg) => /^(?:-f|--filename|-k)/.test(arg.prefix))) findings.effect('secret', call.line);
  }
  if (name === 'create' && rest.some((arg) => /^(?:secret|token)$/.test(arg.value ?? '')))
    findings.effect('secret', call.line);
  if (name === 'config' && rest.some((arg) => arg.value === '--raw')) findings.effect('secret', call.line);
};

const KUBECTL_EXEC: Tool = {
  does: [],
  stops: true,
  flags: '-i -t -q --stdin --tty --quiet --rm',
  values: '-n --namespace -c --container --context --image --restart --pod-running-timeout --request-timeout',
  runs: '--kubeconfig -f --filename --overrides --privileged --profile --target --copy-to --share-processes',
};

/** `kubectl exec pod -- command` and its relatives. */
function inPod(name: string, rest: readonly Arg[], call: Call, shell: Shell): void {
  const { findings } = shell;
  if (name === 'cp') {
    effects(['read', 'create', 'update', 'execute', 'export'], call, shell);
    const parsed = parseOptions(
      { does: [], values: '-n --namespace -c --container', flags: '--no-preserve' },
      rest,
    );
    doubts(parsed, call, shell);
    for (const place of parsed.operands) {
      if (!place.prefix.includes(':')) {
        if (place === parsed.operands.at(-1)) shell.writeFile(place, call.line);
        else shell.readFile(place, call.line);
      } else shell.mention(place, call.line);
    }
    return;
  }
  effects(name === 'run' || name === 'debug' ? ['create', 'execute'] : ['execute'], call, shell);
  // It may enter the namespaces of a container or of a whole node.
  if (name === 'debug') effects(['grant'], call, shell);
  const end = rest.findIndex(({ value }) => value === '--');
  const parsed = parseOptions(
    { ...KUBECTL_EXEC, stops: end < 0 && name !== 'run' },
    end < 0 ? rest : rest.slice(0, end),
  );
  doubts(parsed, call, shell);
  refuses(KUBECTL_EXEC, parsed, call, shell);
  const command = end < 0 ? parsed.operands.slice(1) : rest.slice(end + 1);
  if (command.length > 0) shell.run(command, call.stdin);
  else if (name !== 'run') findings.unknown(call.line);
}

/** What the container command lines share, besides `run` and `exec`, whose command is classified too. */
const docker: Runner = (call, shell) => {
  let { name, rest, at } = subcommand(DOCKER, call);
  if (name === 'container' && /^(?:run|create|exec)$/.test(rest[0]?.value ?? '')) {
    name = rest[0]?.value;
    rest = rest.slice(1);
    at++;
  }
  const isCompose = name === 'compose' && /^(?:run|exec)$/.test(rest[0]?.value ?? '');
  if (isCompose) {
    name = 'exec';
    rest = rest.slice(1);
  }
  if (name !== 'run' && name !== 'create' && name !== 'exec') {
    applyRow(DOCKER, call, shell);
    return;
  }
  // The options before the subcommand.
  applyRow(
    { ...DOCKER, subs: {}, alone: [] },
    {
      ...call,
      args: call.args
        .slice(0, Math.max(0, at - 1))
        .filter(({ value }) => value !== 'container' && value !== 'compose'),
    },
    shell,
  );
  const row = name === 'exec' ? DOCKER_EXEC : DOCKER_RUN;
  const { operands, options } = applyRow(row, { ...call, args: rest }, shell);
  for (const { name: option, value } of options) {
    if (!/^(?:-v|--volume|--mount)$/.test(option) || value === undefined) continue;
    const source =
      option === '--mount' ? /(?:^|,)(?:src|source)=([^,]*)/.exec(value.prefix)?.[1] : value.prefix;
    shell.mention(literal(source?.split(':', 1)[0] ?? ''), call.line);
    if (value.value === undefined) shell.mention(value, call.line);
  }
  const command = operands.slice(1);
  if (command.length > 0) shell.run(command, { kind: 'opaque' });
  else if (operands.length === 0 || name === 'exec') shell.findings.unknown(call.line);
};

const API: Tool = {
  does: [],
  flags: '-i --include --paginate --silent --verbose --slurp',
  values:
    '-X --method -q --jq -t --template --hostname --cache -p --preview -H --header -f --raw-field -F --field',
  reads: '--input',
};

const gh: Runner = (call, shell) => {
  const { findings } = shell;
  const { name, rest } = subcommand(GH, call);
  if (name !== 'api') {
    // What follows is for `git clone`, which has options that run commands.
    if (name === 'repo' && rest.some(({ value }) => value === '--')) findings.unknown(call.line);
    applyRow(GH, call, shell);
    return;
  }
  const parsed = parseOptions(API, rest);
  doubts(parsed, call, shell);
  effects(['read', 'network'], call, shell);
  const methods = valuesOf(parsed, '-X --method');
  const fields = valuesOf(parsed, '-f --raw-field -F --field');
  for (const field of fields) {
    const equals = field.prefix.indexOf('=');
    if (field.prefix.charAt(equals + 1) === '@') shell.readFile(after(field, equals + 2), call.line);
  }
  if (methods.length === 0 && (fields.length > 0 || has(parsed, '--input')))
    effects(['create', 'update', 'export'], call, shell);
  for (const { value, text } of methods) {
    const wanted = value?.toUpperCase();
    if (wanted === 'DELETE') effects(['delete'], call, shell);
    else if (wanted === 'POST' || wanted === 'PUT' || wanted === 'PATCH')
      effects(['create', 'update', 'export'], call, shell);
    else if (wanted !== 'GET') findings.unknown(`method ${excerpt(text)}: ${call.line}`);
  }
  for (const file of valuesOf(parsed, '--input')) shell.readFile(file, call.line);
  const [path] = parsed.operands;
  // What GraphQL does is in its text.
  if (path?.value === undefined || path.value === 'graphql') findings.unknown(call.line);
  else if (
    /secret|token|keys?\b|hooks|collaborators|permissions|teams|members|environments|rulesets|protection/.test(
      path.value,
    )
  ) {
    const isGet = methods.every(({ value }) => value?.toUpperCase() === 'GET') && fields.length === 0;
    effects(isGet ? ['secret'] : ['grant', 'secret'], call, shell);
  }
};

/** Settings of the kernel, some of which name programs and others open the machine. */
const sysctl: Runner = (call, shell) => {
  const { operands } = applyRow(SYSCTL, call, shell);
  if (operands.some(({ value }) => value === undefined || value.includes('=')))
    effects(['update', 'execute', 'grant'], call, shell);
};

/** Without an option that says what to do it opens an editor, and some of its subcommands run a command. */
const sops: Runner = (call, shell) => {
  const parsed = applyRow(SOPS, call, shell);
  const isFile = parsed.operands.every(({ value }) => value !== undefined && /[./]/.test(value));
  if (!isFile || !has(parsed, '-d --decrypt -e --encrypt -r --rotate')) shell.findings.unknown(call.line);
};

export const PROGRAM_RUNNERS: readonly (readonly [string, Runner])[] = [
  ['git', git],
  ['kubectl', kubectl],
  ['oc', kubectl],
  ['docker', docker],
  ['podman', docker],
  ['nerdctl', docker],
  ['gh', gh],
  ['sysctl', sysctl],
  ['sops', sops],
];
