import type { Effect } from '@countersign/core';
import type { Table, Tool } from '../tool.ts';

const CONTEXT =
  '-n --namespace --context --cluster --user -l --selector --field-selector -o --output -L --label-columns --request-timeout --sort-by -c --container --since --since-time --tail -v --v';

/** A kubectl verb. Its server is somewhere else, so each call is `network`. */
function kubectl(does: readonly Effect[], more: Omit<Tool, 'does'> = {}): Tool {
  return {
    does: [...does, 'network'],
    values: `${CONTEXT} --replicas --image --type --port --target-port --name --protocol --grace-period --timeout --field-manager -p --patch --resource --verb --role --clusterrole --serviceaccount --group --from-literal --schedule`,
    reads: '-f --filename -k --kustomize --patch-file --from-file --from-env-file',
    flags:
      '-A --all-namespaces --all -w --watch --show-labels --no-headers --previous --follow --timestamps --wait --server-side --recursive -R --overwrite --ignore-not-found --all-containers --prefix --containers --show-managed-fields --client --short --record --namespaced --list --quiet -q --cascade --now --local',
    optional:
      '--dry-run --watch --wait --namespaced --cascade --record --all --validate --follow --output-watch-events',
    runs: '--kubeconfig --server -s --token --as --as-group --insecure-skip-tls-verify --certificate-authority --client-key --raw --template --show-secrets --subresource --cache-dir',
    ...more,
  };
}

const GET = kubectl(['read'], { operands: 'text' });

const KUBECTL: Tool = {
  does: ['network'],
  values: '-n --namespace --context --cluster --request-timeout -v --v',
  subs: {
    get: GET,
    describe: GET,
    logs: kubectl(['read'], {
      flags: '-f --follow --timestamps --previous -p --all-containers --prefix',
      reads: '',
      values: CONTEXT,
    }),
    top: GET,
    explain: GET,
    'api-resources': GET,
    'api-versions': GET,
    'cluster-info': {
      ...GET,
      subs: { dump: kubectl(['read', 'secret'], { writes: '--output-directory' }) },
      alone: ['read'],
    },
    version: GET,
    events: GET,
    diff: kubectl(['read', 'execute']),
    wait: kubectl(['read'], { values: `${CONTEXT} --for --timeout` }),
    auth: { does: ['network'], subs: { 'can-i': GET, whoami: GET, reconcile: kubectl(['update', 'grant']) } },
    apply: kubectl(['create', 'update', 'grant', 'execute'], {
      adds: { delete: '--prune --force' },
    }),
    // From a file it may be any kind of object, a right too.
    create: kubectl(['create', 'execute', 'grant']),
    replace: kubectl(['update', 'execute', 'grant'], { adds: { delete: '--force' } }),
    patch: kubectl(['update', 'execute', 'grant']),
    edit: kubectl(['update', 'execute', 'grant']),
    set: kubectl(['update', 'execute', 'grant']),
    label: kubectl(['update']),
    annotate: kubectl(['update']),
    scale: kubectl(['update', 'spend']),
    autoscale: kubectl(['create', 'update', 'spend'], {
      values: `${CONTEXT} --min --max --cpu-percent --name`,
    }),
    rollout: {
      does: ['network'],
      subs: {
        status: GET,
        history: GET,
        restart: kubectl(['update', 'execute']),
        undo: kubectl(['update', 'execute'], { values: `${CONTEXT} --to-revision` }),
        pause: kubectl(['update']),
        resume: kubectl(['update', 'execute']),
      },
    },
    expose: kubectl(['create', 'grant'], {}),
    delete: kubectl(['delete'], { adds: { delete: '--force' } }),
    drain: kubectl(['update', 'delete'], {
      flags: '--ignore-daemonsets --delete-emptydir-data --force --disable-eviction',
    }),
    cordon: kubectl(['update']),
    uncordon: kubectl(['update']),
    taint: kubectl(['update', 'delete']),
    certificate: kubectl(['update', 'grant']),
    'port-forward': kubectl(['read', 'export', 'grant'], {
      values: `${CONTEXT} --address --pod-running-timeout`,
    }),
    proxy: kubectl(['read', 'update', 'export', 'grant'], {
      values: `${CONTEXT} --port --address --accept-hosts --accept-paths -p`,
    }),
    config: {
      does: [],
      subs: {
        'current-context': ['read'],
        'get-contexts': ['read'],
        'get-clusters': ['read'],
        view: {
          does: ['read'],
          adds: { secret: '--raw --flatten' },
          flags: '--minify',
          values: '-o --output',
        },
        'use-context': ['update'],
        'set-context': ['update'],
        'delete-context': ['update', 'delete'],
        'delete-cluster': ['update', 'delete'],
      },
    },
  },
};

const HELM_SAFE =
  '-n --namespace --kube-context --version -o --output --timeout --set --set-string --repo --revision --max --filter --description';
const HELM_RUNS =
  '--kubeconfig --post-renderer --post-renderer-args --kube-apiserver --kube-token --registry-config --repository-config --plugin';

