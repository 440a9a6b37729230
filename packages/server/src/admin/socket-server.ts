import { chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ConsentError, parseJson } from '@countersign/core';
import type { Authority } from '../faces.ts';
import { runOperation } from './operations.ts';
import { newSocketPath, pointerFile } from './socket-path.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** Serves the operations on a socket that only the data folder's owner can reach. Answers how to stop. */
export async function serveAdmin(authority: Authority, data: string): Promise<() => Promise<void>> {
  const { folder, path } = newSocketPath(data);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  refuseForeign(folder);
  // The data folder's lock is ours, so a socket that lies here is a dead server's.
  rmSync(path, { force: true });
  const server = createServer((request, response) => void answer(authority, request, response));
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(path, listening);
  });
  chmodSync(path, 0o600);
  writeFileSync(pointerFile(data), `${path}\n`, { mode: 0o600 });
  return () =>
    new Promise((closed) => {
      rmSync(pointerFile(data), { force: true });
      server.close(() => closed());
      server.closeAllConnections();
    });
}

/** A folder in a shared place may have been made by somebody else before us. */
function refuseForeign(folder: string): void {
  const found = lstatSync(folder);
  const uid = process.getuid?.();
  if (!found.isDirectory() || (uid !== undefined && found.uid !== uid) || (found.mode & 0o077) !== 0) {
    throw new Error(`${folder} is not a folder of ours alone: use a data folder with a shorter path`);
  }
}

async function answer(
  authority: Authority,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let status = 200;
  let body: unknown;
  try {
    body = (await runOperation(authority, request.url?.slice(1) ?? '', await readInput(request))) ?? null;
  } catch (error) {
    const known = error instanceof ConsentError;
    status = known ? 400 : 500;
    body = known
      ? { code: error.code, message: error.message }
      : { code: 'internal', message: String(error) };
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readInput(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new ConsentError('too_large', 'the input is too long');
    chunks.push(chunk as Buffer);
  }
  return parseJson(Buffer.concat(chunks), { maxBytes: MAX_BODY_BYTES });
}
