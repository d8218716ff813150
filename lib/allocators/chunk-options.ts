/** What heaps of chunks may be told, and what they tell of themselves. */
import { type AllocReason, invalidArgType, outOfRange } from '../errors.js';
import { Fit, native } from '../native.js';
import { refuseCall } from '../refusal.js';

/**
 * Where a heap of chunks looks for room: `next-fit`, the first run that is large enough, from
 * behind the last block on; or `best-fit`, the smallest that is large enough.
 */
export type ChunkFit = 'next-fit' | 'best-fit';

/** Chunks of a heap where nobody says how many. */
export const DEFAULT_CHUNKS = 4096;
/** Bytes of a chunk where nobody says how many. */
export const DEFAULT_CHUNK_SIZE = 256;

const LEAST_CHUNK = 8;
const LARGEST_CHUNK = 2 ** 52;
const { isSafeInteger, MAX_SAFE_INTEGER } = Number;

/** Whether figures are asked of a heap of blocks, or of the share of a pool. */
export const Of = Object.freeze({ HEAP: 0, SHARE: 1 } as const);

export function chunkSizeOption(value: unknown, name: string): number {
  if (value === undefined) return DEFAULT_CHUNK_SIZE;
  if (typeof value !== 'number') throw invalidArgType(name, 'a number', value);
  const isPower = isSafeInteger(value) && value > 0 && Number.isInteger(Math.log2(value));
  if (isPower && value >= LEAST_CHUNK && value <= LARGEST_CHUNK) return value;
  throw outOfRange(name, `a power of two from ${LEAST_CHUNK} to 2^52`, value);
}

/** How many chunks; all of them together have to be a number that counts exactly. */
export function chunksOption(value: unknown, chunkSize: number, name: string): number {
  if (value === undefined) return DEFAULT_CHUNKS;
  if (typeof value !== 'number') throw invalidArgType(name, 'a number', value);
  const most = Math.floor(MAX_SAFE_INTEGER / chunkSize);
  if (isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw outOfRange(name, `an integer from 1 to ${most}`, value);
}

export function fitOption(value: unknown, name: string): number {
  if (value === undefined || value === 'next-fit') return Fit.NEXT_FIT;
  if (value === 'best-fit') return Fit.BEST_FIT;
  throw invalidArgType(name, "'next-fit' or 'best-fit'", value);
}

function requireList(answer: readonly number[] | number): readonly number[] {
  if (typeof answer !== 'number') return answer;
  throw refuseCall(answer);
}

/** A heap's chunks, as numbers. */
export function readChunks(of: number, id: number) {
  const list = requireList(native.chunkInfo(of, id)) as readonly [number, number, number, number];
  const [capacity, chunkSize, chunkCount, freeChunks] = list;
  return { capacity, chunkSize, chunkCount, freeChunks };
}

/** The chunks in use, in percent, to two decimals. */
export function readUsage(of: number, id: number): number {
  const { chunkCount, freeChunks } = readChunks(of, id);
  return Math.round(((chunkCount - freeChunks) / chunkCount) * 100 * 100) / 100;
}

/** The length of the longest free run, in chunks. */
export function readLargestFreeRun(of: number, id: number): number {
  return requireList(native.chunkRoom(of, id, 0, 1))[0] as number;
}

/** The bytes that a block takes up. */
export function readUsableSize(of: number, id: number, size: number, align: number): number {
  return requireList(native.chunkRoom(of, id, size, align))[2] as number;
}

/** Why a request was refused for want of memory. */
export function readReason(of: number, id: number, size: number, align: number): AllocReason {
  const room = requireList(native.chunkRoom(of, id, size, align));
  const [longest, everFits, bytes] = room as readonly [number, number, number];
  if (everFits === 0) return 'too-large';
  const { chunkSize, freeChunks } = readChunks(of, id);
  const wanted = Math.ceil(bytes / chunkSize);
  if (freeChunks < wanted || size === 0) return 'full';
  // A run that is long enough may lie at the wrong places for the alignment.
  return longest < wanted || align > chunkSize ? 'fragmented' : 'os';
}
