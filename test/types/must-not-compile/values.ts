import { type Allocator, Box, box, Layout, structView, Vec, vec } from '../../../lib/index.js';

declare const block: ArrayBuffer;
const point = Layout.struct({ x: 'f64', id: 'u64', inner: Layout.struct({ tag: 'u8' }) });

// expect TS2345
Box.of('u128', 1);

// expect TS2345
Box.of('i32', 1n);

// expect TS2345
Box.of('i64', 1);

// expect TS2345
Box.of(Layout.from(8), 1);

// expect TS2554
Box.of('i32');

// expect TS2345
Box.of('i32', 1, {});

// expect TS2673
new Box();

// expect TS2769
box('4');

const four = box(4);
// expect TS2322
four.value = 4n;

// expect TS2540
Vec.of('i32').length = 0;

// expect TS2345
Vec.of('i32').push(1, 2n);

// expect TS2345
vec('f64', 1, '2');

// expect TS2322
export const last: number = vec('f64', 1).pop();

// expect TS2353
Box.of(point, { x: 1, id: 2n, inner: { tag: 1 }, y: 3 });

const view = structView(point, block);
// expect TS2322
view.x = 1n;

// expect TS2339
view.y;

// expect TS2322
view.inner.tag = 'a';

// expect TS2353
structView({ x: 'f64' }, block);

// expect TS2345
structView(point, [1, 2]);

declare const ofBuffers: Allocator<Buffer>;
// expect TS2345
ofBuffers.deallocate(Box.of('f64', 1, ofBuffers), point.layout);
