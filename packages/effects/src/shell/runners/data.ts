import type { Effect } from '@countersign/core';
import { excerpt } from '../../classification.ts';
import { effects } from '../apply.ts';
import { isLocalHost } from '../hosts.ts';
import { parseOptions, type Parsed } from '../options.ts';
import type { Call, Runner, Shell, Tool } from '../tool.ts';
import { literal, type Arg } from '../words.ts';
import { doubts, has, refuses, valuesOf } from './arguments.ts';

interface Client {
  readonly options: Tool;
  /** The options that carry SQL, and how the text is read: by the client's own commands first. */
  readonly sql: string;
  readonly host: string;
  /** The position of an operand that is SQL: `sqlite3 file 'select 1'`. */
  readonly operand?: number;
  /** What in the text is a command of the client itself. */
  readonly own: RegExp;
  readonly local?: boolean;
}

const PSQL: Client = {
  options: {
    does: [],
    flags:
      '-A -a -b -E -e -H -l -n -q -S -s -t -X -x -1 -w -W -z -0 --no-align --list --quiet --tuples-only --no-psqlrc --expanded --single-transaction --no-password --csv --html --echo-all --echo-queries',
    values: '-d -h -p -U -F -R -P -T -c --dbname --host --port --username --field-separator --command --pset',
    writes: '-o --output -L --log-file',
    runs: '-f --file -v --set --variable',
  },
  sql: '-c --command',
  host: '-h --host',
  own: /\\/,
};

const MYSQL: Client = {
  options: {
    does: [],
    flags:
      '-B -N -s -t -v -E -H -X -r -w -C --batch --skip-column-names --silent --table --verbose --vertical --compress --raw --quick --ssl',
    values:
      '-h -P -u -D -S -e --host --port --user --database --socket --execute --connect-timeout --default-character-set',
    optional: '-p --password',
    runs: '--init-command --defaults-file --defaults-extra-file --login-path --plugin-dir --pager --tee --local-infile --binary-as-hex --ssl-mode --system-command',
  },
  sql: '-e --execute',
  host: '-h --host',
  own: /\\|\b(?:system|source|pager|tee|edit|delimiter)\b/i,
};

const SQLITE: Client = {
  options: {
    does: [],
    oneDash: true,
    flags:
      '-batch -bail -csv -json -line -list -table -box -markdown -header -noheader -column -html -readonly -safe -version -quote -tabs',
    values: '-separator -nullvalue -newline',
    runs: '-init -cmd -vfs -interactive -A -ar',
  },
  sql: '',
  host: '',
  operand: 1,
  own: /^\s*\.|\n\s*\.|\b(?:vacuum|load_extension|writefile|readfile|edit|attach)\b/i,
  local: true,
};

/** A client of a database: what its SQL does is for the classifier of SQL to say. */
function client(row: Client): Runner {
  return (call, shell) => {
    const parsed = parseOptions(row.options, call.args);
    doubts(parsed, call, shell);
    refuses(row.options, parsed, call, shell);
    for (const file of valuesOf(parsed, row.options.writes ?? '')) {
      effects(['update'], call, shell);
      shell.writeFile(file, call.line);
    }
    if (!row.local) network(row, parsed, call, shell);
    const texts: (Arg | undefined)[] = [...valuesOf(parsed, row.sql)];
    const operands = row.operand === undefined ? [] : parsed.operands.slice(row.operand);
    texts.push(...operands);
    if (row.operand !== undefined && parsed.operands[0]) {
      shell.readFile(parsed.operands[0], call.line);
      if (!has(parsed, '-readonly')) writesDatabase(parsed.operands[0], texts, call, shell);
    }
    // A connection string may bring options and a file of its own.
    if (
      row.operand === undefined &&
      databases(parsed).some(
        ({ value }) => value === undefined || /options|sslkey|passfile|service/.test(value),
      )
    ) {
      shell.findings.unknown(call.line);
    }
    if (has(parsed, '-l --list') && row === PSQL && texts.length === 0) {
      effects(['read'], call, shell);
      return;
    }
    if (texts.length === 0) texts.push(call.stdin.kind === 'text' ? literal(call.stdin.text) : undefined);
    for (const text of texts) sql(row, text, call, shell);
  };
}

function network(row: Client, parsed: Parsed, call: Call, shell: Shell): void {
  const hosts = valuesOf(parsed, row.host);
  for (const host of hosts)
    if (host.value !== undefined && /^[\w.:-]+$/.test(host.value)) shell.findings.touch('host', host.value);
  const isLocal =
    hosts.length > 0 &&
    hosts.every(({ value }) => value !== undefined && isLocalHost(value)) &&
    !databases(parsed).some(mayNameHost);
  effects(['network'], call, shell, isLocal);
}

/** The file of a database is made even by what only reads, and what else it holds is for its SQL to say. */
function writesDatabase(file: Arg, texts: readonly (Arg | undefined)[], call: Call, shell: Shell): void {
  const isRead =
    texts.length > 0 && texts.every((text) => /^\s*(?:select|explain)\b/i.test(text?.value ?? ''));
  if (!isRead && file.value !== ':memory:') shell.writeFile(file, call.line);
}

