/**
 * The size classes of pooled Buffers: four to each doubling, from 16 bytes to 64 KiB, so that a
 * Buffer wastes less than a fifth of its slot. 64 KiB is what files and sockets are read by.
 */

/** The largest size that is served from a slab, in bytes. */
export const LARGEST = 65_536;

/** Sizes are told apart in steps of this many bytes: no slot is smaller. */
const STEP_SHIFT = 4;

const SMALL_SLAB = 64 * 1024;
const LARGE_SLAB = 256 * 1024;
/**
 * The largest slot of a small slab. Wrapping and finalizing a slab costs about 3 us, whatever its
 * size: where every free is forgotten, 64 KiB of 1 KiB slots take a third longer a Buffer than 256.
 */
const SMALL_SLAB_UP_TO = 256;

function makeSizes(): Uint32Array {
  const sizes = [16, 32, 48, 64];
  for (let base = 64; base < LARGEST; base *= 2) {
    for (let quarter = 1; quarter <= 4; quarter++) sizes.push(base + (base / 4) * quarter);
  }
  return Uint32Array.from(sizes);
}

/** The slot size of each class, in bytes. */
export const SLOT_SIZES = makeSizes();

function makeTable(): Uint8Array {
  const table = new Uint8Array((LARGEST >>> STEP_SHIFT) + 1);
  let at = 0;
  for (let step = 0; step < table.length; step++) {
    while ((SLOT_SIZES[at] as number) < step << STEP_SHIFT) at++;
    table[step] = at;
  }
  return table;
}

/** The class of a size, by `(size + 15) >>> 4`. */
export const CLASS_TABLE = makeTable();

/** The class of a size of at most {@link LARGEST} bytes. */
export function classOfSize(size: number): number {
  return CLASS_TABLE[(size + 15) >>> STEP_SHIFT] as number;
}

/** The alignment that every slot of a slab has: the lowest bit of its size, up to a page. */
export function alignOfSlot(slotSize: number): number {
  return Math.min(slotSize & -slotSize, 4096);
}

/** Every slot size is a multiple of it. */
const LEAST_SLOT_ALIGN = 1 << STEP_SHIFT;

/** The class for a size and an alignment, or -1 where no slot is aligned like that. */
export function classOfLayout(size: number, align: number): number {
  if (size > LARGEST) return -1;
  if (align <= LEAST_SLOT_ALIGN) return classOfSize(size);
  for (
    let at = classOfSize(Math.max(size, align > LARGEST ? size : align));
    at < SLOT_SIZES.length;
    at++
  ) {
    if (alignOfSlot(SLOT_SIZES[at] as number) >= align) return at;
  }
  return -1;
}

/** How long a slab of this class is, in bytes: a whole number of slots. */
export function slabBytesOf(slotSize: number): number {
  const target = slotSize <= SMALL_SLAB_UP_TO ? SMALL_SLAB : LARGE_SLAB;
  return target - (target % slotSize);
}
