import type { Effect } from '@countersign/core';
import type { Table, Tool } from '../tool.ts';

const READ: Tool = { does: ['read'], others: 'harmless' };

function changes(does: readonly Effect[]): Tool {
  return { does, others: 'harmless' };
}

/** What is built may be put into files here, and get at secrets and the network of this machine. */
const BUILD: Tool = {
  does: ['create', 'execute', 'network'],
  others: 'harmless',
  writes: '-o --output --iidfile --metadata-file',
  addsValue: { grant: '--allow --network --ssh', secret: '--secret' },
};

/** `docker run` and `docker create`: what the container may reach of this machine decides. */
export const DOCKER_RUN: Tool = {
  does: ['create', 'execute', 'network'],
  stops: true,
  flags:
    '-i -t -d --rm --init --interactive --tty --detach --read-only --no-healthcheck -q --quiet --sig-proxy',
  values:
    '-e --env --name -w --workdir -u --user -l --label --platform --memory -m --cpus --restart --pull --hostname -h --network-alias --shm-size --stop-timeout --tmpfs --ulimit --log-driver',
  reads: '--env-file --label-file',
  adds: { grant: '--privileged -P --publish-all' },
  addsValue: {
    grant:
      '-v --volume --mount --volumes-from --cap-add --device --pid --ipc --uts --userns --security-opt --network --net --group-add --cgroupns --gpus -p --publish --add-host',
  },
  runs: '--entrypoint --runtime --cidfile -a --attach --volume-driver --log-opt --dns',
};

export const DOCKER_EXEC: Tool = {
  does: ['execute'],
  stops: true,
  flags: '-i -t -d --interactive --tty --detach',
  values: '-e --env -w --workdir -u --user',
  reads: '--env-file',
  adds: { grant: '--privileged' },
};

const COMPOSE: Tool = {
  does: [],
  values: '-p --project-name --profile',
  reads: '-f --file --env-file',
  subs: {
    ps: READ,
    ls: READ,
    logs: READ,
    top: READ,
    images: READ,
    port: READ,
    version: READ,
    config: { does: ['read', 'secret'], others: 'harmless' },
    up: changes(['create', 'update', 'execute', 'grant', 'network']),
    start: changes(['update', 'execute']),
    restart: changes(['update', 'execute']),
    stop: changes(['update']),
    pause: changes(['update']),
    unpause: changes(['update']),
    kill: changes(['update', 'delete']),
    down: changes(['update', 'delete']),
    rm: changes(['delete']),
    build: BUILD,
    pull: changes(['read', 'create', 'network']),
    push: changes(['read', 'export', 'network']),
    create: changes(['create', 'network']),
  },
};

const IMAGE: Table = {
  ls: READ,
  list: READ,
  inspect: READ,
  history: READ,
  pull: changes(['read', 'create', 'network']),
  push: changes(['read', 'export', 'network']),
  rm: changes(['delete']),
  prune: changes(['delete']),
  tag: changes(['update']),
};

const VOLUME: Table = {
  ls: READ,
  list: READ,
  inspect: READ,
  create: changes(['create']),
  rm: changes(['delete']),
  prune: changes(['delete']),
};

export const DOCKER: Tool = {
  does: [],
  flags: '-D --debug',
  // Another daemon or configuration: `-H tcp://...`.
  runs: '-H --host --config -c --context --tls --tlsverify',
  subs: {
    ps: READ,
    images: READ,
    logs: READ,
    // Shows the environment of the container too.
    inspect: { does: ['read', 'secret'], others: 'harmless' },
    stats: READ,
    top: READ,
    port: READ,
    history: READ,
    diff: READ,
    events: READ,
    version: READ,
    info: READ,
    search: changes(['read', 'network']),
    pull: changes(['read', 'create', 'network']),
    push: changes(['read', 'export', 'network']),
    build: BUILD,
    buildx: {
      does: [],
      subs: {
        build: { ...BUILD, does: ['create', 'execute', 'export', 'network'] },
        ls: READ,
        inspect: READ,
        version: READ,
        prune: changes(['delete']),
      },
    },
    start: changes(['update', 'execute']),
    restart: changes(['update', 'execute']),
    stop: changes(['update']),
    pause: changes(['update']),
    unpause: changes(['update']),
    kill: changes(['update', 'delete']),
    rm: changes(['delete']),
    rmi: changes(['delete']),
    tag: changes(['update']),
    rename: changes(['update']),
    update: changes(['update', 'grant']),
    commit: changes(['create']),
    save: { does: ['read'], writes: '-o --output' },
    export: { does: ['read'], writes: '-o --output' },
    load: { does: ['create', 'update'], reads: '-i --input', flags: '-q --quiet' },
    import: { does: ['create', 'update'], operands: 'read' },
    cp: {
      does: ['read', 'create', 'update'],
      flags: '-a --archive -q --quiet -L --follow-link',
      operands: 'copy',
    },
    login: { does: ['update', 'secret', 'network'], others: 'harmless' },
    logout: changes(['update']),
    container: {
      does: [],
      subs: {
        ls: READ,
        list: READ,
        inspect: { does: ['read', 'secret'], others: 'harmless' },
        logs: READ,
        top: READ,
        stats: READ,
        start: changes(['update', 'execute']),
        stop: changes(['update']),
        restart: changes(['update', 'execute']),
        rm: changes(['delete']),
        prune: changes(['delete']),
        kill: changes(['update', 'delete']),
      },
    },
    image: { does: [], subs: IMAGE },
    volume: { does: [], subs: VOLUME },
    network: {
      does: [],
      subs: { ...VOLUME, connect: changes(['update', 'grant', 'network']), disconnect: changes(['update']) },
    },
    system: { does: [], subs: { df: READ, info: READ, events: READ, prune: changes(['delete']) } },
    builder: { does: [], subs: { prune: changes(['delete']) } },
    context: { does: [], subs: { ls: READ, show: READ, inspect: READ, use: changes(['update']) } },
    secret: {
      does: ['secret'],
      subs: { ls: READ, inspect: READ, create: changes(['create']), rm: changes(['delete']) },
    },
    compose: COMPOSE,
  },
};

export const CONTAINERS: Table = {
  'docker-compose': COMPOSE,
  crictl: {
    does: [],
    subs: {
      ps: READ,
      images: READ,
      logs: READ,
      pods: READ,
      inspect: READ,
      stats: READ,
      rm: changes(['delete']),
      rmi: changes(['delete']),
    },
  },
};
