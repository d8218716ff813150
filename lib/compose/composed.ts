import type { Allocator, AllocatorStats } from '../allocator.js';
import { heapwrightError, invalidArgType } from '../errors.js';
import { explain } from '../introspection.js';
import type { Layout } from '../layout.js';
import type { AllocateOptions } from '../options.js';
import { trustAllocator } from '../trust.js';
import { ledgerOf } from './composite.js';
import { PassThrough } from './pass-through.js';
import type { BuiltNode } from './text/builder.js';

/** What there is to say about one node of a composition. */
export interface NodeReport {
  /** The part of the text that it was made of, as it is printed. */
  readonly text: string;
  readonly stats: AllocatorStats;
}

/** What a composition is made of. */
export interface ComposedParts {
  readonly text: string;
  readonly root: Allocator<Buffer>;
  readonly nodes: readonly BuiltNode[];
  dispose(): void;
}

let checkReceiver: (value: unknown) => void;

/**
 * What {@link compose} makes. Its `dispose` ends all that was made of its text; the program's own
 * parts live on. `String(composed)` is text that makes the same again.
 */
export class Composed extends PassThrough<Buffer> {
  static {
    trustAllocator(Composed);
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #parts in value) return;
      throw invalidArgType('this', 'what compose() returned', value);
    };
  }

  readonly #parts: ComposedParts;

  constructor(parts: ComposedParts) {
    super('composed', parts.root);
    this.#parts = parts;
  }

  /** Every node with its figures, the outer before the inner. */
  report(): readonly NodeReport[] {
    checkReceiver(this);
    ledgerOf(this);
    const { nodes } = this.#parts;
    const row = ({ text, allocator }: BuiltNode) => ({ text, stats: allocator.stats() });
    return Object.freeze(nodes.map((node) => Object.freeze(row(node))));
  }

  override toString(): string {
    checkReceiver(this);
    return this.#parts.text;
  }

  protected override take(layout: Layout, options: AllocateOptions): Buffer {
    return this.#requireBuffer(super.take(layout, options), layout);
  }

  protected override tryTake(layout: Layout, options: AllocateOptions): Buffer | null {
    const block = super.tryTake(layout, options);
    return block === null ? null : this.#requireBuffer(block, layout);
  }

  /** Of a block that was freed too: what it is made of ends with this node. */
  protected override requireFree(block: Buffer): void {
    if (explain(block).leases > 0) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
  }

  protected override describe(): string {
    return `, ${this.#parts.text}`;
  }

  protected override end(): void {
    this.#parts.dispose();
  }

  /** A part may be an allocator of the other kind where types were not looked at. */
  #requireBuffer(block: Buffer, layout: Layout): Buffer {
    if (ArrayBuffer.isView(block)) return block;
    this.inner.deallocate(block, layout);
    throw invalidArgType('parts', 'allocators of Buffers: asBuffers() makes such a one', block);
  }
}
