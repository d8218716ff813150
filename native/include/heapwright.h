/* Heapwright: the C API.
 *
 * An allocator is an instance behind one versioned table of operations. A block is described by a
 * layout (size and alignment, both in bytes) that travels with every call: the sized free is what
 * makes the fast path fast and the check of misuse exact.
 *
 * Failure. Every operation returns a status, 0 (HW_OK) on success. A call that fails has changed
 * nothing: not the block it was given, not a counter except `failures`.
 *
 * Threads. Instances may be used from any thread at once, unless the function says otherwise. A
 * single block has one owner at a time; two threads freeing the same block is misuse.
 *
 * Memory. No metadata lies in or next to a block: what a program writes into its blocks, or past
 * their ends, cannot steer an allocator.
 *
 * Sources of the ideas: Rust's GlobalAlloc and Layout (sized calls, layouts that fit), Zig's
 * std.mem.Allocator (a small table, named defaults), jemalloc's extent hooks (a replaceable OS).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever the shape or the meaning of hw_allocator_ops_t changes. */
#define HW_ABI_VERSION 1u

#if defined(__GNUC__) || defined(__clang__)
#define HW_MUST_CHECK __attribute__((warn_unused_result))
#else
#define HW_MUST_CHECK
#endif

/* Sizes and alignments stay at or below this, so that adding them cannot wrap. */
#define HW_MAX_SIZE ((size_t)PTRDIFF_MAX)

/* `limit` of an allocator without one. */
#define HW_NO_LIMIT SIZE_MAX

typedef enum hw_status {
  HW_OK = 0,
  HW_ERR_INVALID,         /* an argument is no layout, pointer, kind or flag at all */
  HW_ERR_OUT_OF_MEMORY,   /* the system has no memory to give */
  HW_ERR_LIMIT,           /* the allocator's own limit would be passed */
  HW_ERR_NOWAIT,          /* HW_NOWAIT was asked and the request may need the OS */
  HW_ERR_NOT_IN_PLACE,    /* the block cannot take the new layout where it stands */
  HW_ERR_NOT_OWNED,       /* the pointer belongs to no block of this allocator */
  HW_ERR_INTERIOR,        /* the pointer lies inside a block but does not start one */
  HW_ERR_NOT_LIVE,        /* the block was freed before */
  HW_ERR_LAYOUT_MISMATCH, /* the block was allocated with another layout */
  HW_ERR_BUSY,            /* blocks are still live */
  HW_ERR_CORRUPTED,       /* verify: an invariant of the allocator's own data is broken */
} hw_status_t;

/* The status's constant name without the prefix, e.g. "OUT_OF_MEMORY". Never NULL. */
const char *hw_status_name(hw_status_t status);

/* What a block is: `size` usable bytes at a multiple of `align`. */
typedef struct hw_layout {
  size_t size;
  size_t align;
} hw_layout_t;

/* HW_OK if `align` is a power of two and `size` rounded up to it is at most HW_MAX_SIZE. */
HW_MUST_CHECK hw_status_t hw_layout_check(hw_layout_t layout);

/* Flags of allocate and reallocate; unknown bits are HW_ERR_INVALID. */
#define HW_ZEROED 1u /* every byte (of a reallocation: every new byte) reads zero */
#define HW_NOWAIT 2u /* make no OS call; fail with HW_ERR_NOWAIT instead */
#define HW_NOWARN 4u /* the caller expects failure: no hook, no log */
#define HW_ALL_FLAGS (HW_ZEROED | HW_NOWAIT | HW_NOWARN)

/* Which operations an allocator does natively, beyond the named defaults. */
#define HW_CAN_REALLOCATE 1u /* reallocate is better than allocate, copy, deallocate */
#define HW_CAN_IN_PLACE 2u   /* reallocate_in_place can change a block's size */
#define HW_CAN_OWN 4u        /* owns answers yes or no, never unknown */
#define HW_CAN_NOWAIT 8u     /* HW_NOWAIT can succeed */
#define HW_CAN_RETIRE 16u    /* retire gives pages back instead of only forgetting the block */

typedef enum hw_ownership { HW_OWNS_NO = 0, HW_OWNS_YES, HW_OWNS_UNKNOWN } hw_ownership_t;

/* Counters of one allocator. Bytes are usable bytes: the sum of layouts for `system`. Read without
 * a lock: each figure is exact, two figures may be a few calls apart when other threads allocate.*/
