/** The blocks behind live records, so that `dispose` can detach every one of them. */
import { LateRef } from './late-ref.js';

/** By record index. */
const refs: LateRef<ArrayBuffer>[] = [];

/** The record `index` now belongs to `block`. */
export function remember(index: number, block: ArrayBuffer): void {
  let ref = refs[index];
  if (ref === undefined) {
    ref = new LateRef();
    refs[index] = ref;
  }
  ref.point(block);
}

/** The block of record `index` was freed. */
export function forget(index: number): void {
  refs[index]?.clear();
}

/**
 * The block last remembered under `index`, if it was neither freed nor collected. The caller
 * compares the generation: the record may name another block by now.
 */
export function recall(index: number): ArrayBuffer | undefined {
  return refs[index]?.target;
}
