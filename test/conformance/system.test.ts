import { Layout, SystemAllocator } from '../../lib/index.js';
import { describeAllocator } from './contract.js';

const NATIVE = {
  isNative: true,
  detaches: true,
  counts: true,
  peak: 'blocks',
  closes: true,
} as const;
const LIMIT = 256 * 2 ** 20;

/** More than any address space has. */
const beyondMemory = Layout.from(1, 2 ** 52);

describeAllocator(
  'SystemAllocator',
  () => ({
    allocator: new SystemAllocator(),
    refused: { layout: beyondMemory, code: 'OUT_OF_MEMORY' },
  }),
  NATIVE,
);

describeAllocator(
  'SystemAllocator with a limit',
  () => ({
    allocator: new SystemAllocator({ limit: LIMIT }),
    refused: { layout: Layout.from(LIMIT + 1), code: 'LIMIT' },
  }),
  NATIVE,
);
