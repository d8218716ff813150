import { compose, Layout } from '../../lib/index.js';
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
  'a composition of dedicated blocks',
  () => ({
    allocator: compose('segregate(<=4KB: fallback(chunk(16, 4KB), arena), else: system) | stats'),
    refused,
  }),
  traits,
);

describeAllocator(
  'a composition of a pool',
  () => ({ allocator: compose('fallback(null, pool) | checked | stats'), refused }),
  { ...traits, detaches: false },
);
