/**
 * The addon: found, loaded, and typed. The only file that knows it is a shared library.
 *
 * What allocates and frees is asked through a mailbox, memory that the addon and this file share:
 * a number costs a store there, and ten times that as an argument. The functions never throw. They answer with what was asked for, or with a {@link Code}; second
 * results are in `mail`, to be read before anything else is called.
 */
import { createRequire } from 'node:module';
import type { Addon } from './addon.js';
import { heapwrightError, isHeapwrightError } from './errors.js';
import { NOWAIT, NOWARN, ZEROED } from './options.js';

/** Answers of the addon; a mirror of native/binding/codes.h. Below 0: refused, nothing changed. */
export const Code = Object.freeze({
  OK: 0,
  KEPT: 1,
  INVALID_ARG: -1,
  NOT_OWNED: -2,
  INTERIOR: -3,
  DETACHED: -4,
  ABANDONED: -5,
  LAYOUT_MISMATCH: -6,
  LEASED: -7,
  BUSY: -8,
  NOT_DETACHABLE: -9,
  CLOSED: -10,
  WRONG_THREAD: -11,
  EXTERNAL_UNSUPPORTED: -12,
  ENV_CLOSING: -13,
  OUT_OF_MEMORY: -14,
  LIMIT: -15,
  NOWAIT: -16,
  NOT_IN_PLACE: -17,
  CORRUPTED: -18,
  LOAD_FAILED: -19,
} as const);

/** Where in `mail` the second results are; a mirror of `hw_mail_t`. */
export const Mail = Object.freeze({
  INDEX: 0,
  GENERATION: 1,
  STATE: 2,
  KIND: 3,
  LEASES: 4,
  HEAP: 5,
  SIZE_LOW: 6,
  SIZE_HIGH: 7,
  LG_ALIGN: 8,
  OFFSET_LOW: 9,
  OFFSET_HIGH: 10,
  USABLE_LOW: 11,
  USABLE_HIGH: 12,
  START_LOW: 13,
  START_HIGH: 14,
} as const);

/** Where the words of a request are in the mailbox, after the answers; mirrors `hw_request_t`. */
export const Request = Object.freeze({ HEAP: 16, INDEX: 17, GENERATION: 18, FLAGS: 19 } as const);

/** Where the sizes of a request are, as doubles; mirrors `hw_request_size_t`. */
export const RequestSize = Object.freeze({
  SIZE: 0,
  ALIGN: 1,
  NEW_SIZE: 2,
  NEW_ALIGN: 3,
} as const);

/** What a record stands for; a mirror of `hw_record_kind_t`. */
export const Kind = Object.freeze({ BLOCK: 0, SLAB: 1, SCOPE: 2, RAW: 3 } as const);

/** A record's state; a mirror of `hw_record_state_t`, of those that keep a buffer attached. */
export const State = Object.freeze({ LIVE: 1, DOOMED: 2, ABANDONED: 3 } as const);

/** Flags of the allocating functions; mirrors of HW_ZEROED and its kin. */
export const Flag = Object.freeze({ NONE: 0, ZEROED, NOWAIT, NOWARN } as const);

/** More flags of `reallocateInPlace`: the block's pages may move to where there is room. */
export const MoveFlag = Object.freeze({ MAY_MOVE: 8 } as const);

/** Flags of `createHeap` for arenas; mirrors of HW_ARENA_HUGE_PAGES and its kin. */
export const ArenaFlag = Object.freeze({ NONE: 0, HUGE_PAGES: 4, NO_HUGE_PAGES: 8 } as const);

/** Flags of `deallocate`. */
export const FreeFlag = Object.freeze({ NONE: 0, REFUSE_WHEN_BUSY: 1 } as const);

/** More flags of `chunkFree`: the layout of the request has to be the block's. */
export const ChunkFlag = Object.freeze({ CHECK_LAYOUT: 2 } as const);

/** Where a heap of chunks looks for room; mirrors of `hw_chunk_fit_t`. */
export const Fit = Object.freeze({ NEXT_FIT: 0, BEST_FIT: 1 } as const);

/** What is wrong with a plug-in; a mirror of `hw_plugin_fault_t`. */
export const PluginFault = Object.freeze({
  SOUND: 0,
  UNLOADABLE: 1,
  NO_SYMBOL: 2,
  BAD_VERSION: 3,
  BAD_SIZE: 4,
  BAD_NAME: 5,
  NO_CREATE: 6,
  REFUSED: 7,
  NO_ALLOCATOR: 8,
  BAD_TABLE_VERSION: 9,
  NO_FUNCTIONS: 10,
} as const);

/** How urgently `pushCollection` asks; a mirror of `hw_pressure_t`. */
export const Pressure = Object.freeze({ HALF: 1, HIGH: 2 } as const);

/** What a test can switch off; a mirror of `hw_forced_t`. Each only makes the addon refuse more. */
export const Force = Object.freeze({
  NOTHING: 0,
  BUSY: 1,
  NO_EXTERNAL: 2,
  WRONG_THREAD: 4,
  OUT_OF_MEMORY: 8,
} as const);

/** The figures that `stats` answers with, in order; `orphaned` ones are of the whole process. */
export const STATS = Object.freeze([
  'liveBlocks',
  'liveBytes',
  'peakBytes',
  'mappedBytes',
  'abandonedBlocks',
  'abandonedBytes',
  'orphanedBlocks',
  'orphanedBytes',
  'allocations',
  'deallocations',
  'failures',
  'limit',
] as const);

