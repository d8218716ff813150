import {
  type Allocator,
  ArenaAllocator,
  asBuffers,
  BaseAllocator,
  Box,
  BufferPool,
  Checked,
  compose,
  Fallback,
  FreeList,
  Layout,
  Limited,
  NullAllocator,
  ProxyAllocator,
  Scoped,
  Segregator,
  Stats,
  SystemAllocator,
} from '../../../lib/index.js';

const layout = Layout.from(64);
const system = new SystemAllocator();
const pool = new BufferPool(new ArenaAllocator());
const scoped = new Scoped(system, { size: 1024 });
const list = new FreeList(system, { size: 64, max: 8 });

/** Scopes are of Buffers, whatever is under them. */
// expect TS2322
export const scopes: Allocator<ArrayBuffer> = scoped;

// expect TS2345
scoped.deallocate(new ArrayBuffer(64), layout);

// expect TS2322
export const inScope: ArrayBuffer = scoped.scope((scope) => scope.allocate(layout));

/** A node is of one kind. */
// expect TS2345
new Fallback(system, pool);

// expect TS2345
new Fallback(pool, system);

// expect TS2345
new Segregator(1024, pool, system);

// expect TS2345
new Segregator(1024, list, scoped);

new Segregator([
  { max: 64, allocator: pool },
  // expect TS2322
  { max: Number.POSITIVE_INFINITY, allocator: system },
]);

// expect TS2345
pool.withFallback(system);

// expect TS2345
list.withFallback(scoped);

/** A node is of the kind that is inside it. */
// expect TS2345
new FreeList<Buffer>(system, { size: 64, max: 8 });

// expect TS2322
export const limited: Allocator<ArrayBuffer> = new Limited(pool, { bytes: 1024 });

// expect TS2345
new Stats<Buffer>(system);

// expect TS2345
new Checked<ArrayBuffer>(pool);

// expect TS2345
asBuffers(pool);

// expect TS2345
asBuffers(scoped);

// expect TS2322
compose('mine', { mine: system });

/** Blocks of another kind go in nowhere. */
// expect TS2345
new Limited(pool, { bytes: 1024 }).deallocate(new ArrayBuffer(64), layout);

// expect TS2345
new Fallback(system, new NullAllocator()).deallocate(Buffer.alloc(64), layout);

// expect TS2345
compose('pool').reallocate(new ArrayBuffer(64), layout, layout);

new ProxyAllocator(pool, {
  // expect TS2322
  deallocate: (block: ArrayBuffer) => block,
});

/** A class of the program's is of one kind in every node. */
class OfBuffers extends BaseAllocator<Buffer> {
  override allocate({ size }: Layout): Buffer {
    return Buffer.alloc(size);
  }
  override deallocate(): boolean {
    return true;
  }
}

// expect TS2345
new Fallback(system, new OfBuffers());

// expect TS2740
Box.of('u8', 1, { allocate: () => new ArrayBuffer(8) });
