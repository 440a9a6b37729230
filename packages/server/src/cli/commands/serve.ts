import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Authority } from '../../faces.ts';
import { DEMO_FOLDER, runDemo } from '../../demo/demo.ts';
import { start, type Running } from '../../start.ts';
import { SITE_OPTIONS, UsageError, type Command, type Typed } from '../command.ts';
import { print, printJson } from '../output.ts';
import { tellLink } from '../enrolment-link.ts';
import { CONSOLE_DIR, createLogger, findSite, SHIPPED_POLICIES } from '../site.ts';

export const serve: Command = {
  usage:
    'serve [--demo] [--config FILE] [--data DIR] [--policies DIR] [--catalog FILE] [--host H] [--port P]',
  summary: 'Run the authority, its console and its gateway; with --demo, a whole story on a scratch folder',
  options: {
    ...SITE_OPTIONS,
    demo: { type: 'boolean' },
    host: { type: 'string' },
    port: { type: 'string' },
  },
  takes: [0, 0],
  async run(typed) {
    const host = typed.text('host') ?? '127.0.0.1';
    const port = portOf(typed);
    const stopping = stopSignal();
    if (typed.flag('demo')) return await demo(typed, host, port, stopping);
    const site = findSite(typed);
    const level = process.env['COUNTERSIGN_LOG'] ?? (typed.flag('json') ? 'info' : 'warn');
    const console = builtConsole();
    const running = await start({
      ...site,
      host,
      port,
      logger: createLogger(level),
      ...console,
    });
    try {
      await greet(running, typed, site.data, console.consoleDir !== undefined);
      if (!stopping.aborted) await once(stopping, 'abort');
    } finally {
      await running.stop();
    }
    if (typed.flag('json')) printJson({ event: 'stopped' });
  },
};

/** Aborts when an operator ends us; a second signal does not wait. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop.abort();
      process.once(signal, () => process.exit(1));
    });
  }
  return stop.signal;
}

async function greet(running: Running, typed: Typed, data: string, hasConsole: boolean): Promise<void> {
  const { authority, config, url } = running;
  if (typed.flag('json')) {
    printJson({ event: 'listening', url, public_url: config.public_url, authority: authority.id });
    return await showLink(authority, data, true);
  }
  print(
    `Countersign listens on ${url}`,
    `Console: ${config.public_url}${hasConsole ? '' : ' (not built: `npm run build:console`)'}`,
  );
  for (const { name } of config.upstreams) print(`Gateway: ${config.public_url}/mcp/${name}`);
  if (config.single_operator) {
    print('Single operator: the owner’s own votes count, and are marked self-approved.');
  }
  const { protocol, hostname } = new URL(config.public_url);
  if (protocol === 'http:' && hostname !== 'localhost') {
    print('Passkeys need https, or http://localhost: with this public_url approvers can use keys alone.');
  }
  await showLink(authority, data, false);
}

async function showLink({ enrolment }: Authority, data: string, toMachine: boolean): Promise<void> {
  if (!(await enrolment.enrolled())) tellLink(await enrolment.firstLink(), data, toMachine);
}

async function demo(typed: Typed, host: string, port: number, stopping: AbortSignal): Promise<void> {
  const data = resolve(typed.text('data') ?? DEMO_FOLDER);
  await runDemo({
    host,
    port,
    data,
    policies: join(SHIPPED_POLICIES, 'demo'),
    catalog: join(SHIPPED_POLICIES, 'catalog'),
    logger: createLogger('warn'),
    stopping,
    print,
    showLink: (authority) => showLink(authority, data, false),
    ...builtConsole(),
  });
}

function builtConsole(): { readonly consoleDir?: string } {
  return existsSync(join(CONSOLE_DIR, 'index.html')) ? { consoleDir: CONSOLE_DIR } : {};
}

function portOf(typed: Typed): number {
  const text = typed.text('port') ?? '7300';
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError('--port is a number from 0 to 65535');
  return port;
}