typedef struct hw_stats {
  uint64_t live_blocks;
  uint64_t live_bytes;
  uint64_t peak_bytes;
  uint64_t mapped_bytes; /* address space held from the OS; equals live_bytes where unknown */
  uint64_t retired_blocks;
  uint64_t retired_bytes; /* see `retire` below */
  uint64_t allocations;
  uint64_t deallocations;
  uint64_t failures;
  uint64_t limit;
} hw_stats_t;

typedef struct hw_allocator hw_allocator_t;

/* The seam. One const table a kind of allocator. `allocate` and `deallocate` are required; a NULL
 * elsewhere means the named default that hw_default_* in "allocator/allocator.h" documents.
 *
 * Implementers: arguments were validated by the hw_* functions below (layouts pass
 * hw_layout_check, flags are known, pointers are not NULL). Size 0 is legal: `allocate` answers
 * with a non-NULL pointer that is aligned and owns no byte; it counts as a block. */
typedef struct hw_allocator_ops {
  uint32_t abi_version;  /* HW_ABI_VERSION */
  uint32_t capabilities; /* HW_CAN_* */
  const char *name;      /* "system", "arena", ... */

  /* A new block in *out, contents undefined unless HW_ZEROED. Required. */
  hw_status_t (*allocate)(hw_allocator_t *self, hw_layout_t layout, uint32_t flags, void **out);
  /* Ends a block; `layout` is the one it was allocated with. Required. */
  hw_status_t (*deallocate)(hw_allocator_t *self, void *ptr, hw_layout_t layout);
  /* The block, perhaps elsewhere, with `next` as its layout: bytes below min(size) kept. On failure
   * the old block stays as it was. */
  hw_status_t (*reallocate)(hw_allocator_t *self, void *ptr, hw_layout_t layout, hw_layout_t next,
                            uint32_t flags, void **out);
  /* The same without moving, or HW_ERR_NOT_IN_PLACE. New bytes are undefined. */
  hw_status_t (*reallocate_in_place)(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                     hw_layout_t next);
  /* Bytes a block of this layout really has, at least layout.size. */
  size_t (*usable_size)(hw_allocator_t *self, hw_layout_t layout);
  /* Whether `ptr` lies in a live block of this allocator. */
  hw_ownership_t (*owns)(hw_allocator_t *self, const void *ptr);
  /* Ends a block that somebody may still read or write: its whole pages go back to the system and
   * read zero, its addresses stay mapped and are never handed out again. */
  hw_status_t (*retire)(hw_allocator_t *self, void *ptr, hw_layout_t layout);
  void (*stats)(hw_allocator_t *self, hw_stats_t *out);
  /* HW_OK, or HW_ERR_CORRUPTED with the broken invariant's name in *broken. */
  hw_status_t (*verify)(hw_allocator_t *self, const char **broken);
  /* Frees the instance itself; HW_ERR_BUSY (nothing changed) while blocks are live. */
  hw_status_t (*destroy)(hw_allocator_t *self);
} hw_allocator_ops_t;

/* Every instance begins with this. */
struct hw_allocator {
  const hw_allocator_ops_t *ops;
};

/* The calls a user makes: each validates, then goes through the table. NULL allocators, NULL
 * results, bad layouts and unknown flags are HW_ERR_INVALID. */
HW_MUST_CHECK hw_status_t hw_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                      void **out);
HW_MUST_CHECK hw_status_t hw_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout);
HW_MUST_CHECK hw_status_t hw_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                        hw_layout_t next, uint32_t flags, void **out);
HW_MUST_CHECK hw_status_t hw_reallocate_in_place(hw_allocator_t *self, void *ptr,
                                                 hw_layout_t layout, hw_layout_t next);
HW_MUST_CHECK hw_status_t hw_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout);
/* 0 where the layout is none. */
size_t hw_usable_size(hw_allocator_t *self, hw_layout_t layout);
hw_ownership_t hw_owns(hw_allocator_t *self, const void *ptr);
HW_MUST_CHECK hw_status_t hw_stats(hw_allocator_t *self, hw_stats_t *out);
/* `broken` may be NULL. */
HW_MUST_CHECK hw_status_t hw_verify(hw_allocator_t *self, const char **broken);
HW_MUST_CHECK hw_status_t hw_destroy(hw_allocator_t *self);

struct hw_os;

/* What an arena may be told; start from HW_ARENA_OPTIONS. */
typedef struct hw_arena_options {
  size_t mapped_limit; /* most bytes of pages in use and pages not yet given back; HW_NO_LIMIT */
  int64_t decay_ms; /* over how long freed pages go back; 0: at once, -1: only when asked */
  uint32_t flags; /* HW_ARENA_* */
} hw_arena_options_t;

