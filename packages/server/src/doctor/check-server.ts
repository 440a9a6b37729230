import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ok, warn, wrong, type Finding } from './finding.ts';

const TIMEOUT_MS = 4000;
/** Approvals live for minutes; a clock that is off by more than this shows other times than are meant. */
const SKEW_WARN_MS = 5000;
const SKEW_WRONG_MS = 60_000;

/** That a server answers at `publicUrl`, over this data folder, with a console and the same time. */
export async function checkServer(
  publicUrl: string,
  data: string,
  now: () => number,
): Promise<{ readonly findings: readonly Finding[]; readonly reachable: boolean }> {
  const ready = await get(`${publicUrl}/readyz`);
  if (ready === undefined)
    return {
      findings: [
        wrong('server', `nothing answers at ${publicUrl}: start \`countersign serve\`, or set public_url`),
      ],
      reachable: false,
    };
  if (ready.status !== 200)
    return {
      findings: [
        wrong(
          'server',
          `${publicUrl} answers ${ready.status}: something else may listen there, or it is still starting`,
        ),
      ],
      reachable: false,
    };
  const sameAs = await isSameAuthority(publicUrl, data);
  const findings = [
    sameAs === false
      ? wrong(
          'server',
          `${publicUrl} is another authority than ${data}: name its folder with --data, or stop it`,
        )
      : ok('server', publicUrl),
  ];
  return { findings: [...findings, ...(await consoleAt(publicUrl)), ...skew(ready, now())], reachable: true };
}

/** The server's token key is in its data folder alone. Undefined where there is none that we may compare. */
async function isSameAuthority(publicUrl: string, data: string): Promise<boolean | undefined> {
  let own: JsonWebKey;
  try {
    own = createPublicKey(readFileSync(join(data, 'token.key'))).export({ format: 'jwk' });
  } catch {
    return undefined;
  }
  const answer = await get(`${publicUrl}/.well-known/jwks.json`);
  const body = (await answer?.json().catch(() => undefined)) as
    { readonly keys?: readonly JsonWebKey[] } | undefined;
  return body?.keys?.some(({ x, y }) => x === own.x && y === own.y) ?? false;
}

async function consoleAt(publicUrl: string): Promise<readonly Finding[]> {
  const page = await get(`${publicUrl}/`);
  const isPage = page?.status === 200 && (page.headers.get('content-type') ?? '').startsWith('text/html');
  return isPage
    ? [ok('console', `${publicUrl}/`)]
    : [
        wrong(
          'console',
          `${publicUrl}/ is no page: build it with \`npm run build:console\`, then start the server again`,
        ),
      ];
}

function skew(answer: Response, now: number): readonly Finding[] {
  const theirs = Date.parse(answer.headers.get('date') ?? '');
  if (Number.isNaN(theirs)) return [];
  // A Date header is in whole seconds.
  const off = Math.max(0, Math.abs(now - theirs - 500) - 500);
  if (off <= SKEW_WARN_MS) return [ok('clock', 'as the server’s')];
  const text = `${Math.round(off / 1000)} s ${now > theirs ? 'ahead of' : 'behind'} the server’s: set both by NTP`;
  return [off > SKEW_WRONG_MS ? wrong('clock', text) : warn('clock', text)];
}

async function get(url: string): Promise<Response | undefined> {
  try {
    return await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch {
    return undefined;
  }
}
