/** Heapwright: native memory for Node.js. */
export { type Allocator, type AllocatorStats, BaseAllocator } from './allocator.js';
export {
  ArenaAllocator,
  type ArenaAllocatorOptions,
  type ArenaClassStats,
  type ArenaMapEntry,
  type ArenaStats,
} from './allocators/arena-allocator.js';
export { ChunkAllocator, type ChunkAllocatorOptions } from './allocators/chunk-allocator.js';
export type { ChunkFit } from './allocators/chunk-options.js';
export { type LoadAllocatorOptions, loadAllocator } from './allocators/load-allocator.js';
export { SystemAllocator, type SystemAllocatorOptions } from './allocators/system-allocator.js';
export type { Block } from './block.js';
export { capi } from './capi.js';
export type { AllocatorLike } from './compose/adopt.js';
export { alignedSlabSize } from './compose/aligned-slab-size.js';
export { asBuffers } from './compose/as-buffers.js';
export type { FaultPlan } from './compose/checked/faults.js';
export type { CheckedOptions } from './compose/checked/options.js';
export type { LeakRow } from './compose/checked/sites.js';
export { Checked } from './compose/checked.js';
export { type ComposeParts, compose } from './compose/compose.js';
export type { Composed, NodeReport } from './compose/composed.js';
export { Fallback } from './compose/fallback.js';
export { FreeList, type FreeListStats } from './compose/free-list.js';
export type { FreeListOptions } from './compose/free-list-options.js';
export { Limited, type Limits } from './compose/limited.js';
export { NullAllocator } from './compose/null-allocator.js';
export { PageAllocator, type PageAllocatorOptions } from './compose/page-allocator.js';
export { type AllocatorEvents, ProxyAllocator } from './compose/proxy-allocator.js';
export type { ScopeStats } from './compose/scope/scope-stats.js';
export { Scope } from './compose/scope.js';
export { Scoped, type ScopedOptions } from './compose/scoped.js';
export { type Segment, Segregator } from './compose/segregator.js';
export type { SizeRow } from './compose/size-histogram.js';
export { SlabAllocator, type SlabAllocatorOptions } from './compose/slab-allocator.js';
export { type DetailedStats, type FailureReason, Stats } from './compose/stats.js';
export type { BudgetFigures } from './default/budget.js';
export { type AllocErrorHook, setAllocErrorHook } from './default/error-hook.js';
export {
  type AnyAllocator,
  type AnyAllocatorLike,
  allocate,
  type BudgetOptions,
  deallocate,
  globalAllocator,
  lockGlobalAllocator,
  reallocate,
  setGlobalAllocator,
  tryAllocate,
  withAllocator,
  withBudget,
} from './default-allocator.js';
export { type AllocatorDefinition, defineAllocator } from './define-allocator.js';
export {
  AllocError,
  type AllocReason,
  type ErrorCode,
  HeapwrightError,
  HeapwrightRangeError,
  HeapwrightTypeError,
  isHeapwrightError,
  LayoutError,
} from './errors.js';
export {
  addressOf,
  type Explanation,
  explain,
  type RuntimeInfo,
  runtimeInfo,
} from './introspection.js';
export { Layout, type LayoutLike, type LayoutType } from './layout.js';
export type { Lease } from './lease.js';
export {
  type AllocateOptions,
  type AllocateRequest,
  type DeallocateOptions,
  NOWAIT,
  NOWARN,
  ZEROED,
} from './options.js';
export type { BufferAllocator, Fill } from './pool/buffer-allocator.js';
export { BufferPool } from './pool/buffer-pool.js';
export type { ChunkMemory } from './pool/chunk-memory.js';
export { ChunkPool } from './pool/chunk-pool.js';
export type { ChunkPoolOptions, SharedChunkPool } from './pool/chunk-pool-options.js';
export { type HeapOptions, heap, heapBitmap } from './pool/heap-memory.js';
export {
  type CollectOptions,
  collect,
  type OnRead,
  onread,
  type ReadOptions,
  readChunks,
} from './pool/io.js';
export type { BufferPoolOptions } from './pool/pool-options.js';
export type { PoolStats } from './pool/pool-stats.js';
export { RecyclingPool } from './pool/recycling-pool.js';
export type { RunAllocator } from './pool/run.js';
export type { Struct, StructFields } from './struct-members.js';
export { Box, box } from './values/box.js';
export type { StructValue, ValueOf, ValueType } from './values/element.js';
export { structView } from './values/struct-view.js';
export { Vec, vec } from './values/vec.js';
