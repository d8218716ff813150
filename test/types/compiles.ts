/**
 * What has to compile. Nothing here is run: the type check of the whole project is the test. What
 * must not compile is in must-not-compile/.
 */
import {
  type AllocateOptions,
  type Allocator,
  type AllocatorStats,
  AllocError,
  type AllocErrorHook,
  type AllocReason,
  type AnyAllocator,
  addressOf,
  allocate,
  BaseAllocator,
  type Block,
  Box,
  box,
  type DeallocateOptions,
  deallocate,
  defineAllocator,
  type ErrorCode,
  explain,
  isHeapwrightError,
  Layout,
  type Lease,
  type RuntimeInfo,
  reallocate,
  runtimeInfo,
  SystemAllocator,
  setAllocErrorHook,
  setGlobalAllocator,
  structView,
  Vec,
  vec,
  withAllocator,
  withBudget,
} from '../../lib/index.js';

/** Compiles only where `A` and `B` are the same type. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const yes = <T extends true>(answer: T): T => answer;

const layout = Layout.from(64, 16);
const system = new SystemAllocator({ limit: 2 ** 20 });

/** Allocator is, without an argument, one of ArrayBuffers. */
export const ofArrayBuffers: Allocator = system;
export const named: Allocator<ArrayBuffer> = ofArrayBuffers;

export function everyOperation(allocator: Allocator): void {
  const block = allocator.allocate(layout, { uninitialized: true });
  yes<Same<typeof block, ArrayBuffer>>(true);
  const perhaps = allocator.tryAllocate(layout);
  yes<Same<typeof perhaps, ArrayBuffer | null>>(true);
  const same = allocator.reallocateInPlace(block, layout, layout);
  yes<Same<typeof same, ArrayBuffer | null>>(true);
  const freed = allocator.deallocate(block, layout, { whenBusy: 'throw' });
  yes<Same<typeof freed, boolean>>(true);
  const sound = allocator.verify();
  yes<Same<typeof sound, true>>(true);
  const stats: AllocatorStats = allocator.stats();
  const address = addressOf(block);
  yes<Same<typeof address, bigint>>(true);
  const lease: Lease = allocator.lease(block);
  lease.dispose();
  allocator.owns('anything at all');
  explain('anything at all');
  allocator.usableSize(layout) + stats.liveBytes;
}

/** A function for allocators of any kind of block. */
export function twice<B extends Block>(allocator: Allocator<B>): [B, B] {
  return [allocator.allocate(layout), allocator.allocate(layout)];
}
export const arrayBuffers: [ArrayBuffer, ArrayBuffer] = twice(system);

/** Inheriting, with as few parameters as are needed. */
export class Least extends BaseAllocator {
  override allocate({ size }: Layout): ArrayBuffer {
    return new ArrayBuffer(size);
  }
  override deallocate(): boolean {
    return true;
  }
}
export class Buffers extends BaseAllocator<Buffer> {
  constructor() {
    super('buffers');
  }
  override allocate(request: Layout, options?: AllocateOptions): Buffer {
    const { size } = request;
    return options?.uninitialized === true ? Buffer.allocUnsafe(size) : Buffer.alloc(size);
  }
  override deallocate(_block: Buffer, _layout: Layout, options?: DeallocateOptions): boolean {
    return options?.whenBusy !== 'throw';
  }
}
export const buffers: Allocator<Buffer> = new Buffers();
export const twoBuffers: [Buffer, Buffer] = twice(buffers);

/** The kind of block follows from what `allocate` gives, or is said. */
export const plain: Allocator<ArrayBuffer> = defineAllocator({
  allocate: (request) => new ArrayBuffer(request.size),
  deallocate: () => true,
});
export const defined: Allocator<Buffer> = defineAllocator<Buffer>({
  name: 'defined',
  allocate: ({ size }, { uninitialized }) =>
    uninitialized === true ? Buffer.allocUnsafe(size) : Buffer.alloc(size),
  deallocate: (block) => block.length > 0,
  reallocateInPlace: () => null,
  usableSize: ({ size }) => size,
  dispose: () => {},
});

/** `using` works on what has an end. */
export function withUsing(): void {
  using allocator = new SystemAllocator();
  using _lease = allocator.lease(allocator.allocate(layout));
}

/** The layout of a struct knows its fields. */
const { offsets } = Layout.struct({ id: 'u32', position: Layout.array('f64', 3) });
export const offsetOfId: number = offsets.id + offsets.position;

export function describeError(error: unknown): string {
  if (error instanceof AllocError) {
    const reason: AllocReason = error.reason;
    return `${error.allocator} refused ${error.layout}: ${reason}`;
  }
  if (!isHeapwrightError(error)) return 'none of ours';
  const code: ErrorCode = error.code;
  return code;
}

export const gate: RuntimeInfo['gate'] = runtimeInfo().gate;

/** The default allocator takes both kinds of block, and objects with two functions. */
export function theDefault(pool: Allocator<Buffer>): void {
  const previous: AnyAllocator = setGlobalAllocator(system);
  setGlobalAllocator(pool);
  setGlobalAllocator({
    allocate: ({ size }: Layout) => new ArrayBuffer(size),
    deallocate: () => true,
  });
  setGlobalAllocator(previous);
  const block = allocate(layout);
  yes<Same<typeof block, Block>>(true);
  deallocate(reallocate(block, layout, layout), layout);
  const hook: AllocErrorHook = (request, { reason }) => `${request} ${reason}`;
  setAllocErrorHook(hook);
}

/** Answers of work in a context are its own. */
export async function contexts(): Promise<number> {
  const now = withAllocator(system, () => 7);
  const later = await withBudget({ bytes: 100 }, async (budget) => budget.usedBytes);
  return now + later;
}

/** The type of a value follows from the name of its type, or from the fields of its struct. */
const particle = Layout.struct({
  id: 'u64',
  mass: 'f32',
  position: Layout.struct({ x: 'f64', y: 'f64' }),
  name: Layout.from(16),
});
export function values(memory: Buffer): void {
  using four = box(4);
  yes<Same<typeof four.value, number>>(true);
  const long = box(4n).take();
  yes<Same<typeof long, bigint>>(true);
  const list = Vec.of(particle, system);
  list.push({ id: 1n, mass: 2, position: { x: 3, y: 4 }, name: new Uint8Array(16) });
  for (const { id, position } of list) yes<Same<typeof id, bigint>>(position.x > 0 || true);
  const first = list.at(0);
  if (first !== undefined) first.position.x += 1;
  const view = structView(particle, memory, 32);
  view.position = { x: 1, y: 2 };
  const bytes: Uint8Array = view.name;
  const last = vec('i32', bytes.length).pop();
  yes<Same<typeof last, number | undefined>>(true);
  const one: Box<'u8'> = Box.of('u8', 1, defined);
  one.value += 1;
}
