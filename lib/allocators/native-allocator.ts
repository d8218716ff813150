/**
 * An allocator whose memory is native: dedicated blocks of one heap in the addon. The kinds
 * (system, arena, ...) differ in C; here they are a name and some limits.
 */
import { constants } from 'node:buffer';
import { type AllocatorStats, BaseAllocator } from '../allocator.js';
import { classify, generationOf, indexOf, stamp, UNSTAMPED } from '../block.js';
import { allocChannel, announce, announceLimit, freeChannel, limitChannel } from '../channels.js';
import {
  type AllocReason,
  heapwrightError,
  invalidArgType,
  outOfMemory,
  outOfRange,
} from '../errors.js';
import { Layout, requireLayout } from '../layout.js';
import type { Lease } from '../lease.js';
import { forget, remember } from '../live-blocks.js';
import { Code, Flag, FreeFlag, Kind, Mail, MoveFlag, native, STATS, State } from '../native.js';
import {
  type AllocateRequest,
  type DeallocateOptions,
  flagsOf,
  throwsWhenBusy,
} from '../options.js';
import { forgetOwner, recordOf, refuseBlock, refuseCall, rememberOwner } from '../refusal.js';
import { type ArenaSettings, type ChunkSettings, createHeap } from './create-heap.js';
import { DecayTimer } from './decay-timer.js';
import { dependentsOf, detachDependent } from './dependents.js';
import { endBlocks, liveBlocksOf } from './end-blocks.js';
import { isRefusal, refuseRequest } from './refuse-request.js';

/** The longest ArrayBuffer that the engine makes. */
const LONGEST = constants.MAX_LENGTH;

/** What `util.inspect` and `console.log` call. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A heap id that no heap has: the allocator was disposed. */
const CLOSED = -1;

// Constants of this file alone: the engine compiles them in, and looks up what is imported.
const { mail, allocate, deallocate, reallocate, reallocateInPlace } = native;
const { INDEX, GENERATION } = Mail;
const { OK, KEPT } = Code;
const ZEROED = Flag.ZEROED;
const NOWARN = Flag.NOWARN;
const REFUSE_WHEN_BUSY = FreeFlag.REFUSE_WHEN_BUSY;
const WHENEVER = FreeFlag.NONE;
const MAY_MOVE = MoveFlag.MAY_MOVE;
const allocated = allocChannel;
const freed = freeChannel;
const refused = limitChannel;

/** Puts the stamp that the addon left in the mail on the buffer that it returned. */
function adopt(block: ArrayBuffer): ArrayBuffer {
  const index = mail[INDEX] as number;
  stamp(block, index, mail[GENERATION] as number);
  remember(index, block);
  return block;
}

function figuresOf(self: NativeAllocator): AllocatorStats {
  const figures = native.stats(heapOf(self));
  if (typeof figures === 'number') throw refuseCall(figures);
  const stats: Record<string, number> = {};
  for (const [at, name] of STATS.entries()) stats[name] = figures[at] as number;
  return Object.freeze(stats as unknown as AllocatorStats);
}

function usableSizeOf(self: NativeAllocator, layout: Layout): number {
  const { size, align } = requireLayout(layout, 'layout');
  const usable = native.usableSize(heapOf(self), size, align);
  if (usable < 0) throw refuseCall(usable);
  return usable;
}

function describeBytes(self: NativeAllocator): string {
  const { liveBlocks, liveBytes, peakBytes, mappedBytes, limit } = figuresOf(self);
  const most = limit === Number.POSITIVE_INFINITY ? '' : ` of ${limit}`;
  return `${liveBlocks} live, ${liveBytes}${most} bytes, peak ${peakBytes}, mapped ${mappedBytes}`;
}

function requireLength(layout: Layout, argument: string): void {
  if (layout.size <= LONGEST) return;
  throw outOfRange(`${argument}.size`, `at most ${LONGEST}, the longest ArrayBuffer`, layout.size);
}

/** A method that was borrowed or bound wrongly: INVALID_ARG_TYPE instead of the engine's error. */
let checkReceiver: (value: unknown) => void;
/** The heap of an allocator that is open: CLOSED otherwise. Checks the receiver too. */
let heapOf: (value: NativeAllocator) => number;
let startDecay: (value: NativeAllocator) => void;
/** The error for raw memory that an allocator refused with `code`. */
export let refuseRaw: (value: NativeAllocator, code: number, layout: Layout) => Error;

