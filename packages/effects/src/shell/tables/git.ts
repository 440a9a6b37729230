import type { Effect } from '@countersign/core';
import type { Tool } from '../tool.ts';

/** Reads; any of its many options only shapes the output, except those that write or run something. */
const READ: Tool = {
  does: ['read'],
  others: 'harmless',
  operands: 'mentions',
  writes: '--output',
  runs: '--ext-diff --textconv --open-files-in-pager --exec --upload-pack --exec-path --show-signature --contents --remerge-diff',
};
const LIST: Tool = { does: ['read'], others: 'harmless' };

/** Changes the repository or its files, with none of its options doing worse than what is listed. */
function changes(does: readonly Effect[], more: Omit<Tool, 'does'> = {}): Tool {
  return { does, ...more };
}

const MERGE =
  '--no-edit --no-ff --ff-only --ff --squash --no-commit --abort --continue --quit --skip -q --quiet -v --verbose -n --stat --no-stat --signoff --no-verify --allow-unrelated-histories --autostash --no-autostash --progress --no-progress --allow-empty --keep-redundant-commits -x';
const TRANSPORT =
  '--upload-pack --receive-pack --exec -u --server-option -o --push-option --config -c --template --recurse-submodules --recursive --bundle-uri --separate-git-dir --reference';
const FETCH: Omit<Tool, 'does'> = {
  flags:
    '--all -a --append --atomic -f --force -k --keep --multiple -q --quiet -v --verbose -t --tags -n --no-tags --dry-run --progress --no-progress --unshallow --update-shallow -4 -6 --no-recurse-submodules -m --prefetch --auto-maintenance --no-auto-maintenance',
  values: '--depth --deepen --shallow-since --shallow-exclude -j --jobs --refmap --filter',
  adds: { delete: '-p --prune -P --prune-tags' },
  runs: TRANSPORT,
};

