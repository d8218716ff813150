/** From a view to the slab under it: a search through all, for those who ask questions. */
import { generationOf, indexOf, UNSTAMPED, viewOffsetOf } from '../block.js';
import type { Magazine } from './magazine.js';
import { SLOT_BITS, type Slab, SlabState } from './slab.js';

function findSlab(
  magazines: readonly Magazine[],
  weakSlabs: readonly Slab[],
  buffer: unknown,
): Slab | undefined {
  const index = indexOf(buffer);
  if (index === UNSTAMPED) return undefined;
  const generation = generationOf(buffer);
  const isIt = ({ record }: Slab) => record.index === index && record.generation === generation;
  for (const magazine of magazines) {
    for (const slab of magazine.slabs) if (slab !== undefined && isIt(slab)) return slab;
  }
  return weakSlabs.find(isIt);
}

/** Whether a view of some buffer lies in a slot that is not free. */
export function isInUse(
  magazines: readonly Magazine[],
  weakSlabs: readonly Slab[],
  view: ArrayBufferView,
  buffer: unknown,
): boolean {
  const slab = findSlab(magazines, weakSlabs, buffer);
  if (slab === undefined || slab.isMoved) return false;
  const { magazine } = slab;
  if (magazine === null) return slab.state === SlabState.FULL;
  // Which of its slots came back is not known any more: a view holds it, so it is in use.
  if (slab.state === SlabState.SPENT) return true;
  const slot = Math.floor(viewOffsetOf(view) / slab.slotSize);
  if (slot >= slab.slots) return false;
  const handle = (slab.index << SLOT_BITS) | slot;
  return !magazine.isFree(handle) && slab.parked?.includes(handle) !== true;
}
