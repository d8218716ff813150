/**
 * Where the blocks of a free list are: with the program, under a lease, or waiting. As with pools,
 * a private field on the block says it, so that a free is one comparison.
 */
import { type Block, sizeOf } from '../block.js';
import type { Layout } from '../layout.js';
import type { Lease } from '../lease.js';
import { type Keeper, Place, type PlaceDescription } from '../pool/stamp.js';

/** What the places of one list ask of it. */
export interface ListOwner {
  readonly list: object;
  readonly isClosed: boolean;
  lease(block: Block): Lease;
  /** Bytes that a block of a layout takes up. */
  usable(layout: Layout): number;
}

abstract class ListPlace extends Place {
  readonly keeper: Keeper;
  readonly of: ListOwner;

  constructor(of: ListOwner) {
    super();
    this.of = of;
    this.keeper = {
      pool: of.list,
      lease: (block) => of.lease(block),
      describe: (block) => this.describe(block),
    };
  }

  protected abstract describe(block: Block): PlaceDescription;
}

/** Waiting in the list, or with another object in the program's hands. */
export class Waiting extends ListPlace {
  protected override describe(): PlaceDescription {
    return { state: 'freed', owner: this.of.list, usable: 0, align: 1, leases: 0 };
  }
}

/** With the program, as a block of one layout. */
export class Out extends ListPlace {
  readonly layout: Layout;
  readonly size: number;
  readonly align: number;

  constructor(of: ListOwner, layout: Layout) {
    super(of);
    this.layout = layout;
    this.size = layout.size;
    this.align = layout.align;
  }

  protected override describe(block: Block): PlaceDescription {
    const { of, layout, size, align } = this;
    const isMoved = size > 0 && sizeOf(block) === 0;
    const state = of.isClosed ? 'freed' : isMoved ? 'moved' : 'live';
    return { state, owner: of.list, usable: of.usable(layout), align, leases: 0 };
  }
}

/** Under a lease. */
export class Leased extends ListPlace {
  readonly out: Out;
  leases = 1;
  /** Freed meanwhile: it comes back with the last lease. */
  isFreed = false;

  constructor(out: Out) {
    super(out.of);
    this.out = out;
  }

  protected override describe(block: Block): PlaceDescription {
    const described = this.out.keeper.describe(block as Buffer);
    return { ...described, state: 'leased', leases: this.leases };
  }
}
