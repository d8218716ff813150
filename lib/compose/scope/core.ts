/**
 * One scope: what it has of which region, what is nested in it, and its end. Knows nothing of
 * Buffers but where there is room for them.
 */
import { isOutOfMemory } from '../../allocator.js';
import { announceLimit, limitChannel } from '../../channels.js';
import { type AllocError, heapwrightError, outOfMemory } from '../../errors.js';
import { Layout } from '../../layout.js';
import { Code, Pressure } from '../../native.js';
import { NOWAIT, NOWARN } from '../../options.js';
import { pushLater } from '../../pool/pressure.js';
import type { Keeper } from '../../pool/stamp.js';
import { refuseCall } from '../../refusal.js';
import type { Escapes } from './escapes.js';
import { NOWHERE, Part } from './part.js';
import { growthOf, type Region, type RegionSource, windowOf } from './region.js';

/** What a scope can do. */
export const ScopeState = Object.freeze({
  OPEN: 0,
  /** Its hooks run: Buffers can be freed, and nothing else. */
  ENDING: 1,
  ENDED: 2,
} as const);

export type ScopeState = (typeof ScopeState)[keyof typeof ScopeState];

/** What a Scoped and all scopes inside it have in common. */
export interface Family {
  readonly name: string;
  readonly source: RegionSource;
  readonly escapes: Escapes;
  /** Bytes of the first region. */
  readonly size: number;
  /** Whether more regions are taken when the first one is full. */
  readonly grows: boolean;
}

export class ScopeCore {
  readonly family: Family;
  readonly outer: ScopeCore | null;
  /** The scope that is open inside this one, which can do nothing meanwhile. */
  inner: ScopeCore | null = null;
  state: ScopeState = ScopeState.OPEN;
  /** Where Buffers are cut from now. */
  part: Part = NOWHERE;
  /** Every part with Buffers, the oldest first. */
  readonly parts: Part[] = [];
  /** Called at the end. */
  readonly hooks: (() => unknown)[] = [];
  /** Bytes that it has when it is empty, without growth. */
  capacity = 0;
  /** Buffers that were freed, requests that were refused, and the most bytes that were live. */
  freed = 0;
  failures = 0;
  peak = 0;
  readonly #keeper: Keeper;
  /** Those that it took itself. */
  readonly #regions: Region[] = [];
  /** Bytes that it has a right to, and no region for: what it had was given up. */
  #owed = 0;
  #isStarted = false;
  /** Where it begins: for what would never fit. */
  #address = 0;

  constructor(family: Family, outer: ScopeCore | null, keeper: Keeper) {
    this.family = family;
    this.outer = outer;
    this.#keeper = keeper;
    if (outer === null) {
      this.capacity = family.size;
      this.#owed = family.size;
      this.#isStarted = true;
      if (family.size > 0) this.#address = this.#open(family.size, 1).region.address;
    } else {
      outer.inner = this;
    }
  }

  /** Whether it takes requests. */
  get isOpen(): boolean {
    return this.inner === null && this.state === ScopeState.OPEN;
  }

  /** Throws unless it does. */
  requireOpen(): void {
    this.requireUsable();
    if (this.state !== ScopeState.OPEN) {
      throw scoped('The scope is at its end: its hooks can look at its memory, and free it.');
    }
  }

  /** The same for what is possible in its hooks too. */
  requireUsable(): void {
    this.requireThere();
    if (this.inner !== null) {
      throw scoped('A scope is open inside this one: work with that, or end it first.');
    }
  }

  /** The same for what is possible while a scope is open inside. */
  requireThere(): void {
    if (this.state !== ScopeState.ENDED) return;
    if (this.outer === null) throw heapwrightError('ERR_HEAPWRIGHT_CLOSED');
    throw scoped('The scope has ended, and with it all its memory.');
  }

  /** The part that has room for a Buffer, which then begins at `part.startOf(align)`. */
  reserve(size: number, align: number, flags: number): Part {
    for (;;) {
      this.requireOpen();
      const part = this.#ground(size, align, flags);
      this.requireOpen(); // a parent that is the program's own has run
      if (part === null) {
        if (!this.family.grows) throw this.#refuse(size, align, flags);
        this.#grow(size, align, flags);
      } else if (part.isDisturbed) {
        part.region.isTainted = true;
        this.#leave();
      } else {
        const end = part.startOf(align) + size;
        if (end <= part.end) return part;
        if (end <= part.room && part.room > 0) this.widen(part, end, part.bump);
        else if (this.family.grows) this.#grow(size, align, flags);
        else throw this.#refuse(size, align, flags);
      }
    }
  }

