import type { Table, Tool } from '../tool.ts';

/** Looks something up for a host; what is asked for leaves with the question. */
const ASKS: Tool = { does: ['read', 'network'], others: 'harmless', operands: 'host' };

const PING: Tool = { ...ASKS, values: '-c -i -s -w -W' };

export const REMOTE: Table = {
  ping: PING,
  ping6: PING,
  traceroute: ASKS,
  tracepath: ASKS,
  mtr: ASKS,
  whois: ASKS,
  host: ASKS,
  nslookup: ASKS,
  dig: { does: ['read', 'network'], others: 'harmless', reads: '-f -k', operands: 'host' },
  telnet: { does: ['read', 'export', 'network'], others: 'harmless', operands: 'host' },
  nc: netcat(),
  ncat: { ...netcat(), runs: '-e -c --exec --sh-exec --lua-exec -o --output -x --hex-dump' },
  netcat: netcat(),
};

/** Listening opens a port; what is on standard input goes to the other side. */
function netcat(): Tool {
  return {
    does: ['read', 'export', 'network'],
    flags: '-4 -6 -d -D -h -n -N -r -S -t -u -v -z -k -C --udp --verbose --nodns',
    values: '-i -w -p -q -s',
    // With a value in some of the tools of this name only.
    optional: '-I -O -T -V -x -X -P',
    adds: { grant: '-l --listen', execute: '-e -c' },
    runs: '-e -c -U',
    operands: 'host',
  };
}

const READ: Tool = { does: ['read', 'network'], others: 'harmless' };
/** What is sent may be in a file, and the files that may be added are operands. */
const SENT: Omit<Tool, 'does'> = {
  others: 'harmless',
  operands: 'mentions',
  values: '--body --notes --env',
  reads: '-F --body-file --notes-file --env-file',
  addsValue: { export: '-F --body-file --notes-file' },
};
const CREATE: Tool = { does: ['create', 'network'], ...SENT };
const UPDATE: Tool = { does: ['update', 'network'], ...SENT };
const DOWNLOAD: Tool = {
  does: ['read', 'create', 'network'],
  others: 'harmless',
  writes: '-O --output -D --dir',
};
const DELETE: Tool = { does: ['delete', 'network'], others: 'harmless' };
const SECRET: Tool = { does: ['read', 'secret', 'network'], others: 'harmless' };
const SECRET_SET: Tool = { does: ['update', 'secret', 'network'], others: 'harmless' };

/** GitHub's and GitLab's command lines; `gh api` has a reader of its own. */
export const GH: Tool = {
  does: [],
  subs: {
    status: READ,
    search: { does: [], subs: { code: READ, issues: READ, prs: READ, repos: READ, commits: READ } },
    browse: READ,
    pr: {
      does: [],
      subs: {
        list: READ,
        view: READ,
        diff: READ,
        checks: READ,
        status: READ,
        create: { ...SENT, does: ['create', 'export', 'network'] },
        comment: CREATE,
        review: UPDATE,
        edit: UPDATE,
        ready: UPDATE,
        checkout: UPDATE,
        close: { ...UPDATE, adds: { delete: '-d --delete-branch' } },
        reopen: UPDATE,
        merge: { ...UPDATE, adds: { grant: '--admin', delete: '-d --delete-branch' } },
        lock: UPDATE,
      },
    },
    issue: {
      does: [],
      subs: {
        list: READ,
        view: READ,
        status: READ,
        create: CREATE,
        comment: CREATE,
        edit: UPDATE,
        close: UPDATE,
        reopen: UPDATE,
        delete: DELETE,
        lock: UPDATE,
        transfer: UPDATE,
        pin: UPDATE,
      },
    },
    repo: {
      does: [],
      subs: {
        list: READ,
        view: READ,
        clone: { does: ['read', 'create', 'network'], operands: 'write' },
        create: { ...SENT, does: ['create', 'export', 'network'] },
        fork: CREATE,
        edit: { does: ['update', 'grant', 'network'], others: 'harmless' },
        rename: UPDATE,
        archive: UPDATE,
        sync: UPDATE,
        delete: DELETE,
        'deploy-key': {
          does: [],
          subs: {
            list: READ,
            add: { does: ['update', 'grant', 'network'], others: 'harmless' },
            delete: DELETE,
          },
        },
      },
    },
    run: {
      does: [],
      subs: {
        list: READ,
        view: READ,
        watch: READ,
        download: DOWNLOAD,
        rerun: { does: ['update', 'execute', 'network'], others: 'harmless' },
        cancel: UPDATE,
        delete: DELETE,
      },
    },
    workflow: {
      does: [],
      subs: {
        list: READ,
        view: READ,
        run: { does: ['update', 'execute', 'network'], others: 'harmless' },
        enable: UPDATE,
        disable: UPDATE,
      },
    },
    release: {
      does: [],
      subs: {
        list: READ,
        view: READ,
        download: DOWNLOAD,
        create: { ...SENT, does: ['create', 'export', 'network'] },
        upload: { ...SENT, does: ['update', 'export', 'network'] },
        edit: UPDATE,
        delete: DELETE,
      },
    },
    gist: {
      does: [],
      subs: {
        list: READ,
        view: READ,
        create: { ...SENT, does: ['create', 'export', 'network'] },
        edit: { ...SENT, does: ['update', 'export', 'network'] },
        delete: DELETE,
      },
    },
    secret: {
      does: [],
      subs: {
        list: READ,
        set: SECRET_SET,
        delete: { does: ['delete', 'secret', 'network'], others: 'harmless' },
      },
    },
    variable: { does: [], subs: { list: READ, get: READ, set: UPDATE, delete: DELETE } },
    'ssh-key': {
      does: [],
      subs: { list: READ, add: { does: ['update', 'grant', 'network'], others: 'harmless' }, delete: DELETE },
    },
    'gpg-key': {
      does: [],
      subs: { list: READ, add: { does: ['update', 'grant', 'network'], others: 'harmless' }, delete: DELETE },
    },
    label: { does: [], subs: { list: READ, create: CREATE, edit: UPDATE, delete: DELETE } },
    auth: {
      does: [],
      subs: {
        status: {
          does: ['read', 'network'],
          flags: '-a --active',
          values: '-h --hostname',
          adds: { secret: '-t --show-token' },
        },
        token: SECRET,
        login: SECRET_SET,
        logout: UPDATE,
        refresh: { does: ['update', 'grant', 'secret', 'network'], others: 'harmless' },
        'setup-git': UPDATE,
      },
    },
  },
};

