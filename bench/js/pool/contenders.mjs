/**
 * Who makes Buffers: `make({ size, bytes })` resolves to `{ allocate(size), free(block) }`, where
 * `size` is the only one asked for, if there is but one, and `bytes` is what the program will hold
 * at most. Each `allocate` writes one byte into the memory, whoever's it is. Each contender is made
 * in a process of its own, so that none can shape the engine's view of another.
 */
import { createRequire } from 'node:module';
import { fromRoot, rawRivalPath } from '../../../scripts/lib/project.mjs';

const require = createRequire(import.meta.url);

/** A bare view's slab, walked through again and again: nothing is ever freed. */
const SLAB_BYTES = 256 << 10;

/** What the collector frees needs no free. */
const dropped = () => {};

/** A heap of chunks with the usual sizes. */
async function makeChunks(memory) {
  const { ChunkPool } = await import('../../../dist/index.js');
  const pool = ChunkPool.over(memory);
  return {
    allocate(size) {
      const buffer = pool.allocUnsafe(size);
      buffer[0] = 1;
      return buffer;
    },
    free: (buffer) => pool.free(buffer),
  };
}

const HEAP_BYTES = 1 << 20;

async function makePool() {
  const { ArenaAllocator, BufferPool } = await import('../../../dist/index.js');
  return new BufferPool(new ArenaAllocator());
}

const MAKERS = {
  async pool() {
    const pool = await makePool();
    return {
      allocate(size) {
        const buffer = pool.allocUnsafe(size);
        buffer[0] = 1;
        return buffer;
      },
      free: (buffer) => pool.free(buffer),
    };
  },

  async poolAlloc() {
    const pool = await makePool();
    return {
      allocate(size) {
        const buffer = pool.alloc(size);
        buffer[0] = 1;
        return buffer;
      },
      free: (buffer) => pool.free(buffer),
    };
  },

  async recycling({ size }) {
    const { RecyclingPool } = await import('../../../dist/index.js');
    const recycling = new RecyclingPool(await makePool(), size);
    return {
      allocate() {
        const buffer = recycling.allocUnsafe();
        buffer[0] = 1;
        return buffer;
      },
      free: (buffer) => recycling.free(buffer),
    };
  },

  /** Not a Buffer but a lease on one, taken and disposed. */
  async lease({ size }) {
    const pool = await makePool();
    const buffer = pool.allocUnsafe(size);
    return { allocate: () => pool.lease(buffer), free: (lease) => lease.dispose() };
  },

  chunks: () => makeChunks(new ArrayBuffer(HEAP_BYTES)),
  sharedChunks: () => makeChunks(new SharedArrayBuffer(HEAP_BYTES)),

  async bareView() {
    const slab = new ArrayBuffer(SLAB_BYTES);
    let at = 0;
    return {
      allocate(size) {
        if (at + size > SLAB_BYTES) at = 0;
        const view = new Uint8Array(slab, at, size);
        at += (size + 15) & ~15;
        view[0] = 1;
        return view;
      },
      free: dropped,
    };
  },

  async allocUnsafe() {
    return {
      allocate(size) {
        const buffer = Buffer.allocUnsafe(size);
        buffer[0] = 1;
        return buffer;
      },
      free: dropped,
    };
  },

  async allocUnsafeSlow() {
    return {
      allocate(size) {
        const buffer = Buffer.allocUnsafeSlow(size);
        buffer[0] = 1;
        return buffer;
      },
      free: dropped,
    };
  },

  async alloc() {
    return {
      allocate(size) {
        const buffer = Buffer.alloc(size);
        buffer[0] = 1;
        return buffer;
      },
      free: dropped,
    };
  },

  /** Its one ArrayBuffer is made at once, as large as its design wants it: room to spare. */
  async thing({ bytes }) {
    const { MemPool } = await import('@thi.ng/malloc');
    const pool = new MemPool({ size: bytes * 2 + (4 << 20), align: 16 });
    return {
      allocate(size) {
        const view = pool.mallocAs('u8', size);
        view[0] = 1;
        return view;
      },
      free: (view) => pool.free(view),
    };
  },

  /** An ArrayBuffer of its own over malloc, detached and freed at once: bench/rivals/raw.c. */
  async external() {
    const addon = require(fromRoot(rawRivalPath));
    return {
      allocate(size) {
        const view = new Uint8Array(addon.allocate(size, false));
        view[0] = 1;
        return view;
      },
      free: (view) => addon.deallocate(view.buffer),
    };
  },

  /** malloc and free of the C library, called from JavaScript. */
  async ffi() {
    const { dlopen, toArrayBuffer } = await import('node:ffi');
    const { malloc, free } = dlopen(null, {
      malloc: { arguments: ['u64'], return: 'pointer' },
      free: { arguments: ['pointer'], return: 'void' },
    }).functions;
    return {
      allocate(size) {
        const pointer = malloc(BigInt(size));
        const view = new Uint8Array(toArrayBuffer(pointer, size, false));
        view[0] = 1;
        return { pointer, view };
      },
      free: ({ pointer }) => free(pointer),
    };
  },
};

/** Column titles. */
export const TITLES = {
  pool: 'pool',
  poolAlloc: 'pool.alloc',
  recycling: 'RecyclingPool',
  lease: 'lease',
  chunks: 'ChunkPool',
  sharedChunks: 'shared ChunkPool',
  oneHeap: 'one heap',
  fourHeaps: 'a heap each',
  bareView: 'bare view',
  allocUnsafe: 'allocUnsafe',
  allocUnsafeSlow: 'allocUnsafeSlow',
  alloc: 'Buffer.alloc',
  thing: '@thi.ng/malloc',
  external: 'external',
  ffi: 'node:ffi',
};

export const isThere = (contender, runtime) => contender !== 'ffi' || runtime.hasFfi;

export const makeContender = (contender, needs) => MAKERS[contender](needs);
