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

const beyondMemory = Layout.from(1, 2 ** 52);

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
    refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
  }),
  { isNative: true, detaches: true, counts: false, peak: 'blocks', closes: false },
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
      refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
    };
  },
  { isNative: true, detaches: true, counts: true, peak: 'blocks', closes: true },
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
  { isNative: false, detaches: false, counts: true, peak: 'blocks', closes: true },
);
