/** What is known to be true of a composition: which blocks live, with what in them. */
import { expect } from 'vitest';
import { type Block, isHeapwrightError, Layout } from '../../lib/index.js';
import { isZero, patternLength, writePattern } from '../conformance/contract/bytes.js';
import type { Random } from './random.js';
import type { Tree } from './tree.js';

interface Known {
  readonly layout: Layout;
  /** What it counted for when it was handed out. */
  readonly bytes: number;
  readonly seed: number;
}

/** Never more alive at once, so that all contents can be looked at often. */
const MOST_LIVE = 60;
const REFUSALS = ['ERR_HEAPWRIGHT_OUT_OF_MEMORY', 'ERR_HEAPWRIGHT_LIMIT'];

/** The code of what an action throws, which has to be an error of this package. */
function codeOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    if (isHeapwrightError(error)) return error.code;
    throw error;
  }
}

export class TreeModel<B extends Block> {
  readonly #tree: Tree<B>;
  readonly #random: Random;
  readonly #live = new Map<B, Known>();
  readonly #freed: [B, Layout][] = [];
  #seed = 0;
  served = 0;
  refused = 0;

  constructor(tree: Tree<B>, random: Random) {
    this.#tree = tree;
    this.#random = random;
  }

  /** One operation, of a random kind. */
  step(): void {
    const kind = this.#random.below(16);
    if (kind < 6) this.#allocate();
    else if (kind < 9) this.#free();
    else if (kind < 11) this.#reallocate();
    else if (kind < 12) this.#reallocateInPlace();
    else if (kind < 14) this.#misuse();
    else if (kind < 15) this.#freeTwice();
    else if (this.#random.below(8) === 0) this.check();
  }

  /** Every live block has its contents and its owner, and every node its figures. */
  check(): void {
    const { allocator } = this.#tree;
    let bytes = 0;
    for (const [block, known] of this.#live) {
      const { layout, seed } = known;
      expect(patternLength(block, seed)).toBe(layout.size);
      expect(allocator.owns(block)).toBe(true);
      bytes += known.bytes;
    }
    const { liveBlocks, liveBytes, abandonedBlocks } = allocator.stats();
    expect([liveBlocks, liveBytes, abandonedBlocks]).toEqual([this.#live.size, bytes, 0]);
    checkNode(this.#tree);
  }

  /** Ends the tree: nothing is left in any part of it. */
  end(): void {
    this.check();
    this.#tree.allocator.dispose();
    for (const child of this.#tree.children) {
      expect(child.allocator.stats().liveBlocks).toBe(0);
      checkNode(child);
    }
  }

  #layout(): Layout {
    const random = this.#random;
    const size = random.below(3) === 0 ? random.below(6000) : random.below(300);
    return Layout.from(size, 2 ** random.below(8));
  }

  #pick(): [B, Known] | undefined {
    return [...this.#live][this.#random.below(Math.max(1, this.#live.size))];
  }

  #allocate(): void {
    if (this.#live.size >= MOST_LIVE) {
      this.#free();
      return;
    }
    const layout = this.#layout();
    const before = this.#figures();
    const block = this.#tree.allocator.tryAllocate(layout);
    if (block === null) {
      this.refused++;
      expect(this.#figures()).toEqual(before);
      return;
    }
    this.served++;
    expect(block.byteLength).toBe(layout.size);
    expect(isZero(block)).toBe(true);
    this.#keep(block, layout);
  }

  #free(): void {
    const [block, known] = this.#pick() ?? [];
    if (block === undefined || known === undefined) return;
    expect(patternLength(block, known.seed)).toBe(known.layout.size);
    expect(this.#tree.allocator.deallocate(block, known.layout)).toBe(true);
    this.#drop(block, known.layout);
  }

  #reallocate(): void {
    const [block, known] = this.#pick() ?? [];
    if (block === undefined || known === undefined) return;
    const { allocator } = this.#tree;
    const layout = this.#layout();
    let next: B | undefined;
    const code = codeOf(() => {
      next = allocator.reallocate(block, known.layout, layout);
    });
    if (next === undefined) {
      expect(REFUSALS).toContain(code);
      expect(patternLength(block, known.seed)).toBe(known.layout.size);
      return;
    }
    this.#changed(block, known, next, layout);
  }

  #reallocateInPlace(): void {
    const [block, known] = this.#pick() ?? [];
    if (block === undefined || known === undefined) return;
    const layout = this.#layout();
    const next = this.#tree.allocator.reallocateInPlace(block, known.layout, layout);
    if (next !== null) this.#changed(block, known, next, layout);
  }

  #changed(block: B, known: Known, next: B, layout: Layout): void {
    const kept = Math.min(known.layout.size, layout.size);
    expect(next.byteLength).toBe(layout.size);
    expect(patternLength(next, known.seed)).toBeGreaterThanOrEqual(kept);
    expect(isZero(next, kept)).toBe(true);
    this.#drop(block, known.layout);
    this.#keep(next, layout);
  }

  /** A live block with the wrong layout, and memory of somebody else. */
  #misuse(): void {
    const { allocator } = this.#tree;
    const before = this.#figures();
    const [block, known] = this.#pick() ?? [];
    if (block !== undefined && known !== undefined) {
      const wrong = Layout.from(known.layout.size + 1, known.layout.align);
      expect(codeOf(() => allocator.deallocate(block, wrong))).toBe(
        'ERR_HEAPWRIGHT_LAYOUT_MISMATCH',
      );
      const foreign = Buffer.alloc(known.layout.size) as Block as B;
      expect(codeOf(() => allocator.deallocate(foreign, known.layout))).toBe(
        'ERR_HEAPWRIGHT_NOT_OWNED',
      );
      expect(allocator.owns(foreign)).toBe(false);
    }
    expect(this.#figures()).toEqual(before);
  }

  #freeTwice(): void {
    const [block, layout] = this.#freed[this.#random.below(Math.max(1, this.#freed.length))] ?? [];
    if (block === undefined || layout === undefined || this.#live.has(block)) return;
    const before = this.#figures();
    expect(codeOf(() => this.#tree.allocator.deallocate(block, layout))).toBe(
      'ERR_HEAPWRIGHT_DETACHED',
    );
    expect(this.#tree.allocator.owns(block)).toBe(false);
    expect(this.#figures()).toEqual(before);
  }

  #figures(): readonly number[] {
    const { liveBlocks, liveBytes, allocations, deallocations } = this.#tree.allocator.stats();
    return [liveBlocks, liveBytes, allocations, deallocations];
  }

  #keep(block: B, layout: Layout): void {
    const seed = ++this.#seed;
    writePattern(block, seed);
    const bytes = this.#tree.allocator.usableSize(layout);
    expect(bytes).toBeGreaterThanOrEqual(layout.size);
    this.#live.set(block, { layout, bytes, seed });
  }

  #drop(block: B, layout: Layout): void {
    this.#live.delete(block);
    this.#freed[this.#freed.length % 20] = [block, layout];
  }
}

/** What a node handed out is what its children did, if it makes no blocks of its own. */
function checkNode<B extends Block>({ allocator, children, isPlain, name }: Tree<B>): void {
  expect(allocator.verify()).toBe(true);
  if (isPlain && children.length > 0) {
    const below = children.reduce((sum, child) => sum + child.allocator.stats().liveBlocks, 0);
    expect([name, allocator.stats().liveBlocks]).toEqual([name, below]);
  }
  for (const child of children) checkNode(child);
}
