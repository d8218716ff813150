import {
  type AllocateOptions,
  AllocError,
  BaseAllocator,
  type DeallocateOptions,
  defineAllocator,
  Layout,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator } from './contract.js';
import { beyondMemory, DEDICATED } from './subjects.js';

/** The least that a class can do: everything else is inherited. */
class Minimal extends BaseAllocator<ArrayBuffer> {
  readonly #system = new SystemAllocator();

  override allocate(layout: Layout, options?: AllocateOptions): ArrayBuffer {
    return this.#system.allocate(layout, options);
  }

  override deallocate(block: ArrayBuffer, layout: Layout, options?: DeallocateOptions): boolean {
    return this.#system.deallocate(block, layout, options);
  }
}

describeAllocator(
  'a class with allocate and deallocate',
  () => ({
    allocator: new Minimal(),
    refused: beyondMemory,
  }),
  { ...DEDICATED, counts: false, closes: false },
);

describeAllocator(
  'defineAllocator over SystemAllocator',
  () => {
    const system = new SystemAllocator();
    return {
      allocator: defineAllocator({
        allocate: (layout, options) => system.allocate(layout, options),
        deallocate: (block: ArrayBuffer, layout, options) =>
          system.deallocate(block, layout, options),
        reallocateInPlace: (block, layout, next) => system.reallocateInPlace(block, layout, next),
        usableSize: (layout) => system.usableSize(layout),
        dispose: () => system.dispose(),
      }),
      refused: beyondMemory,
    };
  },
  DEDICATED,
);

const MOST = 2 ** 24;

function allocatePlain(layout: Layout): ArrayBuffer {
  if (layout.size <= MOST) return new ArrayBuffer(layout.size);
  throw new AllocError('ERR_HEAPWRIGHT_OUT_OF_MEMORY', 'more than a plain allocator gives', {
    layout,
    allocator: 'plain',
    reason: 'too-large',
  });
}

describeAllocator(
  'defineAllocator over ArrayBuffer',
  () => ({
    allocator: defineAllocator({ allocate: allocatePlain, deallocate: () => true }),
    refused: { layout: Layout.from(MOST + 1), code: 'OUT_OF_MEMORY' },
  }),
  { ...DEDICATED, isNative: false, detaches: false },
);
