import type { Effect } from '@countersign/core';
import type { Table, Tool } from '../tool.ts';

const READ: Tool = { does: ['read'], others: 'harmless' };
const ASKS: Tool = { does: ['read', 'network'], others: 'harmless' };
/** Whatever it fetches may run code of its own while it is put in place. */
const INSTALLS: readonly Effect[] = ['create', 'update', 'execute', 'network'];
const ADDS: Tool = { does: INSTALLS, others: 'harmless' };
const RUNS: Tool = { does: ['execute'], others: 'harmless' };
const REMOVES: Tool = { does: ['update', 'delete', 'execute'], others: 'harmless' };
const PUBLISHES: Tool = { does: ['read', 'execute', 'export', 'network'], others: 'harmless' };
const LOGIN: Tool = { does: ['update', 'secret', 'network'], others: 'harmless' };

/** Options before the subcommand that bring another configuration. */
const NODE_RUNS =
  '--userconfig --globalconfig --script-shell --node-options --prefix -C --cwd --git --editor --shell --onload-script --use-node-version';
const NODE_FLAGS =
  '-s --silent -q --quiet --loglevel=error --no-audit --no-fund -w --workspaces -r --recursive --json -v --version';

const NPM: Table = {
  ls: READ,
  list: READ,
  ll: READ,
  explain: READ,
  why: READ,
  root: READ,
  prefix: READ,
  bin: READ,
  version: { does: ['update', 'execute'], others: 'harmless' },
  view: ASKS,
  info: ASKS,
  show: ASKS,
  search: ASKS,
  outdated: ASKS,
  ping: ASKS,
  whoami: ASKS,
  audit: { does: ['read', 'network', 'update', 'execute'], others: 'harmless' },
  install: ADDS,
  i: ADDS,
  ci: { does: ['delete', ...INSTALLS], others: 'harmless' },
  add: ADDS,
  update: ADDS,
  up: ADDS,
  upgrade: ADDS,
  import: ADDS,
  dlx: ADDS,
  exec: ADDS,
  x: ADDS,
  create: ADDS,
  init: ADDS,
  link: ADDS,
  dedupe: ADDS,
  rebuild: RUNS,
  run: RUNS,
  'run-script': RUNS,
  test: RUNS,
  t: RUNS,
  start: RUNS,
  stop: RUNS,
  restart: RUNS,
  build: RUNS,
  pack: { does: ['read', 'create', 'execute'], others: 'harmless' },
  uninstall: REMOVES,
  remove: REMOVES,
  rm: REMOVES,
  prune: REMOVES,
  publish: PUBLISHES,
  unpublish: { does: ['delete', 'network'], others: 'harmless' },
  deprecate: { does: ['update', 'network'], others: 'harmless' },
  'dist-tag': { does: ['update', 'network'], others: 'harmless' },
  owner: { does: ['update', 'grant', 'network'], others: 'harmless' },
  access: { does: ['update', 'grant', 'network'], others: 'harmless' },
  token: { does: ['read', 'create', 'delete', 'grant', 'secret', 'network'], others: 'harmless' },
  login: LOGIN,
  adduser: LOGIN,
  logout: LOGIN,
  cache: { does: ['read', 'update', 'delete'], others: 'harmless' },
  fund: ASKS,
};

function node(more: Partial<Tool> = {}): Tool {
  return { does: [], flags: NODE_FLAGS, values: '--filter', runs: NODE_RUNS, subs: NPM, ...more };
}

/** Each of its subcommands keeps a log where it is told to. */
const PIP_READ: Tool = { ...READ, writes: '--log --log-file --local-log' };

const PIP: Tool = {
  does: [],
  flags: '-q --quiet -v --verbose --no-input --disable-pip-version-check --no-color',
  subs: {
    list: PIP_READ,
    show: PIP_READ,
    freeze: PIP_READ,
    check: PIP_READ,
    index: ASKS,
    search: ASKS,
    cache: { does: ['read', 'delete'], others: 'harmless' },
    install: ADDS,
    download: ADDS,
    wheel: ADDS,
    uninstall: REMOVES,
    sync: ADDS,
  },
};

/** Settings name programs and the files that are written. */
const APT_READ: Tool = { ...READ, runs: '-o --option -c --config-file' };