/** The words that name a database, perhaps by a connection string. */
function databases(parsed: Parsed): readonly Arg[] {
  return [...parsed.operands, ...valuesOf(parsed, '-d --dbname')];
}

function mayNameHost({ value }: Arg): boolean {
  return value === undefined || /[=:]/.test(value);
}

function sql(row: Client, text: Arg | undefined, call: Call, shell: Shell): void {
  const value = text?.value;
  if (value === undefined) shell.findings.unknown(`SQL that is not written out: ${call.line}`);
  else if (row.own.test(value) || shell.classifySql === undefined)
    shell.findings.unknown(`SQL ${excerpt(value)}: ${call.line}`);
  else shell.findings.include(shell.classifySql(value));
}

const REDIS: Tool = {
  does: [],
  stops: true,
  flags: '--raw --no-raw --csv --json --tls --no-auth-warning --stat --bigkeys --scan -3 -2',
  values: '-h -p -n -a -u --user --pass -i -r',
  runs: '--eval --pipe --rdb --functions-rdb -x -X --cluster --ldb -s --sni',
};

const REDIS_COMMANDS: readonly (readonly [RegExp, readonly Effect[]])[] = [
  [
    /^(?:get|mget|hget|hgetall|hmget|keys|scan|hscan|sscan|zscan|type|ttl|pttl|exists|strlen|llen|lrange|lindex|scard|smembers|sismember|zcard|zrange|zscore|hlen|hkeys|hvals|info|ping|dbsize|time|echo|xlen|xrange|memory|object|getrange)$/i,
    ['read'],
  ],
  [
    /^(?:set|mset|setex|setnx|hset|hmset|incr|incrby|decr|decrby|append|expire|persist|lpush|rpush|sadd|zadd|xadd|rename|publish|hincrby)$/i,
    ['create', 'update'],
  ],
  [
    /^(?:del|unlink|hdel|srem|zrem|lrem|lpop|rpop|spop|ltrim|flushdb|flushall|getdel|xdel|xtrim)$/i,
    ['update', 'delete'],
  ],
];

const redis: Runner = (call, shell) => {
  const parsed = parseOptions(REDIS, call.args);
  doubts(parsed, call, shell);
  refuses(REDIS, parsed, call, shell);
  const hosts = valuesOf(parsed, '-h');
  for (const host of hosts) if (host.value !== undefined) shell.findings.touch('host', host.value);
  // Without a host it is this machine.
  effects(
    ['network'],
    call,
    shell,
    hosts.every(({ value }) => value !== undefined && isLocalHost(value)) && !has(parsed, '-u'),
  );
  const command = parsed.operands[0]?.value;
  const does = command === undefined ? undefined : REDIS_COMMANDS.find(([name]) => name.test(command))?.[1];
  if (does === undefined) shell.findings.unknown(call.line);
  else effects(does, call, shell);
};

const PG_DUMP: Tool = {
  does: [],
  others: 'harmless',
  values: '-h -p -U -d -n -t --host --port --username --dbname --schema --table',
  writes: '-f --file',
};

const MYSQLDUMP: Tool = {
  does: [],
  others: 'harmless',
  flags: '-d -n -t',
  values: '-h -u -P --host --port --user',
  optional: '-p --password',
  writes: '-r --result-file -T --tab --log-error',
  adds: { delete: '--delete-master-logs --delete-source-logs', update: '-F --flush-logs' },
  runs: '--defaults-file --defaults-extra-file --plugin-dir --init-command',
};

/** Where each command of a dump goes is its output, which is a copy of everything. */
const dump: Runner = (call, shell) => {
  const tool = call.name === 'mysqldump' ? MYSQLDUMP : PG_DUMP;
  const parsed = parseOptions(tool, call.args);
  refuses(tool, parsed, call, shell);
  if (parsed.unsure.length > 0) shell.findings.unknown(call.line);
  effects(['read'], call, shell);
  for (const effect of ['update', 'delete'] as const)
    if (has(parsed, tool.adds?.[effect] ?? '')) effects([effect], call, shell);
  for (const file of valuesOf(parsed, tool.writes ?? '')) {
    effects(['update'], call, shell);
    shell.writeFile(file, call.line);
  }
  const hosts = valuesOf(parsed, '-h --host');
  effects(
    ['network'],
    call,
    shell,
    hosts.length > 0 &&
      hosts.every(({ value }) => value !== undefined && isLocalHost(value)) &&
      !databases(parsed).some(mayNameHost),
  );
};

const DD_HARMLESS = /^(?:bs|ibs|obs|cbs|count|skip|seek|iseek|oseek|status|conv|iflag|oflag)=/;

