import { type Allocator, Layout } from '../../../lib/index.js';

declare const allocator: Allocator;
declare const block: ArrayBuffer;
const layout = Layout.from(64);

// expect TS2554
allocator.allocate();

// expect TS2345
allocator.allocate(64);

// expect TS2345
allocator.allocate({ size: 64, align: 8 });

// expect TS2554
allocator.deallocate(block);

// expect TS2554
allocator.reallocate(block, layout);

// expect TS2345
Layout.from('64');

// expect TS2345
Layout.from(64n);

// expect TS2345
Layout.from(64, '16');

// expect TS2345
Layout.of('u128');

// expect TS2673
new Layout(64, 8);

// expect TS2540
layout.size = 65;

// expect TS2540
layout.align = 16;

// expect TS2339
Layout.struct({ id: 'u32' }).offsets.name;
