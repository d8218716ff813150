import { Layout, loadAllocator } from '../../lib/index.js';
import { compile } from '../support/compile.js';
import { describeAllocator, type Traits } from './contract.js';

const rounded = compile('examples/plugin/rounded.c');
const traits: Traits = {
  isNative: true,
  detaches: true,
  counts: true,
  peak: 'blocks',
  closes: true,
};

describeAllocator(
  'the allocator of a plug-in',
  () => ({
    allocator: loadAllocator(rounded),
    refused: { layout: Layout.from(1, 2 ** 52), code: 'OUT_OF_MEMORY' },
  }),
  traits,
);

describeAllocator(
  'the allocator of a plug-in with a limit',
  () => ({
    allocator: loadAllocator(rounded, { limit: 2 ** 26 }),
    refused: { layout: Layout.from(2 ** 26 + 1), code: 'LIMIT' },
  }),
  traits,
);
