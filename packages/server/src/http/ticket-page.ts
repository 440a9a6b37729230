import { ConsentError } from '@countersign/core';
import { Hono } from 'hono';
import type { Authority, TicketView } from '../faces.ts';

const REFRESH_SECONDS = 5;

/**
 * The page of a ticket, for the person whose agent waits. INVARIANT: it has no form, no script, no link and no session:
 * an agent may open it, or show it to anybody, and nothing is granted or told by that.
 */
export function ticketRoutes(authority: Authority): Hono {
  const app = new Hono();
  app.get('/ticket/:id', async (context) => {
    const ticket = await authority.ticket(context.req.param('id'));
    if (ticket === undefined) throw new ConsentError('not_found', 'no such ticket');
    if (ticket.status === 'pending') context.header('refresh', String(REFRESH_SECONDS));
    context.header('cache-control', 'no-store');
    context.header('x-robots-tag', 'noindex');
    return context.html(pageOf(ticket));
  });
  return app;
}

const WORDS: Record<TicketView['status'], readonly [string, string]> = {
  pending: [
    'Waiting for consent',
    'Whoever may consent has been asked. You can close this page: nothing depends on it.',
  ],
  approved: ['Consented', 'It runs, once, when your agent asks for it again.'],
  used: ['Consented and used', 'Your agent has made use of this consent. See there for what came of it.'],
  denied: ['Denied', 'It was looked at and denied. It did not run.'],
  expired: ['Expired', 'Nobody answered in time. It did not run, and nobody denied it.'],
  cancelled: ['Withdrawn', 'The request was withdrawn. It did not run.'],
  failed: ['Failed', 'The request could not be completed. It did not run.'],
};

function pageOf({ status, expires_at }: TicketView): string {
  const [title, text] = WORDS[status];
  const until =
    status === 'pending'
      ? `<p class="until">Open until <time datetime="${expires_at}">${expires_at.slice(0, 16).replace('T', ' ')} UTC</time>. This page looks again every ${REFRESH_SECONDS} seconds.</p>`
      : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Countersign</title>
<style>${STYLE}</style>
<main>
<p class="name">Countersign</p>
<h1 data-status="${status}">${title}</h1>
<p>${text}</p>
${until}
</main>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1b1e; --soft: #5c5f66; --ground: #f8f9fa; --card: #fff; --line: #dee2e6 }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ecef; --soft: #a6a7ab; --ground: #141517; --card: #1a1b1e; --line: #2c2e33 } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { box-sizing: border-box; width: min(28rem, 100% - 2rem); padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem }
h1 { margin: .25rem 0 .75rem; font-size: 1.5rem; line-height: 1.2 }
p { margin: 0 0 .75rem } p:last-child { margin: 0 }
.name, .until { color: var(--soft); font-size: .875rem }`;
