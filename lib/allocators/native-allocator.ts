/**
 * An allocator whose memory is native: dedicated blocks of one heap in the addon. The kinds
 * (system, arena, ...) differ in C; here they are a name and a limit.
 */
import { constants } from 'node:buffer';
import { type AllocatorStats, BaseAllocator } from '../allocator.js';
import { classify, generationOf, indexOf, stamp, UNSTAMPED } from '../block.js';
import {
  heapwrightError,
  invalidArgType,
  limitReached,
  outOfMemory,
  outOfRange,
} from '../errors.js';
import { Layout, requireLayout } from '../layout.js';
import type { Lease } from '../lease.js';
import { forget, recall, remember } from '../live-blocks.js';
import { Code, Flag, FreeFlag, Kind, Mail, native, STATS, State } from '../native.js';
import {
  type AllocateOptions,
  type DeallocateOptions,
  isUninitialized,
  throwsWhenBusy,
} from '../options.js';
import { forgetOwner, recordOf, refuseBlock, refuseCall, rememberOwner } from '../refusal.js';

/** The longest ArrayBuffer that the engine makes. */
const LONGEST = constants.MAX_LENGTH;

/** A heap id that no heap has: the allocator was disposed. */
const CLOSED = -1;

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { mail, allocate, deallocate, reallocate, reallocateInPlace } = native;
const { INDEX, GENERATION } = Mail;
const { OK, KEPT } = Code;
const ZEROED = Flag.ZEROED;
const UNINITIALIZED = Flag.NONE;
const REFUSE_WHEN_BUSY = FreeFlag.REFUSE_WHEN_BUSY;
const WHENEVER = FreeFlag.NONE;

/** Puts the stamp that the addon left in the mail on the buffer that it returned. */
function adopt(block: ArrayBuffer): ArrayBuffer {
  const index = mail[INDEX] as number;
  stamp(block, index, mail[GENERATION] as number);
  remember(index, block);
  return block;
}

/** Frees a block of a heap that is being closed, if the program still has it. */
function endBlock(index: number, generation: number): void {
  const block = recall(index);
  if (block === undefined || generationOf(block) !== generation) return;
  // What stays behind (busy, moved or not detachable) ends with its finalizer.
  if (native.endBlock(index, generation, block) === Code.OK) forget(index);
}

function statsOf(figures: readonly number[]): AllocatorStats {
  const stats: Record<string, number> = {};
  for (const [at, name] of STATS.entries()) stats[name] = figures[at] as number;
  return Object.freeze(stats as unknown as AllocatorStats);
}

function requireLength(layout: Layout, argument: string): void {
  if (layout.size <= LONGEST) return;
  throw outOfRange(`${argument}.size`, `at most ${LONGEST}, the longest ArrayBuffer`, layout.size);
}

/** A method that was borrowed or bound wrongly: INVALID_ARG_TYPE instead of the engine's error. */
let checkReceiver: (value: unknown) => void;
/** The heap of an allocator that is open: CLOSED otherwise. Checks the receiver too. */
let heapOf: (value: NativeAllocator) => number;

/** The whole way of an allocation: a block, or the code of a refusal. */
function take(
  self: NativeAllocator,
  layout: Layout,
  options: AllocateOptions | undefined,
): ArrayBuffer | number {
  const { size, align } = requireLayout(layout, 'layout');
  const flags = options !== undefined && isUninitialized(options) ? UNINITIALIZED : ZEROED;
  if (size > LONGEST) requireLength(layout, 'layout');
  // After the options: a getter among them may have disposed the allocator.
  const block = allocate(heapOf(self), size, align, flags);
  return typeof block === 'number' ? block : adopt(block);
}

/** The whole way of a free. `layout` has been checked. */
function give(self: NativeAllocator, block: ArrayBuffer, layout: Layout, flags: number): number {
  const heap = heapOf(self);
  const index = indexOf(block);
  if (index === UNSTAMPED) throw refuseBlock(block, 'block');
  const { size, align } = layout;
  const code = deallocate(heap, index, generationOf(block), block, size, align, flags);
  if (code === OK) forget(index);
  return code;
}