/** The figures that `shareStats` answers with, in order: those of {@link STATS} that it has. */
export const SHARE_STATS = Object.freeze([
  'liveBlocks',
  'liveBytes',
  'peakBytes',
  'mappedBytes',
  'abandonedBlocks',
  'abandonedBytes',
  'allocations',
  'deallocations',
  'failures',
] as const);

/** The platform as prebuilt binaries are named, such as `linux-x64-glibc`. */
function platformName(): string {
  const { platform, arch } = process;
  if (platform !== 'linux') return `${platform}-${arch}`;
  const report = process.report?.getReport() as unknown as
    | { header?: { glibcVersionRuntime?: string } }
    | undefined;
  return `${platform}-${arch}-${report?.header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc'}`;
}

/** Where an addon may be, best first: chosen by the environment, built here, or shipped. */
function candidates(): string[] {
  const chosen = process.env.HEAPWRIGHT_BINARY;
  if (chosen !== undefined && chosen !== '') return [chosen];
  return ['../build/Release/heapwright.node', `../prebuilds/${platformName()}/heapwright.node`];
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'MODULE_NOT_FOUND';
}

function loadFailed(cause: unknown): Error {
  return heapwrightError('ERR_HEAPWRIGHT_LOAD_FAILED', {
    expected: `an addon for ${platformName()}, Node-API 8`,
    actual: isMissing(cause) ? 'no file' : 'a file that does not load',
    hint:
      'Build it with "npm install && npm run build" in a checkout of heapwright, ' +
      'and name the file in the environment variable HEAPWRIGHT_BINARY.',
    cause,
  });
}

function complete(addon: Partial<Addon>): Addon {
  if (addon.mailbox === undefined || addon.force === undefined) {
    throw heapwrightError('ERR_HEAPWRIGHT_LOAD_FAILED', {
      actual: 'an addon that could not set itself up: out of memory, or the thread is ending',
    });
  }
  return addon as Addon;
}

function load(): Addon {
  const require = createRequire(import.meta.url);
  let failure: unknown;
  for (const path of candidates()) {
    try {
      return complete(require(path) as Partial<Addon>);
    } catch (error) {
      if (isHeapwrightError(error)) throw error;
      // The permission model forbids addons: its own words are the best ones.
      if ((error as { code?: unknown } | null)?.code === 'ERR_DLOPEN_DISABLED') throw error;
      if (failure === undefined || !isMissing(error)) failure = error;
    }
  }
  throw loadFailed(failure);
}

const addon = load();
const words = new Uint32Array(addon.mailbox, 0, 24);
const sizes = new Float64Array(addon.mailbox, 96, 4);

// Constants of this file alone: the engine compiles them in, and looks up what is exported.
const { HEAP, INDEX, GENERATION, FLAGS } = Request;
const { SIZE, ALIGN, NEW_SIZE, NEW_ALIGN } = RequestSize;
const OK = Code.OK;

function request(heap: number, size: number, align: number, flags: number): void {
  words[HEAP] = heap;
  words[FLAGS] = flags;
  sizes[SIZE] = size;
  sizes[ALIGN] = align;
}

function name(index: number, generation: number): void {
  words[INDEX] = index;
  words[GENERATION] = generation;
}

/** A new block; its stamp is in the mail. */
function allocate(heap: number, size: number, align: number, flags: number): ArrayBuffer | number {
  request(heap, size, align, flags);
  return addon.allocate();
}

/** Memory without an ArrayBuffer; its stamp is in the mail, and its address as START. */
function allocateRaw(heap: number, size: number, align: number, flags: number): number {
  request(heap, size, align, flags);
  return addon.allocateRaw();
}

/** Memory that a pool cuts up; its stamp is in the mail. Ended by `endBlock`. */
function allocateSlab(
  heap: number,
  size: number,
  align: number,
  flags: number,
): ArrayBuffer | number {
  request(heap, size, align, flags);
  return addon.allocateSlab();
}

/** OK: the memory is back and the block detached. KEPT: it will be, later. */
function deallocate(
  heap: number,
  index: number,
  generation: number,
  block: ArrayBuffer,
  size: number,
  align: number,
  flags: number,
): number {
  request(heap, size, align, flags);
  name(index, generation);
  return addon.deallocate(block) ?? OK;
}

/** Asks `call` for a block's memory in another layout. */
function reallocator(call: (block: ArrayBuffer) => ArrayBuffer | number) {
  return (
    heap: number,
    index: number,
    generation: number,
    block: ArrayBuffer,
    size: number,
    align: number,
    newSize: number,
    newAlign: number,
    flags: number,
  ): ArrayBuffer | number => {
    request(heap, size, align, flags);
    name(index, generation);
    sizes[NEW_SIZE] = newSize;
    sizes[NEW_ALIGN] = newAlign;
    return call(block);
  };
}

/** A copy in a new block; the old one is left as it was. */
const reallocate = reallocator(addon.reallocate);
/** The same memory, or its pages elsewhere, in a new block; the old one is detached. */
const reallocateInPlace = reallocator(addon.reallocateInPlace);

/** The addon of this thread, as the rest of the package calls it. */
export const native = Object.freeze({
  ...addon,
  /** The answers; see {@link Mail}. */
  mail: words,
  /** Sizes of a request; see {@link RequestSize}. */
  sizes,
  allocate,
  allocateRaw,
  allocateSlab,
  deallocate,
  reallocate,
  reallocateInPlace,
});
