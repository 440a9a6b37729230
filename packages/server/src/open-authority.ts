import type { Logger } from 'pino';
import { composeAuthority } from './authority.ts';
import { createLogReader } from './audit/reader.ts';
import type { Config } from './config/config.ts';
import type { Authority } from './faces.ts';
import { Callbacks } from './notify/callbacks.ts';
import { Events } from './notify/events.ts';
import type { AuthorityParts, Clock } from './parts.ts';
import { openPdp } from './pdp/open.ts';
import { randomPool } from './random-pool.ts';
import { SqliteAccessRequests } from './stores/sqlite/requests.ts';
import { SqliteCallbacks } from './stores/sqlite/callbacks.ts';
import { SqliteApprovals } from './stores/sqlite/approvals.ts';
import { DataFolderError } from './stores/sqlite/database.ts';
import { openDataFolder } from './stores/sqlite/data-folder.ts';
import { SqliteEnrolments } from './stores/sqlite/enrolments.ts';
import { SqliteLog } from './stores/sqlite/log.ts';
import { SqliteParkedCalls } from './stores/sqlite/parked-calls.ts';
import { SqlitePrincipals } from './stores/sqlite/principals.ts';
import { SqliteSignIns } from './stores/sqlite/sign-ins.ts';
import { SqliteSessions } from './stores/sqlite/sessions.ts';
import { verifyDataFolder } from './stores/sqlite/verify.ts';
import { Sweeper } from './sweeper.ts';
import { Tokens } from './token/tokens.ts';
import { TENANT } from './tenant.ts';

export interface OpenOptions {
  /** The data folder. */
  readonly data: string;
  readonly config: Config;
  readonly policies: string;
  readonly catalog: string;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** For a single operation: nothing is decided, so no start and no policies are recorded. */
  readonly administration?: boolean;
}

/**
 * Opens the authority over a data folder: takes its lock, loads the policies, closes what a crash left
 * open. Throws `DataFolderError`, `PolicySetError`, each with one line that says what to do.
 */
export async function openAuthority(options: OpenOptions): Promise<Authority> {
  const { config, logger } = options;
  const clock = options.clock ?? steadyClock(Date.now);
  const folder = openDataFolder(options.data);
  try {
    const log = new SqliteLog(folder.db, TENANT, folder.signer, clock);
    const principals = new SqlitePrincipals(folder.db, log, TENANT);
    if (config.single_operator && (await principals.approverCount()) > 1) {
      throw new DataFolderError('single_operator is set but there are several approvers: set it to false');
    }
    const events = new Events();
    const policies = await openPdp({
      policiesDir: options.policies,
      catalogDir: options.catalog,
      ...(config.entities === undefined ? {} : { entitiesFile: config.entities }),
      outsideBoundary: config.outside_boundary,
      upstreams: config.upstreams,
      ...(config.domains.length === 0 ? {} : { domains: config.domains }),
      onReload: async ({ policy_version, catalog_version }) => {
        await log.appendAlone({ type: 'policy_loaded', policy_version, catalog_version });
        logger.info({ policy_version }, 'policies loaded');
      },
      onDeciding: () => events.tell({ kind: 'policies' }),
      onRefused: (error) =>
        logger.error({ reason: error.message }, 'policies refused; the old set keeps deciding'),
    });
    const parts: AuthorityParts = {
      id: folder.authorityId,
      tenant: TENANT,
      config,
      pdp: policies.pdp,
      principals,
      enrolments: new SqliteEnrolments(folder.db, log, TENANT),
      signIns: new SqliteSignIns(folder.db, TENANT),
      requests: new SqliteAccessRequests(folder.db, log, TENANT),
      approvals: new SqliteApprovals(folder.db, log, TENANT),
      sessions: new SqliteSessions(folder.db, TENANT),
      audit: log,
      callbacks: new SqliteCallbacks(folder.db, TENANT),
      tokens: new Tokens(folder.tokenKey, new URL(config.public_url).origin, config.pdps, clock),
      events,
      clock,
      random: randomPool(),
    };
    if (options.administration !== true) await recordStart(parts, log.foundUnsigned);
    const sweeper = new Sweeper(parts, (error) =>
      logger.error({ reason: String(error) }, 'sweep failed; it runs again'),
    );
    await sweeper.start();
    const callbacks = new Callbacks(parts, (reason) =>
      logger.warn({ reason }, 'a callback was not delivered'),
    );
    if (options.administration !== true) callbacks.start();
    const reader = createLogReader(log, folder.signer.key, (kept) =>
      verifyDataFolder(options.data, TENANT, kept),
    );
    return composeAuthority(parts, reader, new SqliteParkedCalls(folder.db, TENANT), async () => {
      await callbacks.stop();
      await sweeper.stop();
      await policies.close();
      folder.close();
    });
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** A clock that stands still where the machine's goes back: what has expired stays expired. */
export function steadyClock(read: () => number): Clock {
  let last = 0;
  return () => {
    last = Math.max(last, read());
    return last;
  };
}

async function recordStart({ audit, config, pdp }: AuthorityParts, unsigned: number): Promise<void> {
  const { policy_version, catalog_version } = pdp.info;
  const { public_url, single_operator } = config;
  await audit.appendAlone({
    type: 'authority_started',
    public_url,
    single_operator,
    policy_version,
    ...(unsigned === 0 ? {} : { unsigned }),
  });
  await audit.appendAlone({ type: 'policy_loaded', policy_version, catalog_version });
}
