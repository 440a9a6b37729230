import { createHash } from 'node:crypto';

/** A file as read, before anyone looked into it. */
export interface SourceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The file's text, or undefined when it is not UTF-8. */
export function textOf({ bytes }: SourceFile): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Every file as `[name, digest]`, sorted by name: what a version is the digest of. */
export function digests(files: readonly SourceFile[]): [name: string, digest: string][] {
  return files
    .map(({ name, bytes }): [string, string] => [
      name,
      createHash('sha256').update(bytes).digest('base64url'),
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