/** `dd` writes what `of=` names, a disk as readily as a file. */
const dd: Runner = (call, shell) => {
  effects(['read'], call, shell);
  for (const arg of call.args) {
    const part = {
      ...arg,
      value: arg.value?.slice(3),
      prefix: arg.prefix.slice(3),
      patterns: arg.patterns?.map((each) => each.slice(3)),
    };
    if (arg.prefix.startsWith('if=')) shell.readFile(part, call.line);
    else if (arg.prefix.startsWith('of=')) {
      effects(['update'], call, shell);
      if (part.value !== '/dev/null') shell.writeFile(part, call.line);
    } else if (!DD_HARMLESS.test(arg.prefix)) shell.findings.unknown(`${excerpt(arg.text)}: ${call.line}`);
    if (arg.becomes === 'free') shell.findings.unknown(call.line);
  }
};

const TAR: Tool = {
  does: [],
  flags:
    '-c -x -t -r -u -d -A -v -z -j -J -Z -a -p -P -k -m -o -O -S -h -l -w -n -U -B --create --extract --get --list --append --update --diff --compare --verbose --gzip --bzip2 --xz --zstd --lzma --auto-compress --preserve-permissions --same-permissions --keep-old-files --overwrite --absolute-names --no-same-owner --no-same-permissions --same-owner --touch --to-stdout --dereference --numeric-owner --one-file-system --wildcards --totals --ignore-failed-read --skip-old-files --exclude-vcs --no-recursion --unlink-first',
  optional: '--one-top-level',
  values: '-b --exclude --strip-components --format --owner --group --mode --mtime --sort --level',
  reads: '-X --exclude-from -K',
  adds: { delete: '--delete --remove-files --recursive-unlink' },
  // A list of files may have options in it; `-W` names any option for one tar and `-H` takes no value for it.
  runs: '-T --files-from -W -H -I --use-compress-program --to-command --checkpoint --checkpoint-action -F --info-script --new-volume-script --rsh-command --rmt-command -g --listed-incremental -M --multi-volume -L --index-file --transform --xform --warning -V --force-local --volno-file --suffix --backup -s',
};

const tar: Runner = (call, shell) => {
  const { findings } = shell;
  const tool: Tool = { ...TAR, values: `${TAR.values} -f --file -C --directory` };
  const parsed = parseOptions(tool, oldStyle(call.args));
  doubts(parsed, call, shell);
  refuses(tool, parsed, call, shell);
  if (has(parsed, TAR.adds?.delete ?? '')) effects(['delete'], call, shell);
  for (const file of valuesOf(parsed, TAR.reads ?? '')) shell.readFile(file, call.line);
  const archives = valuesOf(parsed, '-f --file');
  // `host:file` is reached by a remote shell.
  if (archives.some((arg) => /^[^/]*:/.test(arg.prefix) || (arg.value === undefined && arg.prefix === '')))
    findings.unknown(`archive: ${call.line}`);
  const directories = valuesOf(parsed, '-C --directory --one-top-level');
  const plain = archives.filter(({ value }) => value !== '-');
  const isExtract = has(parsed, '-x --extract --get');
  const isList = has(parsed, '-t --list -d --diff --compare');
  const isCreate = has(parsed, '-c --create -r --append -u --update -A --delete');
  effects(['read'], call, shell);
  if (!isExtract && !isList && !isCreate) findings.unknown(call.line);
  if (isExtract && !has(parsed, '-O --to-stdout')) {
    effects(['create', 'update'], call, shell);
    shell.writeFile(literal('.'), call.line);
    for (const directory of directories) shell.writeFile(directory, call.line);
    if (has(parsed, '-P --absolute-names')) effects(['execute', 'grant'], call, shell);
  }
  if (isCreate) {
    for (const arg of [...parsed.operands, ...directories]) shell.readFile(arg, call.line);
    if (plain.length > 0) effects(['create', 'update'], call, shell);
    for (const archive of plain) shell.writeFile(archive, call.line);
  } else for (const archive of plain) shell.readFile(archive, call.line);
};

/** `tar xzf a` is `tar -xz -f a`: letters that take a word take the next ones in their order. */
function oldStyle(args: readonly Arg[]): readonly Arg[] {
  const [first, ...rest] = args;
  const letters = first?.value;
  if (letters === undefined || !/^[A-Za-z]+$/.test(letters)) return args;
  const plain = letters.replaceAll(/[fCbTXIFKVLgHs]/g, '');
  const taking: readonly string[] = letters.match(/[fCbTXIFKVLgHs]/g) ?? [];
  const words = taking.flatMap((letter, at) => [literal(`-${letter}`), ...rest.slice(at, at + 1)]);
  return [...(plain === '' ? [] : [literal(`-${plain}`)]), ...words, ...rest.slice(taking.length)];
}

export const DATA_RUNNERS: readonly (readonly [string, Runner])[] = [
  ['psql', client(PSQL)],
  ['mysql', client(MYSQL)],
  ['mariadb', client(MYSQL)],
  ['sqlite3', client(SQLITE)],
  ['redis-cli', redis],
  ['pg_dump', dump],
  ['mysqldump', dump],
  ['dd', dd],
  ['tar', tar],
  ['gtar', tar],
  ['bsdtar', tar],
];