/* Every free is checked against its block's state: the second of two frees and a pointer into a
 * block are refused at once, not when the block reaches its slab. One byte for 16. */
#define HW_ARENA_EXACT 1u
/* Small blocks are accounted one by one: `live_bytes` and `peak_bytes` are exact at every moment,
 * at the price of two atomic additions a call. A `limit` brings it along. Without, the peak counts
 * what lies in caches too. */
#define HW_ARENA_TRACKED 2u
#define HW_ARENA_HUGE_PAGES 4u /* ask for huge pages */
#define HW_ARENA_NO_HUGE_PAGES 8u /* ask for none */

#define HW_ARENA_OPTIONS {HW_NO_LIMIT, 1000, 0}

/* Where a heap of chunks looks for room. */
typedef enum hw_chunk_fit {
  HW_CHUNK_NEXT_FIT = 0, /* the first that is large enough, from behind the last block on: fast */
  HW_CHUNK_BEST_FIT, /* the smallest that is large enough, the lowest of them: dense */
} hw_chunk_fit_t;

/* What a heap of chunks may be told; start from HW_CHUNK_OPTIONS. */
typedef struct hw_chunk_options {
  size_t chunks; /* of its own region; not looked at where there is a `region` */
  size_t chunk_size; /* bytes, a power of two from 8 on */
  hw_chunk_fit_t fit;
  void *region; /* the caller's memory at any address, which outlives the heap; NULL: its own */
  size_t region_size; /* bytes, a multiple of chunk_size; 0 where `region` is NULL */
  /* NULL, or the caller's view of the chunks in use, at a multiple of 8: bit i % 8 of byte i / 8 is
   * that of chunk i. The heap clears and writes it and never reads it. */
  void *bitmap;
  size_t bitmap_size; /* bytes, at least a bit for each chunk; 0 where `bitmap` is NULL */
} hw_chunk_options_t;

#define HW_CHUNK_OPTIONS {4096, 256, HW_CHUNK_NEXT_FIT, NULL, 0, NULL, 0}

typedef struct hw_config {
  size_t limit; /* most usable bytes live at once; HW_NO_LIMIT for none. An empty block has none in
                   `system` and in chunks, 16 in an arena */
  const struct hw_os *os; /* NULL: the real system; tests hand in their own */
  const hw_arena_options_t *arena; /* for the kind "arena"; NULL: HW_ARENA_OPTIONS */
  const hw_chunk_options_t *chunk; /* for the kind "chunk"; NULL: HW_CHUNK_OPTIONS */
} hw_config_t;

/* A new allocator of the named kind ("system", "arena", "chunk"). NULL config: no limit, the real
 * system. */
HW_MUST_CHECK hw_status_t hw_create(const char *kind, const hw_config_t *config,
                                    hw_allocator_t **out);

/* ---- Arenas. HW_ERR_INVALID for an allocator of another kind. ---- */

/* An allocator of one thread over the arena's blocks, with magazines of free blocks that make most
 * calls a few instructions. Blocks may be freed through the arena and any of its caches, whoever
 * allocated them. hw_destroy closes it; its blocks live on. */
HW_MUST_CHECK hw_status_t hw_cache_open(hw_allocator_t *arena, hw_allocator_t **out);
/* Gives back what the cache holds: for a thread that is about to wait. The cache's thread only. */
HW_MUST_CHECK hw_status_t hw_cache_flush(hw_allocator_t *cache);

/* Lets freed memory decay: to be called now and then while a program idles, from any thread; or
 * through a cache, by its thread, which then gives back what lies idle in it too. *more (NULL: not
 * wanted) is false when there is nothing left to come. */
HW_MUST_CHECK hw_status_t hw_arena_tick(hw_allocator_t *self, bool *more);
/* Gives all free pages back that no cache holds. */
HW_MUST_CHECK hw_status_t hw_arena_purge(hw_allocator_t *arena);
/* Ends every block at once, those in caches too. No other thread uses the arena or a cache of it
 * meanwhile. */
HW_MUST_CHECK hw_status_t hw_arena_reset(hw_allocator_t *arena);

/* Reallocation in steps, for a caller that has more to do and may have to go back. */

/* As hw_reallocate_in_place; with HW_ZEROED new bytes read zero. */
HW_MUST_CHECK hw_status_t hw_arena_resize(hw_allocator_t *arena, void *ptr, hw_layout_t layout,
                                          hw_layout_t next, uint32_t flags);
