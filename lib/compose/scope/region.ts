/**
 * Regions: the raw native memory that scopes cut their Buffers from, and what their parent is
 * charged for it.
 */
import type { Allocator } from '../../allocator.js';
import {
  heapIdOf,
  NativeAllocator,
  refuseRaw,
  startDecayOf,
} from '../../allocators/native-allocator.js';
import { SystemAllocator } from '../../allocators/system-allocator.js';
import type { Block } from '../../block.js';
import { isHeapwrightError } from '../../errors.js';
import { Layout } from '../../layout.js';
import { Code, Flag, Mail, native } from '../../native.js';
import type { AllocateOptions } from '../../options.js';
import { isTrusted } from '../../trust.js';

const { clz32, max, min } = Math;
const { mail } = native;

const UNINITIALIZED: AllocateOptions = Object.freeze({ uninitialized: true });
const LEAST_ALIGN = 16;
const PAGE = 4096;

/** Where regions come from whose parent has no native memory of its own to give. */
let system: SystemAllocator | undefined;

/** So that a block as large as the whole region fits it at its own alignment, up to a page. */
function alignOfRegion(size: number): number {
  return size >= PAGE ? PAGE : max(LEAST_ALIGN, 2 ** (31 - clz32(size)));
}

/** What the parent gave for a region, while it is charged. */
interface Charge {
  readonly block: Block;
  readonly layout: Layout;
}

export class Region {
  /** Its record in the addon. */
  readonly index: number;
  readonly generation: number;
  readonly address: number;
  readonly size: number;
  readonly charge: Charge | null;
  /** Somebody may still use a part of it that a scope gave up: nothing more is cut from it. */
  isTainted = false;
  /** Parts of it that were left to the collector. */
  escaped = 0;
  isReleased = false;

  constructor(
    index: number,
    generation: number,
    address: number,
    size: number,
    charge: Charge | null,
  ) {
    this.index = index;
    this.generation = generation;
    this.address = address;
    this.size = size;
    this.charge = charge;
  }
}

/**
 * Takes regions from a parent: out of its native memory, or, where it has none, from the system,
 * with a block of the same size allocated from the parent for as long as the region is held.
 */
export class RegionSource {
  readonly #memory: NativeAllocator;
  readonly #charged: Allocator<Block> | null;
  /** All whose memory is not back. */
  readonly #regions = new Set<Region>();

  constructor(parent: Allocator<Block>) {
    // Through `unknown`: a class that overrides an operation is not trusted, and is charged.
    const native: unknown = parent;
    if (native instanceof NativeAllocator && isTrusted(native)) {
      this.#memory = native;
      this.#charged = null;
    } else {
      system ??= new SystemAllocator();
      this.#memory = system;
      this.#charged = parent;
    }
  }

  /** The parent, if the regions are of its own memory. */
  get native(): NativeAllocator | null {
    return this.#charged === null ? this.#memory : null;
  }

  /** Bytes of the regions that are held, those included that wait for the collector. */
  get heldBytes(): number {
    let bytes = 0;
    for (const { size } of this.#regions) bytes += size;
    return bytes;
  }

  /** Memory of `size` bytes, not zeroed: most of it may never be asked for. Or what the parent throws. */
  take(size: number, align: number): Region {
    const charge = this.#takeCharge(size);
    try {
      const heap = heapIdOf(this.#memory);
      const layout = Layout.from(size, max(align, alignOfRegion(size)));
      const code = native.allocateRaw(heap, layout.size, layout.align, Flag.NONE);
      if (code !== Code.OK) throw refuseRaw(this.#memory, code, layout);
    } catch (error) {
      this.#giveCharge(charge);
      throw error;
    }
    const address = (mail[Mail.START_HIGH] as number) * 2 ** 32 + (mail[Mail.START_LOW] as number);
    const [index, generation] = [mail[Mail.INDEX] as number, mail[Mail.GENERATION] as number];
    const region = new Region(index, generation, address, size, charge);
    this.#regions.add(region);
    return region;
  }

  /** Its memory goes back, as soon as nothing of it is left to the collector. */
  release(region: Region): void {
    native.releaseRaw(region.index, region.generation);
    region.isReleased = true;
    this.settle(region);
    if (this.#charged === null) startDecayOf(this.#memory);
  }

  /** Ends the charge for a region that was released, once its memory is back. */
  settle(region: Region): void {
    if (!region.isReleased || region.escaped > 0) return;
    if (this.#regions.delete(region)) this.#giveCharge(region.charge);
  }

  /** Ends all of it: what is left to the collector is charged to nobody. */
  close(): void {
    for (const region of this.#regions) {
      region.escaped = 0;
      if (region.isReleased) this.settle(region);
      else this.release(region);
    }
  }

  #takeCharge(size: number): Charge | null {
    if (this.#charged === null) return null;
    const layout = Layout.from(size);
    return { block: this.#charged.allocate(layout, UNINITIALIZED), layout };
  }

  /** What the parent refuses to take back it has had already, or will not have. */
  #giveCharge(charge: Charge | null): void {
    if (charge === null) return;
    try {
      this.#charged?.deallocate(charge.block, charge.layout);
    } catch (error) {
      if (!isHeapwrightError(error)) process.emitWarning(error as Error);
    }
  }
}

const dropped = new FinalizationRegistry<RegionSource>((source) => source.close());

/** When nothing reaches `owner` any more its regions go back. */
export function closeWith(owner: object, source: RegionSource): void {
  dropped.register(owner, source);
}

/** Bytes of a region that grows one by `size`. */
export function growthOf(first: number, size: number): number {
  return max(first, size, PAGE);
}

/** How much of `room` one ArrayBuffer lies over: more would weigh on the collector. */
export function windowOf(room: number, needed: number): number {
  return min(room, max(needed, WINDOW));
}

const WINDOW = 2 ** 20;
