import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..', '..');
const dist = join(here, 'dist');
const scratch = join(here, '.vite');
const lock = join(scratch, 'build.lock');

/** Everything that the bundle is made of; dependencies are pinned by the lock file. */
const SOURCES = [
  join(here, 'src'),
  join(here, 'index.html'),
  join(here, 'vite.config.ts'),
  join(here, 'build-if-stale.ts'),
  join(here, 'package.json'),
  join(root, 'packages', 'core', 'src'),
  join(root, 'packages', 'core', 'package.json'),
  join(root, 'package-lock.json'),
];

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function sourceDigest(): Promise<string> {
  const files = (await Promise.all(SOURCES.map(filesUnder))).flat().sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${relative(root, file).replaceAll('\\', '/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

async function isFresh(): Promise<boolean> {
  const built = await readFile(join(dist, 'sources.sha256'), 'utf8').catch(() => '');
  return built === (await sourceDigest());
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether this process now holds the lock; a lock whose owner is gone is broken up. */
async function takeLock(): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = Number(await readFile(lock, 'utf8').catch(() => '0'));
  // An empty file is a lock between its creation and its write: 0 is left alone until the next look.
  if (owner > 0 && !isRunning(owner)) await rm(lock, { force: true });
  return false;
}

async function build(): Promise<void> {
  const started = performance.now();
  process.stderr.write('building the console ... ');
  // Read before the build: a source edited meanwhile leaves a digest that no longer matches, so it is built again.
  const digest = await sourceDigest();
  const outDir = join(scratch, `build-${process.pid}`);
  const old = join(scratch, `old-${process.pid}`);
  const vite = await import('vite');
  await vite.build({
    root: here,
    configFile: join(here, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, reportCompressedSize: false },
  });
  await writeFile(join(outDir, 'sources.sha256'), digest);
  // A crash between the two renames leaves no dist, which the next run takes for stale.
  await rename(dist, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(outDir, dist);
  await rm(old, { recursive: true, force: true });
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

async function main(): Promise<void> {
  if (await isFresh()) return;
  await mkdir(scratch, { recursive: true });
  while (!(await takeLock())) {
    await sleep(100);
    if (await isFresh()) return;
  }
  try {
    if (!(await isFresh())) await build();
  } finally {
    await rm(lock, { force: true });
  }
}

await main();
