import { excerpt } from '../../classification.ts';
import { effects, writesInto } from '../apply.ts';
import { hostOf, isLocalHost, isLocalUrl } from '../hosts.ts';
import { parseOptions, type Parsed } from '../options.ts';
import type { Call, Runner, Shell, Tool } from '../tool.ts';
import { after, literal, type Arg } from '../words.ts';
import { doubts, has, refuses, valuesOf } from './arguments.ts';
import { joined } from './wrappers.ts';

const CURL: Tool = {
  does: [],
  flags:
    '-s -S -f -L -k -i -I -v -g -G -O -J -N -q -R -# -0 -1 -2 -4 -6 -a --silent --show-error --fail --fail-with-body --location --insecure --include --head --verbose --globoff --get --remote-name --remote-name-all --remote-header-name --no-buffer --compressed --http1.1 --http2 --http3 --ipv4 --ipv6 --no-progress-meter --progress-bar --create-dirs --retry-all-errors --retry-connrefused --tlsv1.2 --tlsv1.3 --ssl-reqd --parallel --styled-output --no-keepalive --raw --remove-on-error --anyauth --basic --digest --no-location',
  values:
    '-A -e -m -r -w -y -Y -z -C --user-agent --referer --max-time --connect-timeout --retry --retry-delay --retry-max-time --write-out --range --limit-rate --max-redirs --proto --proto-redir --continue-at --max-filesize --interface --request --request-target -X --oauth2-bearer -u --user --url -H --header -b --cookie -d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form --form-string -T --upload-file --speed-limit --speed-time --keepalive-time',
  reads: '--cacert --cert --key -E --capath --netrc-file',
  writes:
    '-o --output -D --dump-header -c --cookie-jar --output-dir --trace --trace-ascii --stderr --etag-save',
  runs: '-K --config -x --proxy --proxy1.0 --preproxy --socks4 --socks4a --socks5 --socks5-hostname --unix-socket --abstract-unix-socket --resolve --connect-to --dns-servers --doh-url -Q --quote --engine --libcurl -n --netrc --netrc-optional --variable --expand-url --next -: --noproxy -t --telnet-option -P --ftp-port --mail-from --mail-rcpt --ca-native --aws-sigv4 --delegation --location-trusted',
};

const DATA =
  '-d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form --form-string';

/** What a request method does on the other side. */
function method(name: Arg, call: Call, shell: Shell): void {
  const value = name.value?.toUpperCase();
  if (value === 'GET' || value === 'HEAD' || value === 'OPTIONS') return;
  if (value === 'DELETE') effects(['delete', 'network'], call, shell, true);
  else if (value === 'POST' || value === 'PUT' || value === 'PATCH')
    effects(['update', 'export'], call, shell);
  else shell.findings.unknown(`method ${excerpt(name.text)}: ${call.line}`);
}