function helm(does: readonly Effect[], more: Omit<Tool, 'does'> = {}): Tool {
  return {
    does,
    values: HELM_SAFE,
    reads: '-f --values --set-file',
    flags:
      '-a --all -A --all-namespaces -i --install --wait --atomic --dry-run --debug --reuse-values --reset-values --create-namespace -q --short --devel --dependency-update --wait-for-jobs --cleanup-on-fail --history --no-hooks',
    runs: HELM_RUNS,
    ...more,
  };
}

const HELM: Tool = {
  does: [],
  values: '-n --namespace --kube-context',
  runs: HELM_RUNS,
  subs: {
    list: helm(['read', 'network']),
    ls: helm(['read', 'network']),
    status: helm(['read', 'network']),
    history: helm(['read', 'network']),
    version: ['read'],
    lint: helm(['read']),
    template: helm(['read', 'network']),
    search: { does: ['read', 'network'], subs: { repo: helm(['read']), hub: helm(['read']) } },
    show: helm(['read', 'network']),
    get: {
      does: ['read', 'network'],
      subs: {
        values: helm(['secret']),
        all: helm(['secret']),
        manifest: helm(['secret']),
        notes: helm([]),
        hooks: helm([]),
      },
    },
    repo: {
      does: [],
      subs: {
        list: ['read'],
        add: helm(['update', 'network'], { others: 'harmless' }),
        update: ['read', 'update', 'network'],
        remove: ['update', 'delete'],
      },
    },
    install: helm(['create', 'execute', 'grant', 'network']),
    upgrade: helm(['create', 'update', 'execute', 'grant', 'network'], { adds: { delete: '--force' } }),
    rollback: helm(['update', 'execute', 'network']),
    uninstall: helm(['delete', 'network']),
    delete: helm(['delete', 'network']),
    pull: helm(['read', 'create', 'network']),
    push: helm(['read', 'export', 'network']),
    test: helm(['execute', 'network']),
  },
};

const TF_SAFE: Omit<Tool, 'does'> = {
  oneDash: true,
  flags:
    '-no-color -json -compact-warnings -input=false -refresh-only -raw -check -diff -recursive -list=false',
  optional: '-input -lock -refresh -upgrade -reconfigure -detailed-exitcode -write -backend -get',
  values: '-target -var -lock-timeout -parallelism -replace -state',
  reads: '-var-file',
  writes: '-out -state-out -backup',
  runs: '-backend-config -plugin-dir -from-module -chdir -migrate-state -force-copy -generate-config-out',
};

function terraform(does: readonly Effect[], more: Omit<Tool, 'does'> = {}): Tool {
  return { ...TF_SAFE, does, ...more };
}

const CHANGES: readonly Effect[] = ['create', 'update', 'delete', 'execute', 'grant', 'network', 'spend'];

/** Planning runs the providers and `external` data sources, so it is more than reading. */
const TERRAFORM: Tool = {
  does: [],
  oneDash: true,
  runs: '-chdir',
  subs: {
    version: ['read'],
    validate: terraform(['read', 'execute']),
    fmt: terraform(['read', 'update']),
    show: terraform(['read', 'secret']),
    output: terraform(['read', 'secret']),
    graph: terraform(['read', 'execute']),
    providers: {
      does: ['read'],
      alone: ['read'],
      subs: {
        schema: terraform(['execute']),
        lock: terraform(['update', 'network']),
        mirror: terraform(['create', 'update', 'network'], { operands: 'write' }),
      },
    },
    plan: terraform(['read', 'execute', 'network'], { adds: { read: '-destroy' } }),
    init: terraform(['read', 'create', 'update', 'execute', 'network']),
    get: terraform(['read', 'create', 'network']),
    apply: terraform(CHANGES, { adds: { delete: '-destroy', update: '-auto-approve' } }),
    destroy: terraform(['delete', 'execute', 'network'], { adds: { delete: '-auto-approve -force' } }),
    import: terraform(['read', 'update', 'execute', 'network']),
    refresh: terraform(['read', 'update', 'execute', 'network']),
    taint: terraform(['update', 'delete']),
    untaint: terraform(['update']),
    'force-unlock': terraform(['update', 'delete', 'network']),
    state: {
      does: [],
      subs: {
        list: terraform(['read']),
        show: terraform(['read', 'secret']),
        pull: terraform(['read', 'secret', 'network']),
        push: terraform(['update', 'network']),
        mv: terraform(['update', 'network']),
        rm: terraform(['update', 'delete', 'network']),
      },
    },
    workspace: {
      does: [],
      subs: {
        list: terraform(['read']),
        show: terraform(['read']),
        select: terraform(['update']),
        new: terraform(['create', 'update']),
        delete: terraform(['delete']),
      },
    },
  },
};

export const INFRASTRUCTURE: Table = { helm: HELM, terraform: TERRAFORM, tofu: TERRAFORM };
/** Read with more care for what is got: `kubectl get secret`. */
export const KUBECTL_ROW: Tool = KUBECTL;
