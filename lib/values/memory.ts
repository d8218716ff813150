/**
 * The block under a Box or Vec. Nobody else has it, so that it is freed once; yet its allocator may
 * end before it does, and then its memory is gone.
 */
import type { Block } from '../block.js';
import type { SomeAllocator } from '../default/origin.js';
import { release, request, resize } from '../default/requests.js';
import { heapwrightError, isHeapwrightError } from '../errors.js';
import type { Layout } from '../layout.js';
import type { Home } from './element.js';
import { Span } from './span.js';

/** A constant, which costs an allocation nothing. All that is read was written before. */
const UNINITIALIZED = Object.freeze({ uninitialized: true });

/** What a free says of a block that went with its allocator. */
const GONE: ReadonlySet<unknown> = new Set([
  'ERR_HEAPWRIGHT_CLOSED',
  'ERR_HEAPWRIGHT_DETACHED',
  'ERR_HEAPWRIGHT_ABANDONED',
]);

interface Held {
  readonly block: Block;
  readonly layout: Layout;
  readonly span: Span;
}

export class Memory implements Home {
  readonly #allocator: SomeAllocator;
  /** Null while nothing was needed yet. */
  #held: Held | null = null;
  #hasEnded = false;
  /** The allocator is at work, and may be code of the program's that comes back here. */
  #isChanging = false;

  constructor(allocator: SomeAllocator) {
    this.#allocator = allocator;
  }

  open(end: number): DataView {
    this.requireThere();
    const held = this.#held;
    if (held === null) throw heapwrightError('ERR_HEAPWRIGHT_DETACHED');
    return held.span.open(end);
  }

  /** Whether its bytes can be used. */
  isThere(): boolean {
    if (this.#hasEnded) return false;
    return this.#held === null || this.#held.span.has(this.#held.layout.size);
  }

  /** DETACHED once it has ended, or its allocator has. */
  requireThere(): void {
    if (this.isThere()) return;
    throw heapwrightError('ERR_HEAPWRIGHT_DETACHED', {
      hint: 'A Box or Vec ends with dispose(), with take(), and with its allocator.',
    });
  }

  /** As {@link requireThere}, and BUSY while the allocator is at work on it. */
  requireIdle(): void {
    this.requireThere();
    if (this.#isChanging) throw heapwrightError('ERR_HEAPWRIGHT_BUSY');
  }

  /** Makes it a block of `layout`, with the bytes of the one before. On any error nothing changes. */
  change(layout: Layout): void {
    this.requireIdle();
    const held = this.#held;
    this.#isChanging = true;
    try {
      const block =
        held === null
          ? request(this.#allocator, layout, UNINITIALIZED)
          : resize(this.#allocator, held.block, held.layout, layout, UNINITIALIZED);
      this.#held = { block, layout, span: new Span(block) };
    } finally {
      this.#isChanging = false;
    }
  }

  /** Frees the block; a second call does nothing. */
  end(): void {
    if (this.#hasEnded) return;
    if (this.#isChanging) throw heapwrightError('ERR_HEAPWRIGHT_BUSY');
    const isThere = this.isThere();
    const held = this.#held;
    this.#hasEnded = true;
    this.#held = null;
    if (held === null || !isThere) return;
    try {
      release(this.#allocator, held.block, held.layout);
    } catch (error) {
      if (isHeapwrightError(error) && GONE.has(error.code)) return;
      this.#held = held;
      this.#hasEnded = false;
      throw error;
    }
  }
}
