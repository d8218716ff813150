/**
 * A Buffer over a part of somebody else's block, as a block of its own: it has a stamp, so that it
 * can be explained, leased and asked for its address. What becomes of it follows the block inside.
 */
import { Buffer } from 'node:buffer';
import type { Allocator } from '../allocator.js';
import { arrayBufferOf, type Block, lengthOf, offsetOf } from '../block.js';
import { addressOf, type Explanation, explain } from '../introspection.js';
import type { Layout } from '../layout.js';
import { type Lease, openLease } from '../lease.js';
import type { AllocateOptions, DeallocateOptions } from '../options.js';
import { type Keeper, Place, type PlaceDescription, placeOf, stampBuffer } from '../pool/stamp.js';

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => Buffer;
const FastBuffer = (Buffer as unknown as { [Symbol.species]: ViewConstructor })[Symbol.species];

/** What to ask the allocator inside for, so that a Buffer has room in it. */
export interface Shape {
  readonly layout: Layout;
  /** Bytes of the block before the Buffer. */
  readonly front: number;
}

/** What a {@link Wrapped} is over. */
export interface Inside<B extends Block> extends Shape {
  readonly block: B;
}

/** Where such a Buffer is: in a block of the allocator inside. */
export class Wrapped<B extends Block> extends Place {
  readonly keeper: Keeper;
  readonly inside: Inside<B>;
  readonly align: number;
  /** What its node did with the block inside. */
  fate: 'live' | 'abandoned' | 'freed' = 'live';
  /** Where it was allocated, if that is remembered. */
  site: string | null = null;

  constructor(keeper: Keeper, inside: Inside<B>, align: number) {
    super();
    this.keeper = keeper;
    this.inside = inside;
    this.align = align;
  }
}

/** Of memory that is none of the package's (null) only its node knows something. */
function stateOf(fate: Wrapped<Block>['fate'], inside: Explanation['state']) {
  if (fate === 'freed' || inside === 'freed') return 'freed';
  return fate === 'abandoned' ? 'abandoned' : (inside ?? 'live');
}

/** Makes the Buffers of one node, and answers questions about them. */
export class Wrapper<B extends Block> {
  readonly #inner: Allocator<B>;
  readonly #keeper: Keeper;

  constructor(node: object, inner: Allocator<B>) {
    this.#inner = inner;
    this.#keeper = {
      pool: node,
      lease: (buffer) => this.#lease(buffer),
      describe: (buffer) => this.#describe(buffer),
      addressOf: (buffer) => this.#addressOf(buffer),
    };
  }

  /** A Buffer for a request of `layout`. */
  wrap(inside: Inside<B>, layout: Layout): Buffer {
    const { block, front } = inside;
    const isView = ArrayBuffer.isView(block);
    const memory = isView ? arrayBufferOf(block) : (block as ArrayBuffer);
    const buffer = new FastBuffer(memory, (isView ? offsetOf(block) : 0) + front, layout.size);
    stampBuffer(buffer, new Wrapped(this.#keeper, inside, layout.align), 0);
    return buffer;
  }

  /** The place of a Buffer of this node; null for every other value. */
  of(value: unknown): Wrapped<B> | null {
    const place = placeOf(value);
    const isOwn = place instanceof Wrapped && place.keeper === this.#keeper;
    return isOwn ? (place as Wrapped<B>) : null;
  }

  /** Frees the block inside. As `deallocate`. */
  give(place: Wrapped<B>, options: DeallocateOptions): boolean {
    const { block, layout } = place.inside;
    const isBack = this.#inner.deallocate(block, layout, options);
    place.fate = isBack ? 'freed' : 'abandoned';
    return isBack;
  }

  /** A Buffer over the block inside, reallocated to what `next` says, which has the same front. */
  change(place: Wrapped<B>, next: Shape, layout: Layout, options?: AllocateOptions): Buffer {
    const { block, layout: old } = place.inside;
    return this.#rewrap(
      place,
      this.#inner.reallocate(block, old, next.layout, options),
      next,
      layout,
    );
  }

  changeInPlace(place: Wrapped<B>, next: Shape, layout: Layout): Buffer | null {
    const { block, layout: old } = place.inside;
    const same = this.#inner.reallocateInPlace(block, old, next.layout);
    return same === null ? null : this.#rewrap(place, same, next, layout);
  }

  #rewrap(place: Wrapped<B>, block: B, { layout: inner, front }: Shape, layout: Layout): Buffer {
    const { state } = explain(place.inside.block);
    place.fate = state === 'abandoned' || state === 'leased' ? 'abandoned' : 'freed';
    return this.wrap({ block, layout: inner, front }, layout);
  }

  #place(buffer: Buffer): Wrapped<B> {
    return placeOf(buffer) as Wrapped<B>;
  }

  #lease(buffer: Buffer): Lease {
    const lease = this.#inner.lease(this.#place(buffer).inside.block);
    return openLease(buffer, { endLease: () => lease.dispose() });
  }

  #describe(buffer: Buffer): PlaceDescription {
    const place = this.#place(buffer);
    const { state, usableSize, leases, kept } = explain(place.inside.block);
    const usable = Math.max(usableSize, lengthOf(buffer));
    const { align, site } = place;
    const common = { owner: this.#keeper.pool, usable, align, leases, kept, site };
    return { ...common, state: stateOf(place.fate, state) };
  }

  #addressOf(buffer: Buffer): bigint {
    const { block, front } = this.#place(buffer).inside;
    return addressOf(block) + BigInt(front);
  }
}
