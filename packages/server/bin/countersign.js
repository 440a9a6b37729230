#!/usr/bin/env node
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const LEAST_NODE = 24;

/**
 * Keeps compiled code for the next start, in a folder that only this user can write: what is kept there runs. For the door
 * alone, which its host starts with every session; nobody waits for the others, and what decides or signs is compiled anew.
 */
function keepCompiled() {
  try {
    const folder = join(homedir(), '.cache', 'countersign');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { mode, uid } = lstatSync(folder);
    const isOwn =
      process.getuid === undefined || (uid === process.getuid() && (mode & 0o170022) === 0o040000);
    if (isOwn) module.enableCompileCache(folder);
  } catch {
    // Without it we only start more slowly.
  }
}

if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) {
  process.stderr.write(
    `countersign: needs Node ${LEAST_NODE} or newer, this is ${process.versions.node}: run it with npx, or install a newer one\n`,
  );
  process.exitCode = 1;
} else {
  if (process.argv[2] === 'mcp') keepCompiled();
  // A checkout runs from its sources; what is published holds their build.
  const built = new URL('../dist/cli/main.js', import.meta.url);
  await import(existsSync(built) ? built.href : new URL('../src/cli/main.ts', import.meta.url).href);
}