const APT: Tool = {
  does: [],
  flags: '-y --yes --assume-yes -q -qq --quiet --no-install-recommends -f --fix-broken',
  runs: '-o --option -c --config-file',
  subs: {
    list: APT_READ,
    search: APT_READ,
    show: APT_READ,
    policy: APT_READ,
    depends: APT_READ,
    update: { does: ['update', 'network'], others: 'harmless', runs: '-o --option -c --config-file' },
    install: { ...ADDS, runs: '-o --option -c --config-file' },
    reinstall: { ...ADDS, runs: '-o --option -c --config-file' },
    upgrade: { ...ADDS, runs: '-o --option -c --config-file' },
    'full-upgrade': {
      does: ['delete', ...INSTALLS],
      others: 'harmless',
      runs: '-o --option -c --config-file',
    },
    'dist-upgrade': {
      does: ['delete', ...INSTALLS],
      others: 'harmless',
      runs: '-o --option -c --config-file',
    },
    remove: { ...REMOVES, runs: '-o --option -c --config-file' },
    purge: { ...REMOVES, runs: '-o --option -c --config-file' },
    autoremove: { ...REMOVES, runs: '-o --option -c --config-file' },
    clean: { ...APT_READ, does: ['delete'] },
    autoclean: { ...APT_READ, does: ['delete'] },
  },
};

/** Another configuration may bring plugins. */
const RPM_READ: Tool = {
  ...ASKS,
  runs: '-c --config --setopt --installroot --enableplugin --root -p --keys-dir --repository -X --repofrompath',
};

const RPM_LIKE: Tool = {
  does: [],
  flags: '-y --assumeyes -q --quiet',
  subs: {
    list: RPM_READ,
    info: RPM_READ,
    search: RPM_READ,
    repolist: RPM_READ,
    'check-update': RPM_READ,
    install: ADDS,
    add: ADDS,
    update: ADDS,
    upgrade: ADDS,
    groupinstall: ADDS,
    remove: REMOVES,
    del: REMOVES,
    erase: REMOVES,
    autoremove: REMOVES,
    clean: { does: ['delete'], others: 'harmless' },
  },
};

/** Each of its subcommands takes settings that name programs. */
const CARGO_RUNS = '--config -Z -C';

