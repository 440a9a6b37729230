import type { Table, Tool } from '../tool.ts';

const FORMATS: Tool = { does: ['update', 'delete'], others: 'harmless', operands: 'names' };
const RIGHTS: Tool = { does: ['update', 'grant'], others: 'harmless', operands: 'names' };
/** Ends processes: what they held is gone, so it counts as `delete`. */
const ENDS: Tool = { does: ['update', 'delete'], others: 'harmless' };

/** Tools that make, change and remove files and processes. */
export const WRITERS: Table = {
  cp: {
    does: ['read', 'create', 'update'],
    flags:
      '-a -d -f -H -i -L -l -n -P -p -R -r -s -T -u -v -x -X -c --archive --dereference --no-dereference --force --interactive --link --no-clobber --parents --recursive --symbolic-link --no-target-directory --verbose --one-file-system --strip-trailing-slashes --attributes-only --copy-contents',
    optional: '--preserve --no-preserve --update --reflink --sparse --backup -b',
    values: '-S --suffix',
    operands: 'copy',
  },
  mv: {
    does: ['update', 'delete'],
    flags:
      '-f -i -n -u -v -T --force --interactive --no-clobber --verbose --no-target-directory --strip-trailing-slashes',
    optional: '--update --backup -b',
    values: '-S --suffix',
    operands: 'move',
  },
  mkdir: { does: ['create'], flags: '-p -v --parents --verbose', values: '-m --mode', operands: 'names' },
  mkfifo: { does: ['create'], values: '-m --mode', operands: 'names' },
  mktemp: {
    does: ['create'],
    flags: '-d -q -u -t --directory --quiet --dry-run',
    values: '-p --suffix',
    operands: 'names',
  },
  touch: {
    does: ['create', 'update'],
    flags: '-a -c -m -h --no-create',
    values: '-t -d -r --date --reference --time',
    operands: 'write',
  },
  tee: { does: ['create', 'update'], flags: '-a -i -p --append --ignore-interrupts', operands: 'write' },
  // What is written through a link is written to what it names.
  ln: {
    does: ['create'],
    flags: '-s -v -n -r -T -L -P -h --symbolic --verbose --no-dereference --relative --no-target-directory',
    adds: { update: '-f --force -i', delete: '-F' },
    operands: 'move',
  },
  install: {
    does: ['read', 'create', 'update'],
    flags: '-D -v -p -C -c -T --verbose --compare --preserve-timestamps',
    values: '-S --suffix',
    adds: { create: '-d --directory' },
    addsValue: { grant: '-m -o -g --mode --owner --group' },
    operands: 'copy',
  },
  rm: { does: ['delete'], others: 'harmless', operands: 'names' },
  rmdir: { does: ['delete'], others: 'harmless', operands: 'names' },
  unlink: { does: ['delete'], operands: 'names' },
  shred: { does: ['update', 'delete'], others: 'harmless', operands: 'names' },
  truncate: {
    does: ['update', 'delete'],
    flags: '-c -o --no-create',
    values: '-s --size',
    reads: '-r --reference',
    operands: 'write',
  },
  fallocate: { does: ['update'], values: '-l -o', operands: 'write' },
  split: {
    does: ['read', 'create'],
    flags: '-d -x -e -u --verbose',
    values: '-a -b -C -l -n -t --lines --bytes --number --suffix-length --additional-suffix',
    runs: '--filter',
    operands: 'copy',
  },
  chmod: RIGHTS,
  chown: RIGHTS,
  chgrp: RIGHTS,
  chattr: RIGHTS,
  setfacl: RIGHTS,
  setcap: RIGHTS,
  getfacl: ['read'],
  getcap: ['read'],
  lsattr: ['read'],
  umask: ['update'],
  xattr: RIGHTS,
  patch: {
    does: ['create', 'update', 'delete'],
    flags: '-N -R -s -E -f -t -u --forward --reverse --silent --dry-run --verbose --binary',
    values: '-p --strip -F --fuzz',
    reads: '-i --input',
    writes: '-o --output -r --reject-file -d --directory',
    operands: 'write',
    here: true,
  },
  mkfs: FORMATS,
  'mkfs.ext4': FORMATS,
  'mkfs.ext3': FORMATS,
  'mkfs.xfs': FORMATS,
  'mkfs.btrfs': FORMATS,
  'mkfs.vfat': FORMATS,
  mke2fs: FORMATS,
  mkswap: FORMATS,
  fdisk: FORMATS,
  sfdisk: FORMATS,
  gdisk: FORMATS,
  sgdisk: FORMATS,
  parted: FORMATS,
  wipefs: FORMATS,
  blkdiscard: FORMATS,
  // As one word, because `-kill` is a signal and not four options.
  kill: {
    does: ['update', 'delete'],
    others: 'harmless',
    oneDash: true,
    instead: { options: '-l -L --list', does: ['read'] },
  },
  killall: ENDS,
  pkill: ENDS,
  renice: ['update'],
  sync: ['update'],
  gzip: compresses(),
  gunzip: compresses(),
  bzip2: compresses(),
  bunzip2: compresses(),
  xz: compresses(),
  unxz: compresses(),
  zstd: compresses(),
  unzstd: compresses(),
  zip: {
    does: ['read', 'create', 'update'],
    flags:
      '-r -q -v -j -y -u -f -0 -1 -2 -3 -4 -5 -6 -7 -8 -9 -X -D -o --recurse-paths --quiet --junk-paths --symlinks',
    adds: { delete: '-m --move -d --delete' },
    values: '-x -i',
    addsValue: { secret: '-P --password' },
    operands: 'read',
  },
  unzip: {
    does: ['create', 'update'],
    flags: '-o -n -q -j -u -f -a -C -L -X',
    writes: '-d',
    values: '-x',
    addsValue: { secret: '-P' },
    instead: { options: '-l -t -p -v -z -Z', does: ['read'] },
    operands: 'read',
    here: true,
  },
};

function compresses(): Tool {
  return {
    does: ['create', 'delete'],
    flags:
      '-f -k -q -v -r -n -N -1 -2 -3 -4 -5 -6 -7 -8 -9 -d --decompress --keep --force --best --fast --quiet --verbose --recursive --rm',
    values: '-T -S',
    optional: '--threads',
    instead: { options: '-c -l -t --stdout --to-stdout --list --test', does: ['read'] },
    operands: 'change',
  };
}
