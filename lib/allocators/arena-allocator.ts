import type { AllocatorStats } from '../allocator.js';
import { heapwrightError, invalidArgType, outOfRange } from '../errors.js';
import { ArenaFlag, Code, native } from '../native.js';
import { limitOption, readOptions } from '../options.js';
import { refuseCall } from '../refusal.js';
import { trustAllocator } from '../trust.js';
import type { ArenaSettings } from './create-heap.js';
import { dependentsOf } from './dependents.js';
import { endBlocks, liveBlocksOf } from './end-blocks.js';
import { heapIdOf, NativeAllocator } from './native-allocator.js';

const { parse } = JSON;
const { freeze } = Object;

/** How an {@link ArenaAllocator} is made. */
export interface ArenaAllocatorOptions {
  /** The most usable bytes in use at once, abandoned ones included. Default: none (Infinity). */
  readonly limit?: number;
  /**
   * The most bytes of pages, in use or free and not given back yet. Free pages are given back
   * before a request is refused. Default: none (Infinity).
   */
  readonly mappedLimit?: number;
  /**
   * Over how many milliseconds freed pages go back to the system. 0: at once; Infinity: only on
   * `purge()`. Default 1000.
   */
  readonly decayMs?: number;
  /**
   * Checks beyond the exact ones that every arena makes. Not available yet: `true` is refused with
   * OUT_OF_RANGE, so that no program believes it has them.
   */
  readonly hardened?: boolean;
  /** True: ask the system for huge pages; false: ask for none. Default: as the system does. */
  readonly hugePages?: boolean;
}

/** One size class of an arena. */
export interface ArenaClassStats {
  /** Bytes of a block; 0 for the row of all large blocks. */
  readonly size: number;
  readonly liveBlocks: number;
  readonly liveBytes: number;
  readonly allocations: number;
  /** Blocks that are free and kept at hand. */
  readonly cachedBlocks: number;
  /** Runs of pages that blocks of this class are cut from. */
  readonly slabs: number;
  readonly slabBytes: number;
}

/** What an arena holds of the system, in bytes. */
interface ArenaPages {
  /** Pages with blocks in them. */
  readonly activeBytes: number;
  /** Pages that are free and were not given back yet. */
  readonly dirtyBytes: number;
  /** Addresses kept for blocks to grow; no memory. */
  readonly headroomBytes: number;
  /** Addresses owned. */
  readonly segmentBytes: number;
  /** At most, beside the blocks. */
  readonly metadataBytes: number;
  /** Mappings of their own that moves of large blocks cost the system. */
  readonly movedRanges: number;
  /** Wrong frees that were noticed late and ignored; native code only can make them. */
  readonly misuses: number;
}

/** The figures of an arena; `mappedBytes` is active and dirty bytes together. */
export interface ArenaStats extends AllocatorStats, ArenaPages {
  /** The most bytes of pages. */
  readonly mappedLimit: number;
  /** The classes that were ever used, by size; the large blocks last. Blocks abandoned are in. */
  readonly classes: readonly ArenaClassStats[];
}

/** One run of an arena's pages. */
export interface ArenaMapEntry {
  /**
   * `slab`: blocks of one size; `large`: one block; `retired`: never used again; `dirty`: free, not
   * given back yet; `clean`: free addresses without memory.
   */
  readonly kind: 'slab' | 'large' | 'retired' | 'dirty' | 'clean';
  readonly bytes: number;
  /** Of a slab: bytes of a block. */
  readonly blockSize?: number;
  /** Of a slab: blocks that are not free. */
  readonly blocks?: number;
}

const NAMES = ['limit', 'mappedLimit', 'decayMs', 'hardened', 'hugePages'] as const;
const LONGEST_DECAY = 2 ** 31 - 1;
const DEFAULT_DECAY = 1000;
const NEVER = -1;

function booleanOption(value: unknown, name: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw invalidArgType(`options.${name}`, 'a boolean', value);
}

function decayOption(value: unknown): number {
  if (value === undefined) return DEFAULT_DECAY;
  if (typeof value !== 'number') throw invalidArgType('options.decayMs', 'a number', value);
  if (value === Number.POSITIVE_INFINITY) return NEVER;
  if (Number.isInteger(value) && value >= 0 && value <= LONGEST_DECAY) return value;
  throw outOfRange('options.decayMs', `an integer from 0 to ${LONGEST_DECAY}, or Infinity`, value);
}

