import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Allocator, type Block, Layout } from '../../../lib/index.js';
import { idle } from '../../support/idle.js';
import type { Contract, Traits } from '../contract.js';
import { isZero, patternLength, writePattern } from './bytes.js';

const RUNS = 10;
const OPERATIONS_PER_RUN = 200;
/** So that the slowest allocator of them all is not asked to copy for minutes. */
const LARGEST = 20_000;

interface Operation {
  readonly kind: 'allocate' | 'free' | 'reallocate' | 'inPlace' | 'verify';
  readonly layout: Layout;
  /** Which of the live blocks, modulo their number. */
  readonly pick: number;
}

const layouts = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: LARGEST })),
    fc.integer({ min: 0, max: 12 }),
  )
  .map(([size, lgAlign]) => Layout.from(size, 2 ** lgAlign));

const operations: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('allocate', 'allocate', 'free', 'reallocate', 'inPlace', 'verify'),
  layout: layouts,
  pick: fc.nat(),
});

/** What is known to be true of an allocator: which blocks live, how large, with what in them. */
class Model<B extends Block> {
  readonly #allocator: Allocator<B>;
  readonly #traits: Traits;
  readonly #live = new Map<B, { layout: Layout; seed: number }>();
  #seed = 0;

  constructor(allocator: Allocator<B>, traits: Traits) {
    this.#allocator = allocator;
    this.#traits = traits;
  }

  run({ kind, layout, pick }: Operation): void {
    if (kind === 'allocate') this.#allocate(layout);
    else if (kind === 'verify') this.check();
    else {
      const block = [...this.#live.keys()][pick % Math.max(1, this.#live.size)];
      if (block === undefined) return;
      if (kind === 'free') this.#free(block);
      else this.#change(kind, block, layout);
    }
  }

  /** Every live block has its contents, and the figures are the model's. */
  check(): void {
    expect(this.#allocator.verify()).toBe(true);
    let bytes = 0;
    for (const [block, { layout, seed }] of this.#live) {
      expect(patternLength(block, seed), `${layout}`).toBe(layout.size);
      expect(this.#allocator.owns(block)).toBe(this.#traits.counts);
      bytes += this.#allocator.usableSize(layout);
    }
    if (!this.#traits.counts) return;
    const { liveBlocks, liveBytes } = this.#allocator.stats();
    expect([liveBlocks, liveBytes]).toEqual([this.#live.size, bytes]);
  }

  freeAll(): void {
    for (const block of [...this.#live.keys()]) this.#free(block);
  }

  #allocate(layout: Layout): void {
    const block = this.#allocator.allocate(layout);
    expect(block.byteLength).toBe(layout.size);
    expect(isZero(block)).toBe(true);
    this.#keep(block, layout);
  }

  #free(block: B): void {
    const { layout, seed } = this.#known(block);
    expect(patternLength(block, seed)).toBe(layout.size);
    expect(this.#allocator.deallocate(block, layout)).toBe(true);
    this.#live.delete(block);
  }

  #change(kind: 'reallocate' | 'inPlace', block: B, next: Layout): void {
    const { layout, seed } = this.#known(block);
    const changed =
      kind === 'reallocate'
        ? this.#allocator.reallocate(block, layout, next)
        : this.#allocator.reallocateInPlace(block, layout, next);
    if (changed === null) return;
    const kept = Math.min(layout.size, next.size);
    expect(changed.byteLength).toBe(next.size);
    expect(patternLength(changed, seed)).toBeGreaterThanOrEqual(kept);
    expect(isZero(changed, kept)).toBe(true);
    this.#live.delete(block);
    this.#keep(changed, next);
  }

  #keep(block: B, layout: Layout): void {
    this.#seed++;
    writePattern(block, this.#seed);
    this.#live.set(block, { layout, seed: this.#seed });
  }

  #known(block: B): { layout: Layout; seed: number } {
    const known = this.#live.get(block);
    if (known === undefined) throw new Error('the model picked a block that is not live');
    return known;
  }
}

export function describeModel<B extends Block>({ make, traits }: Contract<B>): void {
  describe('any sequence of calls', () => {
    it(`keeps every block apart, over ${RUNS * OPERATIONS_PER_RUN} of them`, async () => {
      const size = { minLength: OPERATIONS_PER_RUN, maxLength: OPERATIONS_PER_RUN };
      await idle(); // and nothing below gives the loop a turn
      fc.assert(
        fc.property(fc.array(operations, size), (sequence) => {
          const model = new Model(make().allocator, traits);
          for (const operation of sequence) model.run(operation);
          model.check();
          model.freeAll();
          model.check();
        }),
        { numRuns: RUNS },
      );
    });
  });
}