const curl: Runner = (call, shell) => {
  const { findings } = shell;
  const parsed = parseOptions(CURL, call.args);
  doubts(parsed, call, shell);
  refuses(CURL, parsed, call, shell);
  files(CURL, parsed, call, shell);
  effects(['read'], call, shell);
  for (const name of valuesOf(parsed, '-X --request')) method(name, call, shell);
  const sends = [...valuesOf(parsed, DATA), ...valuesOf(parsed, '-T --upload-file')];
  if (sends.length > 0) effects(has(parsed, '-G --get') ? ['export'] : ['update', 'export'], call, shell);
  for (const sent of valuesOf(parsed, DATA)) sentFile(sent, call, shell);
  for (const file of valuesOf(parsed, '-T --upload-file'))
    if (file.value !== '-' && file.value !== '.') {
      shell.readFile(file, call.line);
      pieces(file, call, shell);
    }
  for (const header of valuesOf(
    parsed,
    '-H --header -b --cookie -u --user -A --user-agent -e --referer --oauth2-bearer',
  )) {
    if (header.prefix.startsWith('@')) sentFile(header, call, shell);
    else if (has(parsed, '-b --cookie') && !header.text.includes('=')) shell.mention(header, call.line);
    // Whatever expands here leaves with the request.
    if (header.value === undefined) findings.effect('export', call.line);
  }
  if (has(parsed, '-O --remote-name --remote-name-all -J --remote-header-name'))
    named(parsed.operands, call, shell);
  for (const text of valuesOf(parsed, '-w --write-out'))
    if (text.prefix.startsWith('@')) shell.readFile(after(text, 1), call.line);
    else if (text.value === undefined || text.value.includes('%output')) findings.unknown(call.line);
  // `#1` is what braces in the address stand for.
  for (const file of valuesOf(parsed, CURL.writes ?? ''))
    if (/#\d/.test(file.prefix)) findings.unknown(`writes ${excerpt(file.text)}: ${call.line}`);
  urls([...parsed.operands, ...valuesOf(parsed, '--url')], has(parsed, '-L --location'), call, shell);
};

/** `@file` and `name=@file` send a file. */
function sentFile(sent: Arg, call: Call, shell: Shell): void {
  shell.findings.effect('export', call.line);
  const mark = /^[^@=]*=?[@<]/.exec(sent.prefix);
  if (mark && sent.prefix !== '@-') shell.readFile(after(sent, mark[0].length), call.line);
  else shell.mention(sent, call.line);
  pieces(sent, call, shell);
}

/** Forms and braces name several files in one word: `f=@"a";headers=@b`, `{a,b}`. */
function pieces(word: Arg, call: Call, shell: Shell): void {
  const parts = word.prefix.split(/[;,=@<"{}]+/, 64);
  if (parts.length > 1) for (const part of parts) shell.mention(literal(part), call.line);
}

function files(tool: Tool, parsed: Parsed, call: Call, shell: Shell): void {
  for (const file of valuesOf(parsed, tool.reads ?? '')) shell.readFile(file, call.line);
  for (const file of valuesOf(parsed, tool.writes ?? '')) {
    if (file.value === '-' || file.value === '/dev/null') continue;
    effects(['update'], call, shell);
    shell.writeFile(file, call.line);
  }
}

/** Files are written here under the names that addresses end in. */
function named(addresses: readonly Arg[], call: Call, shell: Shell): void {
  effects(['create', 'update'], call, shell);
  shell.writeFile(literal('.'), call.line);
  for (const { value } of addresses) {
    const base = value?.split(/[?#]/, 1)[0]?.split('/').at(-1);
    if (base === undefined || base === '') continue;
    for (const each of [base, ...base.split(/[{},]+/, 64)]) shell.writeFile(literal(each), call.line);
  }
}

/** The addresses of a request: their scheme decides what is done, their host where. */
function urls(addresses: readonly Arg[], follows: boolean, call: Call, shell: Shell): void {
  const { findings } = shell;
  findings.effect('network', call.line);
  if (addresses.length === 0) findings.unknown(`no address: ${call.line}`);
  for (const address of addresses) {
    const text = address.value ?? address.prefix;
    const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
    const host = hostOf(text);
    if (host !== undefined && host !== '') findings.touch('host', host);
    if (address.value === undefined) {
      findings.effect('export', call.line).outward(call.line);
      if (scheme === undefined) findings.unknown(`an address that is not written out: ${call.line}`);
    }
    const isFile = /^file:/i.test(text);
    if (isFile) shell.readFile(after(address, 'file:'.length), call.line);
    // What is escaped or in braces is read as something else, even in the scheme.
    if (isFile ? /[%{}[\]]/.test(text) : /^[^/]*[{}]/.test(text))
      findings.unknown(`address ${excerpt(text)}: ${call.line}`);
    if (isFile) findings.effect('read', call.line);
    else if (scheme !== undefined && !/^(?:https?|ftps?)$/.test(scheme))
      findings.unknown(`address ${excerpt(text)}: ${call.line}`);
    if (follows || address.value === undefined || !isLocalUrl(address.value)) findings.outward(call.line);
  }
}

const WGET: Tool = {
  does: [],
  flags:
    '-q -v -nv -c -N -S -r -k -p -E -4 -6 -nc -np -nd -nH -x --quiet --verbose --no-verbose --continue --timestamping --server-response --recursive --no-check-certificate --no-clobber --no-parent --no-directories --content-disposition --spider --show-progress --mirror -m --https-only --no-cookies --no-host-directories --convert-links --page-requisites --no-proxy',
  values:
    '-t -T -w -l -A -R -U --tries --timeout --wait --level --accept --reject --user-agent --limit-rate --header --user --password --cut-dirs --max-redirect --waitretry --method --post-data --body-data --referer',
  optional: '--progress',
  reads:
    '-i --input-file --post-file --body-file --load-cookies --ca-certificate --certificate --private-key',
  writes: '-O --output-document -o --output-file -a --append-output -P --directory-prefix --save-cookies',
  runs: '-e --execute --config --use-askpass --no-config -b --background -Q',
};

const wget: Runner = (call, shell) => {
  // `-nv` and the like are two letters that mean one thing.
  const args = call.args.map((arg) =>
    /^-n[vcpdH]$/.test(arg.value ?? '') ? { ...arg, value: '-q', prefix: '-q' } : arg,
  );
  const parsed = parseOptions(WGET, args);
  doubts(parsed, call, shell);
  refuses(WGET, parsed, call, shell);
  files(WGET, parsed, call, shell);
  effects(['read'], call, shell);
  const toOutput = valuesOf(parsed, '-O --output-document').some(
    ({ value }) => value === '-' || value === '/dev/null',
  );
  if (!toOutput && !has(parsed, '--spider')) named(parsed.operands, call, shell);
  if (has(parsed, '--post-data --post-file --body-data --body-file'))
    effects(['update', 'export'], call, shell);
  for (const name of valuesOf(parsed, '--method')) method(name, call, shell);
  for (const sent of valuesOf(parsed, '--header --user-agent -U --referer --post-data --body-data')) {
    shell.mention(sent, call.line);
    if (sent.value === undefined) effects(['export'], call, shell);
  }
  // It follows redirections of its own accord.
  if (parsed.operands.length > 0 || !has(parsed, '-i --input-file')) urls(parsed.operands, true, call, shell);
  else effects(['network'], call, shell);
};

const SSH: Tool = {
  does: [],
  stops: true,
  flags: '-4 -6 -a -C -f -G -g -k -K -M -N -n -q -s -T -t -V -v -x -y',
  values: '-b -c -e -i -J -l -m -O -p -Q -B',
  addsValue: { grant: '-L -R -D -W -w' },
  adds: { grant: '-A -X -Y' },
  runs: '-F -E -I -S -P',
};

/** Settings that name no command and no file but the list of known hosts. */
const SSH_SETTING =
  /^(?:StrictHostKeyChecking|ConnectTimeout|ConnectionAttempts|BatchMode|ServerAlive(?:Interval|CountMax)|LogLevel|User|Port|HostName|Compression|TCPKeepAlive|PasswordAuthentication|PubkeyAuthentication|IdentitiesOnly|AddressFamily|RequestTTY|PreferredAuthentications|UserKnownHostsFile|GlobalKnownHostsFile)[= ][\w./@:,+-]*$/i;

function settings(values: readonly Arg[], call: Call, shell: Shell): void {
  for (const { value, text } of values) {
    if (value === undefined || !SSH_SETTING.test(value)) {
      shell.findings.unknown(`setting ${excerpt(text)}: ${call.line}`);
      continue;
    }
    const [name = '', set = ''] = value.split(/[= ]/, 2);
    if (/^hostname$/i.test(name)) reaches(literal(set), call, shell);
    // New hosts are written there.
    if (/file$/i.test(name) && set !== '/dev/null') {
      effects(['update'], call, shell);
      shell.writeFile(literal(set), call.line);
    }
  }
}

function reaches(target: Arg | undefined, call: Call, shell: Shell): void {
  const host = target === undefined ? undefined : hostOf(target.value ?? target.prefix);
  if (host !== undefined && host !== '') shell.findings.touch('host', host);
  shell.findings.effect('network', call.line);
  if (
    target?.value === undefined ||
    host === undefined ||
    !isLocalHost(target.value.replace(/^[\w.-]+@/, ''))
  )
    shell.findings.outward(call.line);
}

/** `ssh`: its words are a script for the other machine, and what comes in is sent there. */
const ssh: Runner = (call, shell) => {
  const tool: Tool = { ...SSH, values: `${SSH.values} -o` };
  let words = call.args;
  const operands: Arg[] = [];
  // Options may also follow the host.
  for (let round = 0; round < 2; round++) {
    const parsed = parseOptions(tool, words);
    doubts(parsed, call, shell);
    refuses(tool, parsed, call, shell);
    settings(valuesOf(parsed, '-o'), call, shell);
    for (const jump of valuesOf(parsed, '-J')) reaches(jump, call, shell);
    if (has(parsed, '-L -R -D -W -w -A -X -Y')) effects(['grant'], call, shell);
    const [first, ...rest] = parsed.operands;
    if (first === undefined) break;
    if (round === 0) {
      operands.push(first);
      words = rest;
    } else operands.push(...parsed.operands);
  }
  const [host, ...command] = operands;
  effects(['execute'], call, shell);
  reaches(host, call, shell);
  if (call.stdin.kind !== 'inherited') effects(['export'], call, shell);
  if (command.length > 0) joined(command, call, shell);
  else if (call.stdin.kind === 'text') shell.script(call.stdin.text, 'sh', call.line);
  else if (call.stdin.kind === 'opaque')
    shell.findings.unknown(`runs whatever comes in on another machine: ${call.line}`);
};

const SCP: Tool = {
  does: [],
  flags: '-3 -4 -6 -A -B -C -O -p -q -R -r -s -T -v',
  values: '-c -i -J -l -o -P -X',
  runs: '-D -F -S',
};
const RSYNC: Tool = {
  does: [],
  flags:
    '-a -v -r -l -p -t -g -o -D -H -A -X -z -n -u -c -h -i -P -q -x -W -R -L -k -K -S -O -J -d -m -0 -b -y --archive --verbose --recursive --links --perms --times --group --owner --devices --specials --compress --dry-run --update --checksum --human-readable --itemize-changes --partial --progress --stats --quiet --inplace --append --append-verify --ignore-existing --existing --size-only --relative --hard-links --acls --xattrs --no-perms --no-owner --no-group --no-times --numeric-ids --copy-links --safe-links --sparse --whole-file --delay-updates --prune-empty-dirs --mkpath --omit-dir-times --backup --one-file-system --executability',
  values:
    '-B --exclude --include --filter -f --bwlimit --timeout --max-size --min-size --port --info --out-format --suffix --contimeout --modify-window',
  reads: '--exclude-from --include-from --files-from --password-file --compare-dest --link-dest --copy-dest',
  writes: '--backup-dir --log-file --partial-dir --temp-dir -T',
  addsValue: { grant: '--chmod --chown --usermap --groupmap' },
  adds: {
    delete:
      '--delete --del --delete-before --delete-during --delete-delay --delete-after --delete-excluded --remove-source-files --force --delete-missing-args',
  },
  runs: '-e --rsh --rsync-path -M --remote-option --daemon --config --sockopts -s --protect-args --early-input --write-batch --read-batch --only-write-batch -E',
};

/** `scp` and `rsync`: a place with a colon is on another machine. */
function copies(tool: Tool): Runner {
  return (call, shell) => {
    const { findings } = shell;
    const parsed = parseOptions(tool, call.args);
    doubts(parsed, call, shell);
    refuses(tool, parsed, call, shell);
    if (call.name === 'scp') {
      settings(valuesOf(parsed, '-o'), call, shell);
      for (const jump of valuesOf(parsed, '-J')) reaches(jump, call, shell);
    }
    if (has(parsed, tool.addsValue?.grant ?? '')) effects(['grant'], call, shell);
    files(tool, parsed, call, shell);
    effects(['read', 'create', 'update'], call, shell);
    if (parsed.options.some(({ name }) => ` ${tool.adds?.delete ?? ''} `.includes(` ${name} `)))
      effects(['delete'], call, shell);
    const remote = parsed.operands.filter(isRemote);
    for (const place of remote) reaches(place, call, shell);
    const target = parsed.operands.at(-1);
    for (const place of parsed.operands) {
      if (isRemote(place)) {
        if (place === target) effects(['export'], call, shell);
      } else if (place === target) {
        shell.writeFile(place, call.line);
        for (const source of parsed.operands) if (source !== place) writesInto(place, source, call, shell);
      } else shell.readFile(place, call.line);
    }
    if (
      target === undefined ||
      parsed.operands.some((place) => place.value === undefined && place.prefix === '')
    )
      findings.unknown(call.line);
  };
}

function isRemote(place: Arg): boolean {
  return /^[^/]*:/.test(place.prefix);
}

const sftp: Runner = (call, shell) => {
  effects(['read', 'create', 'update', 'delete', 'export'], call, shell);
  reaches(
    call.args.find((arg) => !arg.prefix.startsWith('-')),
    call,
    shell,
  );
  // Its own commands can run others here: `!rm x`.
  const isAsked = call.stdin.kind !== 'inherited';
  if (isAsked || call.args.some((arg) => arg.prefix.startsWith('-') || arg.value === undefined))
    shell.findings.unknown(call.line);
};

export const TRANSFER_RUNNERS: readonly (readonly [string, Runner])[] = [
  ['curl', curl],
  ['wget', wget],
  ['ssh', ssh],
  ['scp', copies(SCP)],
  ['rsync', copies(RSYNC)],
  ['sftp', sftp],
];
