import {
  ArenaAllocator,
  asBuffers,
  BufferPool,
  Checked,
  defineAllocator,
  Layout,
  SystemAllocator,
} from '../../lib/index.js';
import { describeAllocator } from './contract.js';

const refused = { layout: Layout.from(1, 2 ** 52), code: 'OUT_OF_MEMORY' } as const;
const traits = {
  isNative: true,
  detaches: true,
  counts: true,
  peak: 'blocks',
  closes: true,
} as const;

describeAllocator(
  'Checked over SystemAllocator',
  () => ({ allocator: new Checked(new SystemAllocator()), refused }),
  traits,
);

describeAllocator(
  'Checked over BufferPool',
  () => ({ allocator: new Checked(new BufferPool(new ArenaAllocator())), refused }),
  { ...traits, detaches: false, leavesMemory: true },
);

describeAllocator(
  'Checked over Buffers of dedicated blocks',
  () => ({ allocator: new Checked(asBuffers(new ArenaAllocator())), refused }),
  traits,
);

const LIMIT = 2 ** 24;

describeAllocator(
  'Checked without fill patterns over an object of the program that makes Buffers',
  () => ({
    allocator: new Checked(
      defineAllocator<Buffer>({
        allocate(layout) {
          if (layout.size <= LIMIT) return Buffer.from(new ArrayBuffer(layout.size));
          new SystemAllocator({ limit: LIMIT }).allocate(layout);
          throw new Error('the limit lets nothing so large through');
        },
        deallocate: () => true,
      }),
      { fill: false },
    ),
    refused: { layout: Layout.from(LIMIT + 1), code: 'LIMIT' },
  }),
  { ...traits, isNative: false, detaches: false },
);