/** Package managers and the tools that build and run a project's own code. */
export const PACKAGES: Table = {
  npm: node(),
  pnpm: node({ alone: INSTALLS }),
  yarn: node({ alone: INSTALLS }),
  bun: node(),
  npx: { does: ['create', 'execute', 'network'], others: 'harmless' },
  pnpx: { does: ['create', 'execute', 'network'], others: 'harmless' },
  bunx: { does: ['create', 'execute', 'network'], others: 'harmless' },
  uvx: { does: ['create', 'execute', 'network'], others: 'harmless' },
  pip: PIP,
  pip3: PIP,
  pipx: { does: [], subs: { list: READ, install: ADDS, run: ADDS, upgrade: ADDS, uninstall: REMOVES } },
  uv: {
    does: [],
    subs: {
      pip: PIP,
      sync: ADDS,
      add: ADDS,
      remove: REMOVES,
      lock: ADDS,
      run: ADDS,
      venv: { does: ['create'], others: 'harmless' },
      tree: READ,
      version: READ,
      build: RUNS,
      publish: PUBLISHES,
    },
  },
  poetry: {
    does: [],
    subs: {
      show: READ,
      check: READ,
      install: ADDS,
      add: ADDS,
      update: ADDS,
      lock: ADDS,
      remove: REMOVES,
      run: RUNS,
      build: RUNS,
      publish: PUBLISHES,
    },
  },
  cargo: {
    does: [],
    flags: '-q --quiet -v --verbose --locked --offline --frozen',
    runs: CARGO_RUNS,
    subs: {
      tree: { ...READ, runs: CARGO_RUNS },
      metadata: { ...ASKS, runs: CARGO_RUNS },
      search: { ...ASKS, runs: CARGO_RUNS },
      info: { ...ASKS, runs: CARGO_RUNS },
      fetch: { does: ['create', 'network'], others: 'harmless', runs: CARGO_RUNS },
      check: RUNS,
      c: RUNS,
      build: RUNS,
      b: RUNS,
      test: RUNS,
      t: RUNS,
      run: RUNS,
      r: RUNS,
      bench: RUNS,
      clippy: RUNS,
      doc: RUNS,
      fmt: { does: ['update'], others: 'harmless', runs: '--config --' },
      fix: RUNS,
      clean: { does: ['delete'], others: 'harmless' },
      add: ADDS,
      update: ADDS,
      install: ADDS,
      remove: REMOVES,
      uninstall: REMOVES,
      publish: PUBLISHES,
      yank: { does: ['update', 'delete', 'network'], others: 'harmless' },
      login: LOGIN,
      owner: { does: ['update', 'grant', 'network'], others: 'harmless' },
      new: { does: ['create'], others: 'harmless' },
      init: { does: ['create'], others: 'harmless' },
    },
  },
  go: {
    does: [],
    subs: {
      version: READ,
      // It keeps settings that name programs: `GOFLAGS=-toolexec=x`.
      env: {
        does: ['read'],
        adds: { update: '-w -u', execute: '-w' },
        oneDash: true,
        flags: '-json -changed',
      },
      list: { does: ['read', 'execute', 'network'], others: 'harmless' },
      doc: READ,
      build: RUNS,
      test: RUNS,
      run: { does: ['execute', 'network'], others: 'harmless' },
      vet: RUNS,
      generate: RUNS,
      fmt: { does: ['update'], others: 'harmless' },
      install: ADDS,
      get: ADDS,
      mod: { does: ['read', 'update', 'network'], others: 'harmless' },
      clean: { does: ['delete'], others: 'harmless' },
    },
  },
  gem: {
    does: [],
    subs: {
      list: READ,
      info: READ,
      search: ASKS,
      install: ADDS,
      update: ADDS,
      uninstall: REMOVES,
      build: RUNS,
      push: PUBLISHES,
      signin: LOGIN,
    },
  },
  bundle: {
    does: [],
    subs: {
      // A Gemfile is a program.
      list: { ...READ, does: ['read', 'execute'] },
      show: { ...READ, does: ['read', 'execute'] },
      outdated: { ...READ, does: ['read', 'execute', 'network'] },
      check: { ...READ, does: ['read', 'execute'] },
      install: ADDS,
      update: ADDS,
      add: ADDS,
      exec: RUNS,
      clean: REMOVES,
    },
  },
  composer: {
    does: [],
    subs: {
      show: READ,
      outdated: ASKS,
      validate: READ,
      install: ADDS,
      update: ADDS,
      require: ADDS,
      remove: REMOVES,
      'dump-autoload': RUNS,
    },
  },
  brew: {
    does: [],
    subs: {
      list: READ,
      info: ASKS,
      search: ASKS,
      outdated: READ,
      deps: READ,
      doctor: READ,
      config: READ,
      update: ADDS,
      install: ADDS,
      reinstall: ADDS,
      upgrade: ADDS,
      tap: ADDS,
      uninstall: REMOVES,
      remove: REMOVES,
      cleanup: { does: ['delete'], others: 'harmless' },
      services: { does: ['update', 'execute'], others: 'harmless' },
    },
  },
  apt: APT,
  'apt-get': APT,
  'apt-cache': {
    does: [],
    subs: { search: APT_READ, show: APT_READ, policy: APT_READ, depends: APT_READ, rdepends: APT_READ },
  },
  dpkg: {
    does: ['read'],
    flags: '-l -L -s -S --list --listfiles --status --search --print-architecture',
    runs: '-i --install --unpack --configure --pre-invoke --post-invoke --admindir --root',
    adds: { delete: '-r -P --remove --purge' },
  },
  yum: RPM_LIKE,
  dnf: RPM_LIKE,
  apk: RPM_LIKE,
  zypper: RPM_LIKE,
  // As whole words, because `-i` alone installs.
  rpm: {
    does: ['read'],
    oneDash: true,
    flags: '-q -qa -qi -ql -qf -qc -qd -qR -qai -qil -V -Va --query --all --info --list --file --last',
  },
  snap: {
    does: [],
    subs: { list: READ, info: ASKS, find: ASKS, install: ADDS, refresh: ADDS, remove: REMOVES },
  },
  make: RUNS,
  gmake: RUNS,
  ninja: RUNS,
  cmake: RUNS,
  mvn: { does: ['create', 'execute', 'network'], others: 'harmless' },
  gradle: { does: ['create', 'execute', 'network'], others: 'harmless' },
  pytest: RUNS,
  tox: { does: ['create', 'execute', 'network'], others: 'harmless' },
  jest: RUNS,
  vitest: RUNS,
  tsc: { does: ['read', 'create', 'update'], others: 'harmless' },
  eslint: RUNS,
  prettier: RUNS,
  oxlint: RUNS,
  black: { does: ['update'], others: 'harmless' },
  ruff: { does: ['read', 'update'], others: 'harmless' },
  mypy: RUNS,
};