  /** An ArrayBuffer over the part, from `start` to at least `end`: a part of its own if it has one. */
  widen(part: Part, end: number, start: number): Part {
    const { region, origin } = part;
    const next = part.isWrapped ? new Part(this.#keeper, region, origin + start, part) : part;
    const code = next.wrap(windowOf(next.room, end - (next === part ? 0 : start)));
    if (code === Code.OUT_OF_MEMORY) throw this.#refuse(end - start, 1, 0, 'os');
    if (code !== Code.OK) throw refuseCall(code);
    this.parts.push(next);
    this.part = next;
    return next;
  }

  /** Ends a part of memory that was given up, when the last Buffer of it was freed. */
  retire(part: Part): void {
    if (!part.isUnused || !part.region.isTainted) return;
    this.#finish(part);
    this.parts.splice(this.parts.indexOf(part), 1);
    this.#dropRegion(part.region);
  }

  /** The most bytes that were live at once, those of scopes inside included. */
  notePeak(): void {
    const bytes = this.liveBytes;
    if (bytes > this.peak) this.peak = bytes;
  }

  get liveBytes(): number {
    let bytes = 0;
    for (const part of this.parts) bytes += part.bytes + part.abandonedBytes;
    return bytes;
  }

  /** Bytes of the regions that it took itself. */
  get ownBytes(): number {
    return this.#regions.reduce((sum, { size }) => sum + size, 0);
  }

  /** Bytes that are left, without growth. */
  get room(): number {
    if (!this.#isStarted) return this.outer?.room ?? 0;
    return this.part === NOWHERE ? this.#owed : this.part.room - this.part.bump;
  }

  /** The name of an invariant that does not hold, or null. */
  get broken(): string | null {
    if (this.parts.some((part) => !part.isHeld)) return 'the memory of every part is held';
    for (const { bump, end, isWrapped, bytes, blocks, leases, room } of this.parts) {
      if (isWrapped && (bump < 0 || bump > end || end > room)) return 'a part is used to its end';
      if (bytes > bump || blocks < 0 || bytes < 0 || leases < 0)
        return 'the sums of a part are its';
    }
    return null;
  }

  /** All its memory goes; the scope outside is the innermost one again. */
  end(): void {
    if (this.state === ScopeState.ENDED) return;
    this.notePeak();
    this.state = ScopeState.ENDED;
    this.part = NOWHERE;
    for (const part of this.parts.reverse()) this.#finish(part);
    this.parts.length = 0;
    for (const region of this.#regions) this.family.source.release(region);
    this.#regions.length = 0;
    if (this.outer !== null) this.outer.#regain(this);
  }

  #regain(inner: ScopeCore): void {
    this.inner = null;
    this.peak = Math.max(this.peak, this.liveBytes + inner.peak);
    this.freed += inner.freed;
    this.failures += inner.failures;
    if (this.part.region.isTainted) this.#leave();
  }

  #finish(part: Part): void {
    if (part.finish()) this.freed += part.blocks + part.abandonedBlocks;
    else this.family.escapes.add(part);
  }

  /** The part that Buffers are cut from; null where no memory is left without growth. */
  #ground(size: number, align: number, flags: number): Part | null {
    if (!this.#isStarted) this.#start(size, align, flags);
    if (this.part !== NOWHERE) return this.part;
    if (this.#owed === 0) return null;
    return this.#try(() => this.#open(this.#owed, 1), size, align, flags);
  }

  /** Goes on where the scope outside has stopped. */
  #start(size: number, align: number, flags: number): void {
    const outer = this.outer as ScopeCore;
    const part = outer.#ground(size, align, flags);
    this.#isStarted = true;
    if (part === null) return;
    const below = part.isWrapped ? part : part.below;
    this.part = new Part(this.#keeper, part.region, part.origin + part.bump, below);
    this.capacity = this.part.room;
    this.#address = part.region.address + this.part.origin;
  }

  #grow(size: number, align: number, flags: number): void {
    const bytes = growthOf(this.family.size, size);
    this.#try(() => this.#open(bytes, align), size, align, flags);
  }

  /** Goes on in a new region. */
  #open(bytes: number, align: number): Part {
    const { source } = this.family;
    const before = this.part;
    const region = source.take(bytes, align);
    if (this.state === ScopeState.ENDED || this.part !== before) {
      source.release(region); // a parent that is the program's own was faster
      return this.part;
    }
    if (before !== NOWHERE) this.#leave();
    this.#owed = 0;
    this.#regions.push(region);
    this.part = new Part(this.#keeper, region, 0, null);
    return this.part;
  }

  /** What `open` gives; where the parent has no memory, the error of this scope says so. */
  #try(open: () => Part, size: number, align: number, flags: number): Part {
    if ((flags & NOWAIT) !== 0) throw this.#refuse(size, align, flags, 'nowait');
    const { escapes } = this.family;
    escapes.sweep();
    try {
      return open();
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      if (!escapes.isEmpty) pushLater(Pressure.HIGH);
      throw this.#refuse(size, align, flags, (error as AllocError).reason, error);
    }
  }

  /** Nothing more is cut from the part at hand. */
  #leave(): void {
    const { part } = this;
    this.#owed = part.room - part.bump;
    this.part = NOWHERE;
    if (part.isWrapped) this.retire(part);
    else this.#dropRegion(part.region);
  }

  /** Gives a region of its own back that none of its Buffers lie in any more. */
  #dropRegion(region: Region): void {
    const at = this.#regions.indexOf(region);
    if (at < 0 || this.parts.some((part) => part.region === region)) return;
    this.#regions.splice(at, 1);
    this.family.source.release(region);
  }

  #refuse(
    size: number,
    align: number,
    flags: number,
    reason?: AllocError['reason'],
    cause?: unknown,
  ): Error {
    this.failures++;
    const layout = Layout.from(size, align);
    const allocator = this.family.name;
    if (limitChannel.hasSubscribers && (flags & NOWARN) === 0) {
      announceLimit(this.#keeper.pool, layout);
    }
    return outOfMemory({ layout, allocator, reason: reason ?? this.#reason(size, align), cause });
  }

  #reason(size: number, align: number): AllocError['reason'] {
    const start = Math.ceil(this.#address / align) * align - this.#address;
    return start + size > this.capacity || this.capacity === 0 ? 'too-large' : 'full';
  }
}

/** SCOPED: what to do instead. */
export function scoped(hint: string): Error {
  return heapwrightError('ERR_HEAPWRIGHT_SCOPED', { hint });
}
