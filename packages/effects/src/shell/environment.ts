/**
 * Variables that change what is run, what is read or where it goes. INVARIANT: what is judged harmless here is a list;
 * for a variable that other programs see, whatever is not listed is not understood.
 */

/** Harmless even for the programs that see them. */
const HARMLESS = new RegExp(
  `^(?:${[
    'LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|COLORTERM|COLUMNS|LINES|CI|DEBUG|VERBOSE|LOG_LEVEL|RUST_LOG|RUST_BACKTRACE',
    'NO_COLOR|FORCE_COLOR|CLICOLOR|NODE_ENV|RAILS_ENV|RACK_ENV|APP_ENV|ENVIRONMENT|ENV_NAME|PORT|HOST|SEED',
    'AWS_REGION|AWS_DEFAULT_REGION|AWS_DEFAULT_OUTPUT|AWS_PROFILE|CLOUDSDK_CORE_PROJECT|TF_LOG|TF_IN_AUTOMATION',
    'TF_INPUT|TF_WORKSPACE|HELM_NAMESPACE|DEBIAN_FRONTEND|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|CGO_ENABLED',
    'GOOS|GOARCH|GIT_AUTHOR_NAME|GIT_AUTHOR_EMAIL|GIT_AUTHOR_DATE|GIT_COMMITTER_NAME|GIT_COMMITTER_EMAIL',
    'GIT_COMMITTER_DATE|GIT_TERMINAL_PROMPT|PGHOST|PGPORT|PGUSER|PGDATABASE|PGCONNECT_TIMEOUT',
  ].join('|')})$`,
);

/** Read by the shell itself or by many programs, whatever their letter case: never harmless. */
const DANGEROUS = new RegExp(
  `^(?:${[
    'PATH|IFS|ENV|BASH_.*|BASHOPTS|SHELLOPTS|SHELL|CDPATH|GLOBIGNORE|HOME|PWD|OLDPWD|PS[0-4]|PROMPT_.*|HIST.*|FCEDIT',
    // Integers for the shell: what they are given is evaluated.
    'RANDOM|SRANDOM|SECONDS|LINENO|EPOCH.*',
    'POSIXLY_CORRECT|EXECIGNORE|FIGNORE|FPATH|FUNCNEST|INPUTRC|MAIL.*|OPTIND|OPTARG|REPLY_.*|TMPDIR|TMP|TEMP',
    'LD_.*|DYLD_.*|GLIBC_.*|GCONV_PATH|LOCPATH|NLSPATH|MALLOC_.*|GIT_.*|SSH_.*|GPG_.*|SUDO_.*|TEXTDOMAIN.*',
    '.*PAGER|.*EDITOR|VISUAL|BROWSER|LESS.*|MAN.*|MORE|MOST|.*_ASKPASS|ASKPASS|.*_COMMAND|.*_CMD|.*_RSH|.*_SHELL',
    'PYTHON.*|PERL.*|RUBY.*|NODE_.*|NPM_.*|YARN_.*|PNPM_.*|BUN_.*|DENO_.*|JAVA.*|_JAVA.*|JDK_.*|CLASSPATH|MAVEN_.*',
    'GRADLE_.*|GO.*|CARGO.*|RUST.*|PIP_.*|UV_.*|POETRY_.*|CONDA_.*|VIRTUAL_ENV|GEM_.*|BUNDLE_.*|LUA_.*|PHP.*|R_.*',
    'TCL.*|ERL_.*|CC|CXX|CPP|LD|AR|AS|MAKE.*|CMAKE_.*|CFLAGS|CXXFLAGS|LDFLAGS|CPPFLAGS|PKG_CONFIG.*|CONFIG_.*',
    'KUBE.*|HELM_.*|DOCKER_.*|BUILDKIT.*|COMPOSE_.*|AWS_.*|GOOGLE_.*|CLOUDSDK_.*|AZURE_.*|ARM_.*|TF_.*|VAULT_.*',
    'PG.*|PSQL.*|MYSQL.*|SQLITE.*|REDIS.*|MONGO.*|CURL_.*|WGET.*|SSL.*|.*_PROXY|PROXY|REQUESTS_.*|XDG_.*|ZDOTDIR',
    'TAR_.*|GREP_.*|RIPGREP_.*|FZF_.*|BAT_.*|JQ_.*|GZIP|BZIP2?|XZ_.*|ZSTD_.*|ZIPOPT|UNZIP|RSYNC_.*|CVS.*|SVN_.*|HG.*',
    'TERMINFO.*|TERMCAP|DISPLAY|XAUTHORITY|WAYLAND_.*|DBUS_.*|SYSTEMD_.*|NOTIFY_SOCKET|LOGNAME|USER|EMAIL|HOSTALIASES',
    'RES_OPTIONS|LOCALDOMAIN|RESOLV_.*|OPENSSL_.*|GNUPGHOME|PASSWORD_STORE_.*|ANSIBLE_.*|GH_.*|GITHUB_.*|GITLAB_.*',
  ].join('|')})$`,
  'i',
);

const NAME = /^[A-Za-z_]\w*$/;

/**
 * Names that tell of a credential. The environment of a session often holds some, and whatever expands one hands it on.
 */
const CREDENTIAL =
  /PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|SECRET(?!_(?:NAME|ARN|ID)$)|TOKEN(?:_|$)|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|[A-Z]_KEY$|_(?:PWD|PAT|AUTH|DSN)$|DATABASE_URL|CONNECTION_STRING/;

export function isCredentialVariable(name: string): boolean {
  return CREDENTIAL.test(name);
}

/** Commands whose words that look like assignments are some; one that only names a variable gives it nothing. */
export const DECLARES: ReadonlySet<string> = new Set(['export', 'readonly', 'declare', 'typeset', 'local']);

/** The shell itself changes them from one command to the next. */
const CHANGING = new Set(['_', 'DIRSTACK', 'FUNCNAME', 'PIPESTATUS', 'GROUPS', 'LINENO', 'OPTARG']);

export function isChangingVariable(name: string): boolean {
  return CHANGING.has(name);
}

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Whether giving this variable a value can do nothing but hold it. */
export function isHarmlessVariable(name: string, exported: boolean): boolean {
  if (HARMLESS.test(name)) return true;
  // Few programs look for names in lower case, and those few are in the second list.
  return NAME.test(name) && !DANGEROUS.test(name) && (!exported || !/[A-Z]/.test(name));
}