/* Whether the block can take this layout, which is not larger, where it stands: HW_OK (then it can
 * for as long as it lives) or HW_ERR_NOT_IN_PLACE. */
HW_MUST_CHECK hw_status_t hw_arena_can_shrink(hw_allocator_t *arena, void *ptr, hw_layout_t layout,
                                              hw_layout_t next);
/* A second block, with `next` as its layout and the bytes of a large one, which lives on and whose
 * bytes are undefined from now on: its pages may have moved. The caller frees one of the two; to go
 * back it copies the bytes first. HW_ERR_NOT_IN_PLACE: too small for a move to be worth it. */
HW_MUST_CHECK hw_status_t hw_arena_begin_move(hw_allocator_t *arena, void *ptr, hw_layout_t layout,
                                              hw_layout_t next, uint32_t flags, void **out);

/* One size class, or all large blocks. */
typedef struct hw_class_stats {
  size_t size; /* bytes of a block; 0: large blocks, of any size */
  uint64_t live_blocks;
  uint64_t live_bytes;
  uint64_t allocations;
  uint64_t cached_blocks; /* free, in caches and the depot */
  uint64_t slabs; /* runs of pages; of large blocks: the blocks */
  uint64_t slab_bytes;
} hw_class_stats_t;

/* What an arena holds of the system, in bytes. */
typedef struct hw_page_stats {
  uint64_t active_bytes; /* slabs and large blocks */
  uint64_t dirty_bytes; /* free, not given back yet */
  uint64_t headroom_bytes; /* addresses kept for growth; no memory */
  uint64_t segment_bytes; /* addresses owned */
  uint64_t metadata_bytes; /* at most, beside the blocks */
  uint64_t moved_ranges; /* mappings of their own that moves of large blocks cost the system */
  uint64_t misuses; /* wrong frees that only a slab could see; they were ignored */
} hw_page_stats_t;

/* The last of them is that of large blocks. */
#define HW_ARENA_CLASSES 41u
HW_MUST_CHECK hw_status_t hw_arena_class_stats(hw_allocator_t *arena, unsigned size_class,
                                               hw_class_stats_t *out);
HW_MUST_CHECK hw_status_t hw_arena_page_stats(hw_allocator_t *arena, hw_page_stats_t *out);

/* One run of pages of the heap map, by address; `visit` answers false to stop. It must not call the
 * arena. */
typedef enum hw_map_kind {
  HW_MAP_SLAB = 0,
  HW_MAP_LARGE,
  HW_MAP_RETIRED,
  HW_MAP_DIRTY,
  HW_MAP_CLEAN
} hw_map_kind_t;
typedef struct hw_map_entry {
  const void *address;
  size_t size; /* bytes */
  hw_map_kind_t kind;
  size_t block_size; /* of a slab */
  size_t blocks; /* of a slab: regions not free */
} hw_map_entry_t;
HW_MUST_CHECK hw_status_t hw_arena_map(hw_allocator_t *arena,
                                       bool (*visit)(void *context, const hw_map_entry_t *entry),
                                       void *context);

/* Statistics and map as JSON, NUL-terminated, cut off at `size`. *needed (NULL: not wanted) is the
 * whole length without the NUL. */
HW_MUST_CHECK hw_status_t hw_arena_stats_json(hw_allocator_t *arena, char *text, size_t size,
                                              size_t *needed);
HW_MUST_CHECK hw_status_t hw_arena_map_json(hw_allocator_t *arena, char *text, size_t size,
                                            size_t *needed);

/* ---- Heaps of chunks: a fixed region. HW_ERR_INVALID for an allocator of another kind. ----
 *
 * A block takes whole chunks. Frees are exact: the size has to be the one the block has now, the
 * address a multiple of the alignment. hw_create refuses, with HW_ERR_INVALID, a chunk size that is
 * none, a region that is empty, no multiple of it or no range of addresses, and a bitmap that is
 * too small, misaligned or in the region.
 *
 * An empty block takes no chunk: its address is a number of its own that no other live empty block
 * of the heap has, and that no memory need lie at. A second free of it is refused. There may be
 * 65,536 at once. */

typedef struct hw_chunk_info {
  void *region;
  size_t capacity; /* bytes */
  size_t chunk_size;
  size_t chunk_count;
  size_t free_chunks;
} hw_chunk_info_t;