export abstract class NativeAllocator extends BaseAllocator<ArrayBuffer> {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #heap in value) return;
      throw invalidArgType('this', 'an allocator made by this package', value);
    };
    heapOf = (value) => {
      if (typeof value === 'object' && value !== null && #heap in value) {
        const heap = value.#heap;
        if (heap !== CLOSED) return heap;
      }
      checkReceiver(value);
      throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
    };
  }

  #heap: number;
  /** Keeps the heap open in the addon; when it is collected the heap ends with its last block. */
  #anchor: object | null;

  protected constructor(kind: string, limit: number) {
    super(kind);
    const anchor = native.createHeap(kind, limit);
    if (typeof anchor === 'number') throw this.#refuse(anchor);
    this.#heap = mail[INDEX] as number;
    this.#anchor = anchor;
    rememberOwner(this.#heap, this);
  }

  override allocate(layout: Layout, options?: AllocateOptions): ArrayBuffer {
    const block = take(this, layout, options);
    if (typeof block !== 'number') return block;
    throw this.#refuseRequest(block, layout);
  }

  override tryAllocate(layout: Layout, options?: AllocateOptions): ArrayBuffer | null {
    const block = take(this, layout, options);
    if (typeof block !== 'number') return block;
    if (block === Code.OUT_OF_MEMORY || block === Code.LIMIT) return null;
    throw this.#refuseRequest(block, layout);
  }

  override deallocate(block: ArrayBuffer, layout: Layout, options?: DeallocateOptions): boolean {
    requireLayout(layout, 'layout');
    const refuses = options !== undefined && throwsWhenBusy(options);
    const code = give(this, block, layout, refuses ? REFUSE_WHEN_BUSY : WHENEVER);
    if (code === OK) return true;
    if (code === KEPT) return false;
    throw refuseBlock(block, 'block', code, layout);
  }

  override reallocate(
    block: ArrayBuffer,
    layout: Layout,
    newLayout: Layout,
    options?: AllocateOptions,
  ): ArrayBuffer {
    checkReceiver(this);
    const flags = isUninitialized(options) ? UNINITIALIZED : ZEROED;
    const same = this.#change(reallocateInPlace, block, layout, newLayout, flags);
    if (typeof same !== 'number') return same;
    if (same !== Code.NOT_IN_PLACE) throw this.#refuseChange(same, block, layout, newLayout);

    const moved = this.#change(reallocate, block, layout, newLayout, flags);
    if (typeof moved === 'number') throw this.#refuseChange(moved, block, layout, newLayout);
    const code = give(this, block, layout, WHENEVER);
    if (code === OK || code === KEPT) return moved;
    give(this, moved, newLayout, WHENEVER);
    throw refuseBlock(block, 'block', code, layout);
  }

  override reallocateInPlace(
    block: ArrayBuffer,
    layout: Layout,
    newLayout: Layout,
  ): ArrayBuffer | null {
    checkReceiver(this);
    const same = this.#change(reallocateInPlace, block, layout, newLayout, ZEROED);
    if (typeof same !== 'number') return same;
    if (same === Code.NOT_IN_PLACE) return null;
    if (same === Code.DETACHED && this.#isMoved(block)) return null;
    throw this.#refuseChange(same, block, layout, newLayout);
  }

  override usableSize(layout: Layout): number {
    checkReceiver(this);
    const { size, align } = requireLayout(layout, 'layout');
    const usable = native.usableSize(heapOf(this), size, align);
    if (usable < 0) throw refuseCall(usable);
    return usable;
  }

  override owns(value: unknown): boolean {
    checkReceiver(this);
    const heap = this.#heap;
    if (heap === CLOSED) return false;
    const what = indexOf(value) === UNSTAMPED ? classify(value) : { kind: 'buffer' as const };
    const block = what.kind === 'view' ? what.buffer : value;
    if (indexOf(block) === UNSTAMPED) return false;
    const record = recordOf(block as object);
    return (
      record !== null &&
      record.heap === heap &&
      record.kind === Kind.BLOCK &&
      record.state === State.LIVE &&
      record.attached
    );
  }

  override lease(block: ArrayBuffer): Lease {
    const heap = heapOf(this);
    const record = indexOf(block) === UNSTAMPED ? null : recordOf(block);
    if (record !== null && record.kind === Kind.BLOCK && record.heap !== heap) {
      throw refuseBlock(block, 'block', Code.NOT_OWNED);
    }
    return super.lease(block);
  }

  override stats(): AllocatorStats {
    checkReceiver(this);
    const figures = native.stats(heapOf(this));
    if (typeof figures === 'number') throw refuseCall(figures);
    return statsOf(figures);
  }

  override verify(): true {
    checkReceiver(this);
    const answer = native.verify(heapOf(this));
    if (answer === Code.OK) return true;
    if (typeof answer === 'number') throw refuseCall(answer);
    throw heapwrightError('ERR_HEAPWRIGHT_CORRUPTED', { actual: `not true that ${answer}` });
  }

  override dispose(): void {
    checkReceiver(this);
    if (this.#anchor === null) return;
    const heap = this.#heap;
    const blocks = native.liveBlocks(heap);
    if (typeof blocks === 'number') {
      throw blocks === Code.LEASED ? heapwrightError('ERR_HEAPWRIGHT_LEASED') : refuseCall(blocks);
    }
    this.#heap = CLOSED;
    this.#anchor = null;
    forgetOwner(heap);
    for (let at = 0; at < blocks.length; at += 2) {
      endBlock(blocks[at] as number, blocks[at + 1] as number);
    }
    native.closeHeap(heap);
  }

  #change(
    change: typeof reallocate,
    block: ArrayBuffer,
    layout: Layout,
    newLayout: Layout,
    flags: number,
  ): ArrayBuffer | number {
    const { size, align } = requireLayout(layout, 'layout');
    const { size: newSize, align: newAlign } = requireLayout(newLayout, 'newLayout');
    requireLength(newLayout, 'newLayout');
    const heap = heapOf(this);
    const index = indexOf(block);
    if (index === UNSTAMPED) throw refuseBlock(block, 'block');
    const generation = generationOf(block);
    const next = change(heap, index, generation, block, size, align, newSize, newAlign, flags);
    if (typeof next === 'number') return next;
    if (change === reallocateInPlace) forget(index);
    return adopt(next);
  }

  /** Whether a block that is detached was moved away, and not freed. */
  #isMoved(block: ArrayBuffer): boolean {
    return recordOf(block)?.attached === false;
  }

  #refuseChange(code: number, block: ArrayBuffer, layout: Layout, newLayout: Layout): Error {
    const isRequest = code === Code.OUT_OF_MEMORY || code === Code.LIMIT || code === Code.NOWAIT;
    return isRequest
      ? this.#refuseRequest(code, newLayout)
      : refuseBlock(block, 'block', code, layout);
  }

  #refuseRequest(code: number, layout: Layout): Error {
    const allocator = this.name;
    switch (code) {
      case Code.OUT_OF_MEMORY:
        return outOfMemory({ layout, allocator, reason: 'os' });
      case Code.NOWAIT:
        return outOfMemory({ layout, allocator, reason: 'nowait' });
      case Code.LIMIT: {
        const { limit, liveBytes, abandonedBytes } = this.stats();
        return limitReached({ layout, allocator, limit, liveBytes, abandonedBytes });
      }
      default:
        return refuseCall(code);
    }
  }

  #refuse(code: number): Error {
    if (code === Code.INVALID_ARG) {
      return invalidArgType('kind', 'a kind of allocator that this addon has', this.name);
    }
    if (code !== Code.OUT_OF_MEMORY) return refuseCall(code);
    return outOfMemory({ layout: Layout.from(0), allocator: this.name, reason: 'os' });
  }
}