export const GIT: Tool = {
  does: [],
  // Any other option before the subcommand may bring another configuration, and so any command.
  flags:
    '--no-pager -P --no-optional-locks --literal-pathspecs --glob-pathspecs --icase-pathspecs --no-replace-objects --html-path --man-path',
  values: '-C',
  runs: '-c --config-env --exec-path --git-dir --work-tree --namespace -p --paginate --super-prefix --attr-source',
  subs: {
    status: READ,
    log: READ,
    diff: READ,
    show: READ,
    shortlog: READ,
    whatchanged: READ,
    blame: READ,
    annotate: READ,
    grep: { ...READ, runs: `${READ.runs} -O`, reads: '-f' },
    describe: LIST,
    'diff-tree': READ,
    'diff-index': READ,
    'diff-files': READ,
    'rev-parse': LIST,
    'rev-list': READ,
    'merge-base': LIST,
    'name-rev': LIST,
    'ls-files': LIST,
    'ls-tree': LIST,
    'cat-file': { ...LIST, operands: 'mentions', runs: '--textconv --filters' },
    'show-ref': LIST,
    'for-each-ref': LIST,
    'check-ignore': LIST,
    'check-attr': LIST,
    'count-objects': LIST,
    'verify-commit': LIST,
    'verify-tag': LIST,
    cherry: LIST,
    'range-diff': READ,
    var: LIST,
    version: LIST,
    help: LIST,
    fsck: { ...LIST, adds: { create: '--lost-found' } },
    'ls-remote': {
      does: ['read', 'network'],
      flags: '-h --heads -t --tags -q --quiet --refs --symref --exit-code --get-url',
      values: '--sort',
      runs: TRANSPORT,
    },
    archive: {
      does: ['read'],
      flags: '-v --verbose -l --list -0 -9',
      values: '--format --prefix',
      writes: '-o --output',
      runs: '--remote --exec',
    },
    add: changes(['update'], {
      flags:
        '-A --all -u --update -v --verbose -n --dry-run -f --force -N --intent-to-add --refresh --ignore-errors --renormalize --sparse --chmod=+x',
      runs: '-i --interactive -p --patch -e --edit',
    }),
    commit: changes(['update'], {
      flags:
        '-a --all -s --signoff -n --no-verify -q --quiet -v --verbose --amend --no-edit --allow-empty --allow-empty-message --dry-run --short --reset-author -o --only -i --include --no-gpg-sign --no-signoff',
      values: '-m --message -c -C --author --date --fixup --squash --cleanup --trailer --reuse-message',
      optional: '-S --gpg-sign -u --untracked-files',
      reads: '-F --file -t --template --pathspec-from-file',
      runs: '-e --edit -p --patch --interactive',
    }),
    branch: changes(['read'], {
      flags:
        '-a --all -r --remotes -v -vv --verbose -l --list --show-current -q --quiet --no-color --no-track -i --ignore-case',
      optional: '--color --column --abbrev --track -t',
      values: '--contains --no-contains --merged --no-merged --points-at --sort --format',
      addsValue: { update: '-u --set-upstream-to' },
      withOperands: ['update'],
      adds: { delete: '-d -D --delete', update: '-m -M -c -C --move --copy -f --force --unset-upstream' },
      runs: '--edit-description',
    }),
    tag: changes(['read'], {
      instead: { options: '-l --list', does: ['read'] },
      flags: '-a --annotate --column -i --ignore-case --create-reflog --no-column',
      optional: '-n --color',
      values: '-m --message --contains --no-contains --points-at --sort --format --merged --no-merged',
      reads: '-F --file',
      withOperands: ['update'],
      adds: { delete: '-d --delete', update: '-f --force -s --sign -v --verify' },
      addsValue: { update: '-u --local-user' },
      runs: '-e --edit',
    }),
    // A name given to checkout may be a file whose changes are thrown away.
    checkout: changes(['update', 'delete'], {
      flags:
        '-q --quiet --progress --no-progress -f --force -m --merge --ours --theirs -t --track --no-track --detach -d -l --overwrite-ignore --no-guess',
      instead: { options: '-b -B --orphan', does: ['update'] },
      adds: { delete: '-f --force' },
      runs: '-p --patch --recurse-submodules',
    }),
    switch: changes(['update'], {
      flags:
        '-q --quiet --progress --no-progress --guess --no-guess -d --detach -t --track --no-track -m --merge',
      values: '-c --create --orphan',
      adds: { delete: '-f --force --discard-changes' },
      addsValue: { delete: '-C --force-create' },
    }),
    restore: changes(['update', 'delete'], {
      flags: '-S --staged -W --worktree -q --quiet --ours --theirs',
      values: '-s --source',
    }),
    reset: changes(['update'], {
      flags: '-q --quiet --soft --mixed -N --intent-to-add',
      adds: { delete: '--hard --merge --keep' },
      runs: '-p --patch',
    }),
    clean: changes(['delete'], {
      flags: '-d -f --force -n --dry-run -q --quiet -x -X',
      values: '-e --exclude',
      runs: '-i --interactive',
    }),
    rm: changes(['update', 'delete'], {
      flags: '-f --force -n --dry-run -r --cached --ignore-unmatch -q --quiet',
    }),
    mv: changes(['update'], { flags: '-f --force -k -n --dry-run -v --verbose', operands: 'move' }),
    merge: changes(['update'], {
      flags: MERGE,
      values: '-m -X -s --strategy --strategy-option --into-name',
      reads: '-F',
    }),
    'cherry-pick': changes(['update'], {
      flags: `${MERGE} --allow-empty --keep-redundant-commits`,
      values: '-m -X --mainline',
    }),
    revert: changes(['update'], { flags: MERGE, values: '-m -X --mainline' }),
    rebase: changes(['update', 'delete'], {
      flags: `${MERGE} --autosquash --no-autosquash --root --keep-empty -f --force-rebase --update-refs --fork-point`,
      values: '--onto -X --strategy-option',
      runs: '-x --exec -i --interactive --edit-todo -s --strategy',
    }),
    am: changes(['update'], {
      flags: '--abort --continue --skip -3 --3way -s --signoff -q',
      operands: 'read',
    }),
    apply: changes(['create', 'update', 'delete'], {
      flags:
        '--index --cached -3 --3way -R --reverse -v --verbose --reject --stat --check --numstat --summary -N',
      values: '-p',
      operands: 'read',
    }),
    'format-patch': changes(['read', 'create'], {
      flags: '-1 -2 -3 -n -N -s --stdout --cover-letter',
      values: '--subject-prefix -v',
      writes: '-o --output-directory',
    }),
    stash: {
      does: [],
      alone: ['update'],
      subs: {
        list: LIST,
        show: READ,
        push: changes(['update'], {
          flags: '-u -a -k -q -S --include-untracked --all --keep-index --no-keep-index --quiet --staged',
          values: '-m --message',
          runs: '-p --patch',
        }),
        save: changes(['update'], { flags: '-u -a -k -q' }),
        create: changes(['create']),
        apply: changes(['update'], { flags: '--index -q' }),
        pop: changes(['update'], { flags: '--index -q' }),
        branch: changes(['update']),
        drop: changes(['delete'], { flags: '-q' }),
        clear: changes(['delete']),
      },
    },
    remote: {
      does: [],
      flags: '-v --verbose',
      alone: ['read'],
      subs: {
        show: changes(['read', 'network'], { flags: '-n' }),
        'get-url': LIST,
        add: changes(['update'], { flags: '-f --tags --no-tags', values: '-t -m', adds: { network: '-f' } }),
        rename: changes(['update']),
        'set-url': changes(['update'], { flags: '--add --delete --push' }),
        'set-head': changes(['update'], { flags: '-a -d' }),
        remove: changes(['delete']),
        rm: changes(['delete']),
        prune: changes(['delete', 'network']),
        update: changes(['update', 'network'], { adds: { delete: '-p --prune' } }),
      },
    },
    worktree: {
      does: [],
      subs: {
        list: LIST,
        add: changes(['create', 'update'], {
          flags: '-f --detach -d --no-checkout --checkout --lock -q',
          values: '-b -B',
          operands: 'write',
        }),
        remove: changes(['delete'], { flags: '-f --force' }),
        prune: changes(['delete'], { flags: '-n -v' }),
        move: changes(['update']),
      },
    },
    reflog: {
      does: [],
      alone: ['read'],
      subs: {
        show: READ,
        list: LIST,
        exists: LIST,
        expire: { does: ['delete'], others: 'harmless' },
        delete: { does: ['delete'], others: 'harmless' },
      },
    },
    notes: {
      does: [],
      alone: ['read'],
      subs: {
        list: LIST,
        show: LIST,
        add: changes(['update'], { flags: '-f', values: '-m' }),
        append: changes(['update'], { values: '-m' }),
        remove: changes(['delete']),
      },
    },
    gc: { does: ['update', 'delete'], others: 'harmless' },
    prune: { does: ['delete'], others: 'harmless' },
    repack: { does: ['update'], flags: '-a -d -f -l -q' },
    'update-ref': { does: ['update', 'delete'], others: 'harmless' },
    'update-index': { does: ['update'], others: 'harmless' },
    'write-tree': { does: ['create'] },
    'hash-object': { does: ['read', 'create'], flags: '-w --stdin', values: '-t', operands: 'read' },
    'filter-branch': {
      does: ['update', 'delete', 'execute'],
      runs: '--env-filter --tree-filter --index-filter --parent-filter --msg-filter --commit-filter --tag-name-filter --setup',
      flags: '-f --force --all --prune-empty',
    },
    'filter-repo': { does: ['update', 'delete', 'execute'] },
    init: changes(['create'], {
      flags: '-q --quiet --bare',
      values: '-b --initial-branch',
      operands: 'write',
    }),
    clone: changes(['read', 'create', 'network'], {
      flags:
        '-q --quiet -v --verbose --progress -n --no-checkout --bare --mirror --single-branch --no-single-branch --no-tags --shallow-submodules --sparse -l --local --no-hardlinks -s --shared',
      values: '-b --branch --depth --shallow-since --filter -j --jobs --origin',
      runs: TRANSPORT,
    }),
    fetch: changes(['read', 'update', 'network'], FETCH),
    pull: changes(['read', 'update', 'network'], {
      ...FETCH,
      flags: `${FETCH.flags} ${MERGE} --rebase -r --no-rebase`,
      values: `${FETCH.values} -X`,
      runs: `${TRANSPORT} -s --strategy`,
    }),
    push: changes(['read', 'export', 'network'], {
      flags:
        '-u --set-upstream --all --tags --follow-tags -n --dry-run -q --quiet -v --verbose --progress --no-progress --atomic --thin --no-verify -4 -6 --porcelain --no-signed --no-force-with-lease',
      optional: '--signed',
      adds: { delete: '-f --force -d --delete --mirror --prune --force-with-lease --force-if-includes' },
      runs: '--receive-pack --exec -o --push-option --recurse-submodules',
    }),
    submodule: { does: [], alone: ['read'], subs: { status: LIST, summary: READ } },
    lfs: {
      does: [],
      subs: {
        'ls-files': LIST,
        status: LIST,
        env: LIST,
        pull: ['read', 'update', 'network'],
        fetch: ['read', 'update', 'network'],
        push: ['read', 'export', 'network'],
        track: ['update'],
        untrack: ['update'],
        prune: ['delete'],
      },
    },
    bisect: {
      does: [],
      subs: {
        start: changes(['update']),
        good: changes(['update']),
        bad: changes(['update']),
        skip: changes(['update']),
        reset: changes(['update']),
        log: LIST,
      },
    },
    credential: { does: ['secret'], subs: { fill: ['read'], approve: ['update'], reject: ['delete'] } },
  },
};

/** Settings of git that name no command, no address and no file. */
export const GIT_HARMLESS_SETTINGS: RegExp =
  /^(?:user\.(?:name|email)|init\.defaultbranch|pull\.(?:rebase|ff)|push\.(?:default|autosetupremote)|fetch\.prune|rebase\.autostash|core\.(?:autocrlf|eol|ignorecase|filemode|quotepath|longpaths)|color\.\w+|commit\.gpgsign|merge\.conflictstyle|rerere\.enabled|advice\.\w+)$/i;
