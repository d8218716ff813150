/** Which file system a folder is on, and what it asks of a direct read (one past the page cache). */
import {
  closeSync,
  constants,
  openSync,
  readSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Layout, SystemAllocator } from '../../dist/index.js';
import { Stop } from '../../scripts/lib/run.mjs';

/** `f_type` of statfs(2). */
const NAMES = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0xf2f52010, 'f2fs'],
  [0x2fc12fc1, 'zfs'],
  [0x794c7630, 'overlayfs'],
  [0x6969, 'nfs'],
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);
const IN_MEMORY = ['tmpfs', 'ramfs'];

const PAGE = 4096;

/** What malloc promises: a file system that is content with it has nothing to refuse to a Buffer. */
const MALLOC_ALIGN = 16;

/**
 * `{ name, freeBytes, requiredAlign, refusal }` of `folder`. `refusal` says why direct reads prove
 * nothing there, or is null. `requiredAlign` is the least alignment of memory, in bytes, that a
 * direct read accepted; a read to an odd address was refused with EINVAL if `refusal` is null.
 */
export function inspectFolder(folder) {
  const { type, bavail, bsize } = statfsOf(folder);
  const name = NAMES.get(type) ?? `type 0x${type.toString(16)}`;
  const found = { name, freeBytes: bavail * bsize, requiredAlign: null, refusal: null };
  if (constants.O_DIRECT === undefined) return { ...found, refusal: 'the system has no O_DIRECT' };
  if (IN_MEMORY.includes(name)) return { ...found, refusal: `${name} is not on a disk` };
  try {
    found.requiredAlign = leastAlignAccepted(folder);
  } catch (error) {
    return { ...found, refusal: `no direct reads: ${error.message}` };
  }
  if (found.requiredAlign <= MALLOC_ALIGN) {
    found.refusal = `direct reads accept memory aligned to ${found.requiredAlign}`;
  }
  return found;
}

function statfsOf(folder) {
  try {
    return statfsSync(folder);
  } catch (error) {
    throw new Stop(`${folder} cannot be used for direct I/O: ${error.message}`);
  }
}

/** Reads one page to addresses 1, 2, 4, ... past a page boundary until one is accepted. */
function leastAlignAccepted(folder) {
  const allocator = new SystemAllocator();
  const layout = Layout.from(2 * PAGE, PAGE);
  const block = allocator.allocate(layout);
  const path = join(folder, `heapwright-probe-${process.pid}`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_DIRECT;
  const fd = openSync(path, flags, 0o600);
  try {
    unlinkSync(path);
    writeSync(fd, new Uint8Array(block, 0, PAGE), 0, PAGE, 0);
    for (let align = 1; align < PAGE; align *= 2) {
      if (readsDirectly(fd, new Uint8Array(block, align, PAGE))) return align;
    }
    readSync(fd, new Uint8Array(block, 0, PAGE), 0, PAGE, 0);
    return PAGE;
  } finally {
    closeSync(fd);
    allocator.deallocate(block, layout);
    allocator.dispose();
  }
}

function readsDirectly(fd, view) {
  try {
    readSync(fd, view, 0, view.length, 0);
    return true;
  } catch (error) {
    if (error.code === 'EINVAL') return false;
    throw error;
  }
}