HW_MUST_CHECK hw_status_t hw_chunk_info(hw_allocator_t *chunk, hw_chunk_info_t *out);
/* Chunks in use, in percent, to two decimals. */
HW_MUST_CHECK hw_status_t hw_chunk_usage(hw_allocator_t *chunk, double *percent);
/* In chunks. Looks at every chunk. */
HW_MUST_CHECK hw_status_t hw_chunk_largest_free_run(hw_allocator_t *chunk, size_t *chunks);

/* A number for whoever allocates, so that all it left can be freed when it has gone. 0: nobody,
 * which is what hw_allocate says. A reallocated block keeps its owner. */
#define HW_CHUNK_OWNER_MOST 65534u
HW_MUST_CHECK hw_status_t hw_chunk_allocate_as(hw_allocator_t *chunk, uint32_t owner,
                                               hw_layout_t layout, uint32_t flags, void **out);
/* Frees all blocks of an owner from 1 on. *blocks (NULL: not wanted) is how many there were. */
HW_MUST_CHECK hw_status_t hw_chunk_reclaim(hw_allocator_t *chunk, uint32_t owner, size_t *blocks);
/* Frees all blocks. */
HW_MUST_CHECK hw_status_t hw_chunk_reset(hw_allocator_t *chunk);

/* ---- Plug-ins: an allocator of yours in a shared object, for loadAllocator() in JavaScript. ----
 *
 * The shared object exports one constant of this type under the name HW_PLUGIN_SYMBOL:
 *
 *     HW_EXPORT const hw_plugin_t hw_plugin = {HW_PLUGIN_HEADER, "mine", create};
 *
 * It is looked at before anything in it is called, and so is each answer of the allocator; a
 * guard zeroes, counts and limits. The object stays loaded until the process ends. `create` is
 * called once for each allocator that is made, on the thread that uses it; threads may do so at
 * once. `destroy` is called when the last block has gone, unless a block outlived its thread. */
typedef struct hw_plugin {
  uint32_t abi_version; /* HW_ABI_VERSION */
  uint32_t plugin_size; /* sizeof(hw_plugin_t) */
  uint32_t ops_size; /* sizeof(hw_allocator_ops_t) */
  const char *name; /* 1 to 31 letters, digits, '-', '_' and '.' */
  /* A new allocator. `options`: what the program gave, NUL-terminated; NULL: nothing. Required. */
  hw_status_t (*create)(const char *options, hw_allocator_t **out);
} hw_plugin_t;

#define HW_PLUGIN_SYMBOL "hw_plugin"
#define HW_PLUGIN_HEADER HW_ABI_VERSION, sizeof(hw_plugin_t), sizeof(hw_allocator_ops_t)

#if defined(__GNUC__) || defined(__clang__)
#define HW_EXPORT __attribute__((visibility("default")))
#else
#define HW_EXPORT
#endif

/* ---- The functions above for other addons, which cannot link to them. ----
 *
 * `capi` of the package is a Node-API external with this type tag; its value is a pointer to one of
 * these, good until the process ends. Look at `abi_version` and at `size` before anything else. */
#define HW_CAPI_TAG {0x6865617077726967u, 0x687463617069u}

typedef struct hw_capi {
  uint32_t abi_version; /* HW_ABI_VERSION */
  uint32_t size; /* sizeof(hw_capi_t) where it was made: later versions append */
  const char *(*status_name)(hw_status_t status);
  hw_status_t (*layout_check)(hw_layout_t layout);
  hw_status_t (*create)(const char *kind, const hw_config_t *config, hw_allocator_t **out);
  hw_status_t (*allocate)(hw_allocator_t *self, hw_layout_t layout, uint32_t flags, void **out);
  hw_status_t (*deallocate)(hw_allocator_t *self, void *ptr, hw_layout_t layout);
  hw_status_t (*reallocate)(hw_allocator_t *self, void *ptr, hw_layout_t layout, hw_layout_t next,
                            uint32_t flags, void **out);
  hw_status_t (*reallocate_in_place)(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                     hw_layout_t next);
  size_t (*usable_size)(hw_allocator_t *self, hw_layout_t layout);
  hw_ownership_t (*owns)(hw_allocator_t *self, const void *ptr);
  hw_status_t (*stats)(hw_allocator_t *self, hw_stats_t *out);
  hw_status_t (*verify)(hw_allocator_t *self, const char **broken);
  hw_status_t (*destroy)(hw_allocator_t *self);
  hw_status_t (*cache_open)(hw_allocator_t *arena, hw_allocator_t **out);
  hw_status_t (*cache_flush)(hw_allocator_t *cache);
  hw_status_t (*arena_tick)(hw_allocator_t *self, bool *more);
} hw_capi_t;

#ifdef __cplusplus
}
#endif
