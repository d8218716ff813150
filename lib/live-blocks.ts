/**
 * The blocks behind live records, so that `dispose` can detach every one of them.
 *
 * They must be held weakly, or a dropped block would never be collected; and a WeakRef costs about
 * a third of a whole allocation. Most blocks are freed within the job that made them, and within a
 * job a strong reference costs nothing, because no finalizer could run anyway. So a block is held
 * strongly until its job ends, and only then, if it is still live, through a WeakRef.
 */

/** Blocks of one job after which it no longer pays to wait for the job's end. */
const MOST_YOUNG = 1024;

/** By record index. A block is in one of the two, or was freed. */
const strong: (ArrayBuffer | undefined)[] = [];
const weak: (WeakRef<ArrayBuffer> | undefined)[] = [];

/** Indices of records that were made in this job. */
const young = new Uint32Array(MOST_YOUNG);
let youngCount = 0;
let isWaiting = false;

function weaken(): void {
  for (let at = 0; at < youngCount; at++) {
    const index = young[at] as number;
    const block = strong[index];
    if (block === undefined) continue;
    weak[index] = new WeakRef(block);
    strong[index] = undefined;
  }
  youngCount = 0;
}

/** `await` of a plain value looks up nothing that a script could have patched. */
async function weakenAfterThisJob(): Promise<void> {
  isWaiting = true;
  await undefined;
  isWaiting = false;
  weaken();
}

/** The record `index` now belongs to `block`. */
export function remember(index: number, block: ArrayBuffer): void {
  if (youngCount === MOST_YOUNG) weaken();
  strong[index] = block;
  young[youngCount++] = index;
  if (!isWaiting) weakenAfterThisJob();
}

/** The block of record `index` was freed. */
export function forget(index: number): void {
  if (strong[index] === undefined) weak[index] = undefined;
  else strong[index] = undefined;
}

/**
 * The block last remembered under `index`, if it was neither freed nor collected. The caller
 * compares the generation: the record may name another block by now.
 */
export function recall(index: number): ArrayBuffer | undefined {
  return strong[index] ?? weak[index]?.deref();
}
