import { createRequire } from 'node:module';
import { fromRoot, rawRivalPath } from '../../scripts/lib/project.mjs';

const require = createRequire(import.meta.url);

/**
 * How each contender makes one block of `size` bytes and ends it: a function that answers whether
 * the block is gone. What is dropped for the collector to find counts as gone. Each is made in a
 * process of its own, so that none can shape the engine's view of another.
 */
const MAKERS = {
  async heapwright(size, zeroed) {
    const { Layout, SystemAllocator } = await import('../../dist/index.js');
    const allocator = new SystemAllocator();
    const layout = Layout.from(size);
    if (zeroed) return () => allocator.deallocate(allocator.allocate(layout), layout);
    const options = Object.freeze({ uninitialized: true }); // as a program in a hurry keeps them
    return () => allocator.deallocate(allocator.allocate(layout, options), layout);
  },

  async raw(size, zeroed) {
    const addon = require(fromRoot(rawRivalPath));
    return () => addon.deallocate(addon.allocate(size, zeroed));
  },

  async alloc(size) {
    return () => Buffer.alloc(size) !== null;
  },

  async allocUnsafe(size) {
    return () => Buffer.allocUnsafe(size) !== null;
  },

  async allocUnsafeSlow(size) {
    return () => Buffer.allocUnsafeSlow(size) !== null;
  },

  async arrayBuffer(size) {
    return () => new ArrayBuffer(size) !== null;
  },
};

/** Column titles, in the order of the table. */
export const TITLES = {
  heapwright: 'heapwright',
  raw: 'raw C addon',
  alloc: 'Buffer.alloc',
  arrayBuffer: 'new ArrayBuffer',
  allocUnsafe: 'allocUnsafe',
  allocUnsafeSlow: 'allocUnsafeSlow',
};

/** Who can do what: `Buffer.alloc` has no memory that is not zeroed, `allocUnsafe` none that is. */
export const CONTENDERS = {
  zeroed: ['heapwright', 'raw', 'alloc', 'arrayBuffer'],
  uninitialized: ['heapwright', 'raw', 'allocUnsafe', 'allocUnsafeSlow'],
};

export const makePair = (contender, size, zeroed) => MAKERS[contender](size, zeroed);