/** Read with more care for its subcommands. */
export const SOPS: Tool = {
  does: ['read', 'secret'],
  flags: '-d --decrypt -e --encrypt --ignore-mac --verbose',
  values: '--input-type --output-type --extract',
  writes: '--output',
  adds: { update: '-i --in-place -r --rotate' },
  operands: 'change',
};

const KEPT: Tool = {
  does: [],
  subs: {
    get: SECRET,
    list: SECRET,
    create: { does: ['create', 'update', 'secret', 'network'], others: 'harmless' },
    edit: SECRET_SET,
    delete: { does: ['delete', 'secret', 'network'], others: 'harmless' },
  },
};

/** Keepers of secrets. */
export const SECRET_KEEPERS: Table = {
  vault: {
    does: ['network'],
    subs: {
      status: READ,
      version: READ,
      read: SECRET,
      get: SECRET,
      list: READ,
      write: { does: ['create', 'update', 'grant', 'secret', 'network'], others: 'harmless' },
      delete: DELETE,
      login: SECRET_SET,
      unwrap: SECRET,
      kv: {
        does: [],
        subs: {
          get: SECRET,
          list: READ,
          put: SECRET_SET,
          patch: SECRET_SET,
          delete: DELETE,
          destroy: DELETE,
          metadata: { does: ['read', 'update', 'delete'], others: 'harmless' },
        },
      },
      token: {
        does: ['grant', 'secret'],
        subs: { lookup: READ, create: CREATE, renew: UPDATE, revoke: DELETE },
      },
      policy: {
        does: [],
        subs: {
          list: READ,
          read: READ,
          write: { does: ['update', 'grant', 'network'], operands: 'read' },
          delete: { does: ['delete', 'grant', 'network'] },
        },
      },
      auth: { does: ['grant'], subs: { list: READ, enable: UPDATE, disable: DELETE } },
      secrets: { does: [], subs: { list: READ, enable: UPDATE, disable: DELETE } },
      operator: {
        does: ['grant', 'secret'],
        subs: { unseal: UPDATE, seal: UPDATE, init: CREATE, 'generate-root': CREATE },
      },
    },
  },
  op: {
    does: ['read', 'secret', 'network'],
    subs: {
      read: SECRET,
      item: KEPT,
      document: KEPT,
      vault: KEPT,
      signin: SECRET,
      whoami: READ,
    },
  },
  pass: {
    does: ['read', 'secret'],
    alone: ['read', 'secret'],
    subs: {
      show: ['read', 'secret'],
      ls: ['read'],
      list: ['read'],
      find: ['read'],
      grep: ['read'],
      insert: ['update'],
      generate: ['create', 'update'],
      rm: ['delete'],
      mv: ['update'],
      cp: ['create'],
    },
  },
  bw: {
    does: ['read', 'secret', 'network'],
    subs: { get: SECRET, list: SECRET, unlock: SECRET, login: SECRET, sync: SECRET, status: READ },
  },
  security: {
    does: ['read', 'secret'],
    subs: {
      'find-generic-password': ['read', 'secret'],
      'find-internet-password': ['read', 'secret'],
      'find-certificate': ['read'],
      'find-identity': ['read'],
      'dump-keychain': ['read', 'secret'],
      export: ['read', 'export', 'secret'],
      'list-keychains': ['read'],
      'add-generic-password': ['create', 'update', 'secret'],
      'delete-generic-password': ['delete'],
      'unlock-keychain': ['update', 'grant'],
    },
  },
  'secret-tool': {
    does: ['secret'],
    subs: { lookup: ['read'], search: ['read'], store: ['update'], clear: ['delete'] },
  },
  age: {
    does: ['read', 'secret'],
    flags: '-d -e -a -p --decrypt --encrypt --armor --passphrase',
    values: '-r --recipient',
    reads: '-i --identity -R',
    writes: '-o --output',
    operands: 'read',
  },
};
