import { LogError } from './error.ts';
import { assertInRange } from './subtree.ts';
import { TILE_WIDTH } from './tile.ts';

/** Bytes of the largest entry that a bundle can hold. */
export const MAX_ENTRY_BYTES = 0xffff;

/** Up to 256 entries, each behind its length as big-endian uint16 (c2sp.org/tlog-tiles "Log entries"). */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  assertInRange(entries.length <= TILE_WIDTH, 'bundle has more than 256 entries');
  const bundle = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    assertInRange(entry.length <= MAX_ENTRY_BYTES, 'entry is longer than 65535 bytes');
    view.setUint16(at, entry.length);
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/** The entries of a bundle; throws `LogError` `malformed_tile` on a cut-off entry or more than 256. */
export function decodeEntryBundle(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bundle.length) {
    const start = at + 2;
    const end = start <= bundle.length ? start + view.getUint16(at) : Infinity;
    if (end > bundle.length) throw new LogError('malformed_tile', 'bundle ends inside an entry');
    if (entries.length === TILE_WIDTH)
      throw new LogError('malformed_tile', 'bundle has more than 256 entries');
    entries.push(bundle.slice(start, end));
    at = end;
  }
  return entries;
}
