import type { Slab } from './slab.js';
import { type Keeper, Place } from './stamp.js';

/** The place of a Buffer under lease: its slab, and how many leases hold it. */
export class Hold extends Place {
  readonly slab: Slab;
  leases = 1;
  /** Whether the Buffer was freed meanwhile: its memory goes back with the last lease. */
  isFreed = false;

  constructor(slab: Slab) {
    super();
    this.slab = slab;
  }

  get keeper(): Keeper {
    return this.slab.keeper;
  }
}