/**
 * The id of an allocator's heap, for raw memory of it and for what only its kind does.
 *
 * @throws CLOSED, INVALID_ARG_TYPE.
 */
export function heapIdOf(allocator: NativeAllocator): number {
  return heapOf(allocator);
}

/** Memory of its went back otherwise than by a call of its own. */
export function startDecayOf(allocator: NativeAllocator): void {
  startDecay(allocator);
}

/** An allocation, of a layout that was checked: a block, or the code of a refusal. */
function take(self: NativeAllocator, layout: Layout, flags: number): ArrayBuffer | number {
  const { size, align } = layout;
  if (size > LONGEST) requireLength(layout, 'layout');
  // After the options: a getter among them may have disposed the allocator.
  const block = allocate(heapOf(self), size, align, flags);
  if (typeof block === 'number') return block;
  adopt(block);
  if (allocated.hasSubscribers) announce(allocated, self, block, size);
  return block;
}

/** The whole way of a free. `layout` has been checked. */
function give(self: NativeAllocator, block: ArrayBuffer, layout: Layout, flags: number): number {
  const heap = heapOf(self);
  const index = indexOf(block);
  if (index === UNSTAMPED) throw refuseBlock(block, 'block');
  const { size, align } = layout;
  const code = deallocate(heap, index, generationOf(block), block, size, align, flags);
  if (code === OK) forget(index);
  if (code >= OK && freed.hasSubscribers) announce(freed, self, block, size);
  return code;
}

