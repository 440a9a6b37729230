import type { Effect } from '@countersign/core';

/** Runs of path segments in lower case, at most one `*` in each, which stands for any characters. */
type Places = readonly string[];

/** Files and directories whose content is a secret. */
const SECRET: Places = [
  '.ssh',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
  'ssh_host_*',
  '*.pem',
  '*.key',
  '*.p8',
  '*.p12',
  '*.pfx',
  '*.jks',
  '*.keystore',
  '*.keytab',
  '*.ppk',
  '*.kdbx',
  '*.ovpn',
  '*.asc',
  '.gnupg',
  '.password-store',
  '.env',
  '.env.*',
  '*.env',
  '.envrc',
  '.aws',
  '.azure',
  '.config/gcloud',
  '.config/gh',
  '.config/op',
  '.config/sops',
  'application_default_credentials.json',
  'service-account*.json',
  '.kube',
  'kubeconfig',
  '*.kubeconfig',
  'etc/kubernetes',
  'serviceaccount/token',
  'run/secrets',
  '.docker/config.json',
  '.dockercfg',
  '.netrc',
  '_netrc',
  '.pgpass',
  '.my.cnf',
  '.mylogin.cnf',
  '.git-credentials',
  '.git/config',
  '.npmrc',
  '.yarnrc.yml',
  '.pypirc',
  '.gem/credentials',
  '.cargo/credentials*',
  '.m2/settings*',
  '.vault-token',
  '.terraformrc',
  '.terraform.d',
  '*.tfstate',
  '*.tfstate.backup',
  '*.tfvars',
  '.htpasswd',
  'credentials',
  'credentials.*',
  'secret',
  'secret.*',
  'secrets',
  'secrets.*',
  'token',
  'tokens',
  'tokens.*',
  'token.*',
  '*_token',
  '*.token',
  'master.key',
  'wallet.dat',
  'etc/shadow*',
  'etc/gshadow*',
  'etc/master.passwd',
  'etc/sudoers*',
  'etc/ssl/private',
  'proc/*/environ',
  'proc/*/mem',
  'proc/*/maps',
  'proc/*/cmdline',
  'proc/kcore',
  'dev/mem',
  'dev/kmem',
  'dev/sd*',
  'dev/nvme*',
  'dev/vd*',
  'dev/disk',
  'dev/mapper',
  '*_history',
  'cookies',
  'cookies.sqlite',
  'login data',
  'key4.db',
  'logins.json',
  'library/keychains',
  'windows/system32/config',
  'appdata/*/microsoft/credentials',
  'ntds.dit',
];

/** Names that a row above fits although they are published. */
const PUBLIC: Places = ['.env.example', '.env.sample', '.env.template', '.env.dist', '*.pub'];

/** What a change to a place does besides: these are read as commands, or name commands, or say who may do what. */
const CHANGED: readonly (readonly [Effect, Places])[] = [
  [
    'execute',
    [
      '.bashrc',
      '.bash_*',
      '.profile',
      '.zshrc',
      '.zshenv',
      '.zprofile',
      '.zlogin',
      '.config/fish',
      '.config/autostart',
      '.config/systemd',
      '.local/bin',
      '.git',
      '.gitconfig',
      '.gitattributes',
      '.gitmodules',
      '.husky',
      '.githooks',
      '.envrc',
      '.npmrc',
      '.vimrc',
      '.emacs*',
      '.github/workflows',
      '.github/actions',
      '.gitlab-ci.yml',
      '.circleci',
      'jenkinsfile',
      '.vscode',
      '.idea',
      '.devcontainer',
      '.claude',
      '.cursor',
      '.mcp.json',
      '.kube/config',
      'etc/cron*',
      'spool/cron',
      'etc/profile*',
      'etc/ld.so*',
      'etc/init*',
      'etc/systemd',
      'systemd/system',
      'systemd/user',
      'launchagents',
      'launchdaemons',
      'start menu',
      'windows/system32',
      'node_modules',
      'site-packages',
    ],
  ],
  [
    'grant',
    [
      'authorized_keys*',
      '.ssh',
      'etc/ssh',
      'etc/passwd*',
      'etc/shadow*',
      'etc/group*',
      'etc/sudoers*',
      'etc/pam*',
      'codeowners',
    ],
  ],
];

/** Links of the kernel that lead to wherever a running program has been. */
const PROCESS_LINKS: ReadonlySet<string> = new Set([
  'root',
  'cwd',
  'fd',
  'fdinfo',
  'exe',
  'map_files',
  'task',
]);
const DEVICE_LINKS: ReadonlySet<string> = new Set(['fd', 'stdin', 'stdout', 'stderr', 'tcp', 'udp']);

/** Whether these segments name a known secret file or lie in a known secret directory. */
export function isSecretPlace(segments: readonly string[]): boolean {
  const names = segments.map(looselySpelled);
  const last = names.at(-1) ?? '';
  return isAt(PUBLIC.some((each) => fits(each, last)) ? names.slice(0, -1) : names, SECRET);
}

/** What a change there does besides changing a file. */
export function effectsOfChanging(segments: readonly string[]): readonly Effect[] {
  const names = segments.map(looselySpelled);
  return CHANGED.filter(([, places]) => isAt(names, places)).map(([effect]) => effect);
}

/** Whether these segments of an absolute path go through a link that means another file for each program. */
export function isMagicLink(segments: readonly string[]): boolean {
  const [first, second = '', ...rest] = segments.map(looselySpelled);
  if (first === 'dev') return DEVICE_LINKS.has(second);
  return first === 'proc' && rest.some((segment) => PROCESS_LINKS.has(segment));
}

/** A name as the most lenient file system would compare it. */
function looselySpelled(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

function isAt(names: readonly string[], places: Places): boolean {
  return places.some((place) => {
    const run = place.split('/');
    return names.some((_, at) => run.every((pattern, index) => fits(pattern, names[at + index])));
  });
}

function fits(pattern: string, name: string | undefined): boolean {
  if (name === undefined) return false;
  const star = pattern.indexOf('*');
  if (star < 0) return name === pattern;
  return (
    name.length >= pattern.length - 1 &&
    name.startsWith(pattern.slice(0, star)) &&
    name.endsWith(pattern.slice(star + 1))
  );
}
