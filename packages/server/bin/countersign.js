#!/usr/bin/env node
import { existsSync } from 'node:fs';

const LEAST_NODE = 24;

if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) {
  process.stderr.write(
    `countersign: needs Node ${LEAST_NODE} or newer, this is ${process.versions.node}: run it with npx, or install a newer one\n`,
  );
  process.exitCode = 1;
} else {
  // A checkout runs from its sources; what is published holds their build.
  const built = new URL('../dist/cli/main.js', import.meta.url);
  await import(existsSync(built) ? built.href : new URL('../src/cli/main.ts', import.meta.url).href);
}