export abstract class NativeAllocator extends BaseAllocator<ArrayBuffer> {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #heap in value) return;
      throw invalidArgType('this', 'an allocator made by this package', value);
    };
    startDecay = (value) => value.startDecay();
    refuseRaw = (value, code, layout) => value.#refuseRequest(code, layout, ZEROED);
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
  readonly #mappedLimit: number;
  /** Null where freed memory does not wait for a while before it goes back. */
  readonly #decay: DecayTimer | null;

  /** `opened` is a heap that was made in the call before; without it one of `kind` is made. */
  protected constructor(
    kind: string,
    limit: number,
    arena?: ArenaSettings,
    chunk?: ChunkSettings,
    opened?: object,
  ) {
    super(kind);
    const anchor = opened ?? createHeap(kind, limit, arena, chunk);
    if (typeof anchor === 'number') throw this.#refuse(anchor);
    this.#heap = mail[INDEX] as number;
    this.#anchor = anchor;
    this.#mappedLimit = arena?.mappedLimit ?? Number.POSITIVE_INFINITY;
    this.#decay = (arena?.decayMs ?? 0) > 0 ? new DecayTimer(this.#heap) : null;
    rememberOwner(this.#heap, this);
  }

  override allocate(layout: Layout, options?: AllocateRequest): ArrayBuffer {
    requireLayout(layout, 'layout');
    const flags = options === undefined ? ZEROED : flagsOf(options);
    const block = take(this, layout, flags);
    if (typeof block !== 'number') return block;
    throw this.#refuseRequest(block, layout, flags);
  }

  override tryAllocate(layout: Layout, options?: AllocateRequest): ArrayBuffer | null {
    requireLayout(layout, 'layout');
    const flags = options === undefined ? ZEROED : flagsOf(options);
    const block = take(this, layout, flags);
    if (typeof block !== 'number') return block;
    if (!isRefusal(block)) throw this.#refuseRequest(block, layout, flags);
    if (refused.hasSubscribers && (flags & NOWARN) === 0) announceLimit(this, layout);
    return null;
  }

  override deallocate(block: ArrayBuffer, layout: Layout, options?: DeallocateOptions): boolean {
    requireLayout(layout, 'layout');
    const refuses = options !== undefined && throwsWhenBusy(options);
    const code = give(this, block, layout, refuses ? REFUSE_WHEN_BUSY : WHENEVER);
    if (code < OK) throw refuseBlock(block, 'block', code, layout);
    const decay = this.#decay;
    if (decay !== null && !decay.isRunning) decay.start();
    return code === OK;
  }

  override reallocate(
    block: ArrayBuffer | null,
    layout: Layout | null,
    newLayout: Layout,
    options?: AllocateRequest,
  ): ArrayBuffer {
    checkReceiver(this);
    if (block === null) return super.reallocate(block, layout, newLayout, options);
    const old = requireLayout(layout, 'layout');
    const next = this.#reallocate(block, old, newLayout, flagsOf(options));
    this.#decay?.start();
    return next;
  }

  #reallocate(block: ArrayBuffer, layout: Layout, newLayout: Layout, flags: number): ArrayBuffer {
    const mayMove = flags | MAY_MOVE;
    const same = this.#change(reallocateInPlace, block, layout, newLayout, mayMove);
    if (typeof same !== 'number') return same;
    if (same !== Code.NOT_IN_PLACE) throw this.#refuseChange(same, block, layout, newLayout, flags);

    const moved = this.#change(reallocate, block, layout, newLayout, flags);
    if (typeof moved === 'number') {
      throw this.#refuseChange(moved, block, layout, newLayout, flags);
    }
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
    throw this.#refuseChange(same, block, layout, newLayout, ZEROED);
  }

  override usableSize(layout: Layout): number {
    checkReceiver(this);
    return usableSizeOf(this, layout);
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
    return figuresOf(this);
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
    const dependents = dependentsOf(this);
    if (dependents.some((each) => each.hasLeases())) throw heapwrightError('ERR_HEAPWRIGHT_LEASED');
    liveBlocksOf(heap); // for its LEASED, before anything ends
    for (const each of dependents) {
      detachDependent(this, each);
      each.dispose();
    }
    if (this.#anchor === null) return; // by one of them
    const blocks = liveBlocksOf(heap);
    this.#heap = CLOSED;
    this.#anchor = null;
    this.#decay?.stop();
    forgetOwner(heap);
    endBlocks(blocks);
    native.closeHeap(heap);
  }

  /** Starts to give freed memory back, now and then, until none is left. */
  protected startDecay(): void {
    this.#decay?.start();
  }

  /** Why there is no memory for a request. */
  protected reasonOf(_layout: Layout): AllocReason {
    return 'os';
  }

  /** What is to be said of an allocator that answered what cannot be. */
  protected refuseAnswer(): Error {
    return refuseCall(Code.CORRUPTED);
  }

  /** One line for `util.inspect` and `console.log`. Never throws. */
  [INSPECT](): string {
    const isAllocator = #heap in this;
    if (!isAllocator) return 'NativeAllocator {}'; // the prototype
    return `[${this.name}: ${this.#heap === CLOSED ? 'closed' : describeBytes(this)}]`;
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
    const isSame = change === reallocateInPlace;
    if (isSame) forget(index);
    adopt(next);
    if (allocated.hasSubscribers) announce(allocated, this, next, newSize);
    if (isSame && freed.hasSubscribers) announce(freed, this, block, size);
    return next;
  }

  /** Whether a block that is detached was moved away, and not freed. */
  #isMoved(block: ArrayBuffer): boolean {
    return recordOf(block)?.attached === false;
  }

  #refuseChange(
    code: number,
    block: ArrayBuffer,
    layout: Layout,
    newLayout: Layout,
    flags: number,
  ): Error {
    if (code === Code.CORRUPTED) return this.refuseAnswer();
    return isRefusal(code)
      ? this.#refuseRequest(code, newLayout, flags)
      : refuseBlock(block, 'block', code, layout);
  }

  #refuseRequest(code: number, layout: Layout, flags: number): Error {
    if (code === Code.CORRUPTED) return this.refuseAnswer();
    if (refused.hasSubscribers && (flags & NOWARN) === 0) announceLimit(this, layout);
    const refusing = {
      allocator: this.name,
      mappedLimit: this.#mappedLimit,
      stats: () => figuresOf(this),
      usableSize: () => usableSizeOf(this, layout),
      reason: () => this.reasonOf(layout),
    };
    return refuseRequest(code, refusing, layout);
  }

  #refuse(code: number): Error {
    if (code === Code.INVALID_ARG) {
      return invalidArgType('kind', 'a kind of allocator that this addon has', this.name);
    }
    if (code !== Code.OUT_OF_MEMORY) return refuseCall(code);
    return outOfMemory({ layout: Layout.from(0), allocator: this.name, reason: 'os' });
  }
}
