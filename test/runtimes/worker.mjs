// A thread that ends with eight blocks.
import { workerData } from 'node:worker_threads';
import { Layout, SystemAllocator } from '../../dist/index.js';

const allocator = new SystemAllocator();
const layout = Layout.from(4096);
globalThis.held = Array.from({ length: 8 }, () => allocator.allocate(layout));
if (workerData.isFreed) for (const block of held) allocator.deallocate(block, layout);
