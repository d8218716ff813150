import { type Allocator, Layout, SystemAllocator } from '../../../lib/index.js';

declare const allocator: Allocator;
declare const block: ArrayBuffer;
const layout = Layout.from(64);

// expect TS2353
allocator.allocate(layout, { zeroed: true });

// expect TS2322
allocator.allocate(layout, { uninitialized: 1 });

// expect TS2322
allocator.deallocate(block, layout, { whenBusy: 'wait' });

// expect TS2322
new SystemAllocator({ limit: '1 GiB' });

// expect TS2561
new SystemAllocator({ limt: 64 });

// expect TS2540
allocator.stats().liveBytes = 0;

// expect TS2540
allocator.name = 'other';

// expect TS2540
allocator.allocate = () => block;
