import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PolicySetError } from './policy-set-error.ts';
import type { SourceFile } from './source-file.ts';

/** Where a set is read from. */
export interface SourceFolders {
  readonly policiesDir: string;
  /** A folder of entries, or the file of one. */
  readonly catalogDir: string;
  /** The file of the entities that policies and searches may speak of; without one none are known. */
  readonly entitiesFile?: string;
}

/** The bytes of a whole set. */
export interface Sources {
  readonly policies: readonly SourceFile[];
  readonly catalog: readonly SourceFile[];
  readonly entities?: SourceFile;
}

/** A copy of many files over a slow mount is waited for this many times. */
const MAX_TRIES = 5;

/**
 * Reads the folders, without their subfolders, and the file of entities as they were at one moment; throws `PolicySetError` when one cannot
 * be read or does not stop changing: a file cut short between two policies would parse, and lack a forbid.
 */
export async function readSources(folders: SourceFolders): Promise<Sources> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = await sourcesSignature(folders);
    const policies = await readFolder(folders.policiesDir, '.cedar');
    const catalog = await readFolder(folders.catalogDir, '.yaml');
    const [entities] =
      folders.entitiesFile === undefined ? [] : await readFolder(folders.entitiesFile, '.json');
    if ((await sourcesSignature(folders)) === before)
      return { policies, catalog, ...(entities === undefined ? {} : { entities }) };
  }
  throw new PolicySetError([{ file: folders.policiesDir, reason: 'files do not stop changing' }]);
}

/** What changes when a file of the set does: names, inodes, sizes and change times. Never throws. */
export async function sourcesSignature({
  policiesDir,
  catalogDir,
  entitiesFile,
}: SourceFolders): Promise<string> {
  const parts = await Promise.all([
    folderSignature(policiesDir, '.cedar'),
    folderSignature(catalogDir, '.yaml'),
    ...(entitiesFile === undefined ? [] : [folderSignature(entitiesFile, '.json')]),
  ]);
  return JSON.stringify(parts);
}

async function readFolder(folder: string, extension: string): Promise<SourceFile[]> {
  try {
    const paths = await sourcePaths(folder, extension);
    return await Promise.all(
      paths.map(async (path) => ({ name: basename(path), bytes: await readFile(path) })),
    );
  } catch (cause) {
    throw new PolicySetError([{ file: folder, reason: `cannot be read: ${codeOf(cause)}` }]);
  }
}

/** Sorted; hidden ones left out, since editors keep locks and swap files under them. */
async function sourcePaths(folder: string, extension: string): Promise<string[]> {
  if ((await stat(folder)).isFile()) return [folder];
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith(extension) && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}

async function folderSignature(folder: string, extension: string): Promise<string[]> {
  try {
    return await Promise.all((await sourcePaths(folder, extension)).map(fileSignature));
  } catch (error) {
    return [codeOf(error)];
  }
}

async function fileSignature(path: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [basename(path), ino, size, mtimeNs, ctimeNs].join(' ');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
