import { vi } from 'vitest';
import {
  ArenaAllocator,
  BufferPool,
  defineAllocator,
  Layout,
  ProxyAllocator,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator } from './contract.js';

const beyondMemory = Layout.from(1, 2 ** 52);
const refused = { layout: beyondMemory, code: 'OUT_OF_MEMORY' } as const;
const traits = {
  isNative: true,
  detaches: true,
  counts: true,
  peak: 'blocks',
  closes: true,
} as const;

// Of the functions below, which throw.
vi.spyOn(process, 'emitWarning').mockReturnValue();

/** Each of them does what it must not do. */
const hostile = (inner: { stats(): unknown }) => ({
  allocateSuccess: () => inner.stats(),
  allocateFail: () => {
    throw new Error('a logger that throws');
  },
  deallocate: () => {
    throw new Error('a logger that throws');
  },
  reallocateSuccess: () => Promise.reject(new Error('a logger that is rejected')),
  reallocateFail: () => null,
});

describeAllocator(
  'ProxyAllocator over SystemAllocator',
  () => ({ allocator: new ProxyAllocator(new SystemAllocator(), {}), refused }),
  traits,
);

describeAllocator(
  'ProxyAllocator over BufferPool with functions that throw',
  () => {
    const pool = new BufferPool(new ArenaAllocator());
    return { allocator: new ProxyAllocator(pool, hostile(pool)), refused };
  },
  { ...traits, detaches: false, leavesMemory: true },
);

describeAllocator(
  'ProxyAllocator over an object with two functions',
  () => ({
    allocator: new ProxyAllocator(
      defineAllocator({
        allocate(layout) {
          if (layout.align > 2 ** 30) return new SystemAllocator().allocate(layout);
          return new ArrayBuffer(layout.size);
        },
        deallocate: () => true,
      }),
      {},
    ),
    refused,
  }),
  { ...traits, isNative: false, detaches: false },
);
