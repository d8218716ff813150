/** How ChunkPools are made and joined: what is read and refused before there is one. */
import { type ChunkFit, chunkSizeOption, fitOption } from '../allocators/chunk-options.js';
import { lengthOf } from '../block.js';
import { heapwrightError, invalidArgType, outOfMemory, outOfRange } from '../errors.js';
import { Layout } from '../layout.js';
import { Code } from '../native.js';
import { readOptions } from '../options.js';
import { refuseCall } from '../refusal.js';
import type { ChunkParts } from './chunk-blocks.js';
import {
  type ChunkMemory,
  isSharedMemory,
  requireMemory,
  requireWholeChunks,
  UseBits,
} from './chunk-memory.js';
import { isClaimed } from './memory-claim.js';
import { createShare, joinShare } from './share.js';

/** How a {@link ChunkPool} is made. */
export interface ChunkPoolOptions {
  /** Bytes of a chunk: a power of two from 8 on. Default 256. */
  readonly chunkSize?: number;
  /** Where it looks for room. Default `next-fit`. */
  readonly fit?: ChunkFit;
  /**
   * Over an ArrayBuffer only: where the pool shows which chunks are in use, a bit for each. It is
   * cleared and written, and never believed.
   */
  readonly bitmap?: Uint8Array;
}

/** What another thread needs to join a pool. Made to be posted. */
export interface SharedChunkPool {
  readonly memory: SharedArrayBuffer;
  /** Names the native state; worth nothing without the memory, in another process, or later. */
  readonly id: string;
}

const ID_LENGTH = 32;

function refuseClaimed(): Error {
  return heapwrightError('ERR_HEAPWRIGHT_BUSY', {
    hint: 'A pool lies over this memory: use it, dispose it, or attach to it by its `shared`.',
  });
}

/** The error for a pool that could not be made or joined. */
function refuseMaking(code: number): Error {
  switch (code) {
    case Code.BUSY:
      return refuseClaimed();
    case Code.CLOSED:
      return heapwrightError('ERR_HEAPWRIGHT_CLOSED', {
        hint: 'The pool that was posted has ended: keep it while others join.',
      });
    case Code.NOT_OWNED:
      return heapwrightError('ERR_HEAPWRIGHT_NOT_OWNED', {
        hint: 'Attach with what `shared` gave, the memory and the id together.',
      });
    case Code.OUT_OF_MEMORY:
      return outOfMemory({ layout: Layout.from(0), allocator: 'chunk-pool', reason: 'os' });
    case Code.LIMIT:
      return outOfMemory({ layout: Layout.from(0), allocator: 'chunk-pool', reason: 'limit' });
    case Code.INVALID_ARG:
      return outOfRange(
        'memory.byteLength',
        'less than 2^42 bytes, in at most 2^32 chunks',
        'more',
      );
    default:
      return refuseCall(code);
  }
}

/** A share over all of `memory`. */
export function makeParts(memory: ChunkMemory, options: ChunkPoolOptions | undefined): ChunkParts {
  const names = ['chunkSize', 'fit', 'bitmap'] as const;
  const given = options === undefined ? {} : readOptions(options, names);
  const chunkSize = chunkSizeOption(given.chunkSize, 'options.chunkSize');
  const fit = fitOption(given.fit, 'options.fit');
  const bytes = requireMemory(memory);
  requireWholeChunks(bytes, chunkSize);
  const isShared = isSharedMemory(memory);
  if (isShared && given.bitmap !== undefined) {
    throw invalidArgType('options.bitmap', 'left out over shared memory', given.bitmap);
  }
  const bits =
    given.bitmap === undefined
      ? null
      : new UseBits(given.bitmap, memory, chunkSize, lengthOf(bytes) / chunkSize);
  if (isClaimed(memory)) throw refuseClaimed();
  const made = createShare(bytes, chunkSize, fit, isShared);
  if (typeof made === 'number') throw refuseMaking(made);
  bits?.clear();
  return { memory, bytes, member: made.member, name: isShared ? made.name : null, bits };
}

/** Part in the share that `shared` names. */
export function joinParts(shared: SharedChunkPool): ChunkParts {
  const { memory, id } = readOptions(shared, ['memory', 'id']);
  if (!isSharedMemory(memory)) {
    throw invalidArgType('shared.memory', 'the SharedArrayBuffer of a pool', memory);
  }
  if (typeof id !== 'string' || id.length !== ID_LENGTH) {
    throw invalidArgType('shared.id', 'the id of a pool', id);
  }
  const bytes = requireMemory(memory);
  const member = joinShare(id, bytes);
  if (typeof member === 'number') throw refuseMaking(member);
  return { memory: memory as SharedArrayBuffer, bytes, member, name: id, bits: null };
}