function refuseHardened(value: unknown): void {
  if (booleanOption(value, 'hardened') !== true) return;
  throw outOfRange('options.hardened', 'false: this version has no hardened arenas', value);
}

function hugePagesFlag(value: unknown): number {
  const hugePages = booleanOption(value, 'hugePages');
  if (hugePages === undefined) return ArenaFlag.NONE;
  return hugePages ? ArenaFlag.HUGE_PAGES : ArenaFlag.NO_HUGE_PAGES;
}

interface Settings extends ArenaSettings {
  readonly limit: number;
}

function readSettings(options: ArenaAllocatorOptions | undefined): Settings {
  const given = options === undefined ? {} : readOptions(options, NAMES);
  refuseHardened(given.hardened);
  return {
    limit: limitOption(given.limit, 'limit'),
    mappedLimit: limitOption(given.mappedLimit, 'mappedLimit'),
    decayMs: decayOption(given.decayMs),
    flags: hugePagesFlag(given.hugePages),
  };
}

function requireText(answer: string | number): string {
  if (typeof answer === 'string') return answer;
  throw refuseCall(answer);
}

let checkReceiver: (value: unknown) => void;

/**
 * Memory in size classes with an exact check of every free: small blocks share pages with others
 * of their size, large ones are runs of pages that grow, shrink and move without being copied.
 * What is freed is used again, and what is not used goes back to the system after a while.
 *
 * @example
 * const arena = new ArenaAllocator({ limit: 256 * 2 ** 20, decayMs: 500 });
 * const small = Layout.from(100, 16);
 * const block = arena.allocate(small);
 * arena.usableSize(small); // 112: what the block takes up
 * arena.deallocate(block, small); // true
 * arena.reset(); // frees whatever is left
 */
export class ArenaAllocator extends NativeAllocator {
  static {
    checkReceiver = (value) => {
      if (typeof value === 'object' && value !== null && #mappedLimit in value) return;
      throw invalidArgType('this', 'an ArenaAllocator', value);
    };
  }

  readonly #mappedLimit: number;

  constructor(options?: ArenaAllocatorOptions) {
    const { limit, ...settings } = readSettings(options);
    super('arena', limit, settings);
    this.#mappedLimit = settings.mappedLimit;
  }

  /**
   * Frees every live block and leaves the arena open. As with `deallocate`, what an operation in
   * flight may still use comes back later.
   *
   * @throws LEASED: a lease is open. BUSY: a pool or scope lives on the arena. Nothing was freed.
   */
  reset(): void {
    checkReceiver(this);
    const heap = heapIdOf(this);
    if (dependentsOf(this).length > 0) {
      throw heapwrightError('ERR_HEAPWRIGHT_BUSY', {
        hint: 'Dispose the pools and scopes on the arena first.',
      });
    }
    endBlocks(liveBlocksOf(heap));
    this.startDecay();
  }

  /** Gives all free pages back to the system, now. */
  purge(): void {
    checkReceiver(this);
    const code = native.purge(heapIdOf(this));
    if (code !== Code.OK) throw refuseCall(code);
  }

  /** The figures of all allocators, those of pages, and a row for each size class in use. */
  override stats(): ArenaStats {
    checkReceiver(this);
    const figures = super.stats();
    const text = requireText(native.arenaStats(heapIdOf(this)));
    const json = parse(text) as ArenaPages & { readonly classes: readonly ArenaClassStats[] };
    for (const row of json.classes) freeze(row);
    return freeze({
      ...figures,
      mappedLimit: this.#mappedLimit,
      activeBytes: json.activeBytes,
      dirtyBytes: json.dirtyBytes,
      headroomBytes: json.headroomBytes,
      segmentBytes: json.segmentBytes,
      metadataBytes: json.metadataBytes,
      movedRanges: json.movedRanges,
      misuses: json.misuses,
      classes: freeze(json.classes),
    });
  }

  /**
   * The arena's pages as runs, by address: what they hold and how long they are. No addresses: two
   * entries in a row need not be neighbours.
   */
  heapMap(): readonly ArenaMapEntry[] {
    checkReceiver(this);
    const entries = parse(requireText(native.arenaMap(heapIdOf(this)))) as ArenaMapEntry[];
    for (const entry of entries) freeze(entry);
    return freeze(entries);
  }
}

trustAllocator(ArenaAllocator);
