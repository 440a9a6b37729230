import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { Hono } from 'hono';
import { isLoopback } from './guards.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ico': 'image/x-icon',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};
const PAGES = ['/', '/requests/:id', '/history', '/people', '/enrol'];

/** The console's built files. On a bare loopback address pages redirect to `publicUrl`: passkeys need a name. */
export function pageRoutes(dir: string, publicUrl: string): Hono {
  const app = new Hono();
  const home = new URL(publicUrl);

  for (const page of PAGES) {
    app.get(page, async (context, next) => {
      const asked = new URL(context.req.url);
      if (asked.host !== home.host && isLoopback(asked.hostname)) {
        return context.redirect(`${home.origin}${asked.pathname}${asked.search}`, 302);
      }
      const html = await file(dir, 'index.html');
      if (html === undefined) return await next();
      return context.body(html, 200, { 'content-type': TYPES['.html'] ?? '', 'cache-control': 'no-cache' });
    });
  }

  app.get('/*', async (context, next) => {
    const path = context.req.path.slice(1);
    const type = TYPES[extname(path)];
    const found = type === undefined ? undefined : await file(dir, path);
    if (found === undefined || type === undefined) return await next();
    // Vite names assets by their content.
    const cache = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    return context.body(found, 200, { 'content-type': type, 'cache-control': cache });
  });

  return app;
}

async function file(dir: string, path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const full = normalize(join(dir, path));
  if (!full.startsWith(normalize(dir) + sep)) return undefined;
  try {
    return Uint8Array.from(await readFile(full));
  } catch {
    return undefined;
  }
}
