/* The operations of a cache. The fast paths end in arrays and counters of the cache itself; what
 * they do not cover (other regions, large and over-aligned blocks, empty and full magazines,
 * misuse) goes to a slow twin that is exact about everything. */
#include <string.h>

#include "arena/cache.h"
#include "arena/large.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define COLD __attribute__((noinline, cold))
/* Compilers join tests that lead to one place into a computation, which is longer. */
#define KEEP_APART() __asm__ volatile("")

/* The first region grows: what was committed when the cache last looked is not the end. */
static bool lies_in_first(hw_cache_t *cache, const void *ptr) {
  const hw_region_t *region = &cache->arena->space->regions[0];
  size_t committed = atomic_load_explicit(&region->committed, memory_order_acquire);
  cache->committed = committed;
  cache->granules = committed >> 4;
  return (size_t)((const uint8_t *)ptr - cache->region_base) < committed;
}

/* A block of any region comes to life. */
static COLD void set_live(hw_cache_t *cache, const void *block) {
  const hw_region_t *region = lies_in_first(cache, block)
                                  ? &cache->arena->space->regions[0]
                                  : hw_space_find(cache->arena->space, block);
  hw_set_state(region, block, HW_STATE_LIVE);
}

/* The rest of an allocation from a magazine that is not empty; `near`: every block of the cache
 * lies in the first region. */
static ALWAYS_INLINE hw_status_t pop(hw_cache_t *cache, hw_magazine_t *magazine, void **top,
                                     void **out, bool exact, bool tracked, bool near) {
  if (tracked) {
    size_t size = hw_size_classes[magazine->size_class].size;
    hw_status_t status = hw_account_charge(&cache->arena->account, size);
    if (UNLIKELY(status != HW_OK)) return status;
    hw_account_open(&cache->arena->account);
  }
  void *block = top[-1];
  if (exact && near) {
    hw_write_state((uint8_t *)(cache->states_at_zero + ((uintptr_t)block >> 4)), HW_STATE_LIVE);
  } else if (exact) {
    set_live(cache, block);
  }
  hw_magazine_set_top(magazine, top - 1);
  hw_count_one(&magazine->allocations);
  *out = block;
  return HW_OK;
}

/* Every case: all classes, alignments and flags. */
static ALWAYS_INLINE hw_status_t allocate_any(hw_cache_t *cache, size_t size, size_t align,
                                              uint32_t flags, void **out, bool exact,
                                              bool tracked) {
  hw_layout_t layout = {size, align};
  unsigned size_class = hw_class_of(layout);
  if (size_class == HW_CLASS_LARGE) return hw_large_allocate(cache->arena, layout, flags, out);
  hw_magazine_t *magazine = &cache->magazines[size_class];
  if (UNLIKELY(hw_magazine_top(magazine) == magazine->slots)) {
    hw_status_t status = hw_cache_refill(cache, size_class, (flags & HW_NOWAIT) != 0);
    if (status != HW_OK) {
      hw_account_fail(&cache->arena->account);
      return status;
    }
  }
  hw_status_t status = pop(cache, magazine, hw_magazine_top(magazine), out, exact, tracked, false);
  if (status == HW_OK && (flags & HW_ZEROED)) memset(*out, 0, size);
  return status;
}

/* The magazine of a size up to HW_CLASS_TABLE_MOST. */
static ALWAYS_INLINE hw_magazine_t *magazine_for(hw_cache_t *cache, size_t size) {
  return (hw_magazine_t *)((uint8_t *)cache + cache->offsets[(size + 15) >> 4]);
}

static COLD hw_status_t deallocate_any(hw_cache_t *cache, void *ptr, size_t size, size_t align) {
  hw_arena_t *arena = cache->arena;
  hw_location_t at;
  hw_status_t status = hw_arena_check(arena, ptr, (hw_layout_t){size, align}, &at);
  if (status != HW_OK) return status;
  unsigned size_class = at.run->size_class;
  if (size_class == HW_CLASS_LARGE) return hw_large_deallocate(arena, at.region, at.run);

  (void)lies_in_first(cache, ptr);
  cache->base.ops = hw_cache_ops_for(arena);
  if (arena->exact) hw_set_state(at.region, ptr, HW_STATE_NONE);
  hw_magazine_t *magazine = &cache->magazines[size_class];
  if (hw_magazine_top(magazine) == magazine->end) hw_cache_make_room(cache, size_class);
  void **top = hw_magazine_top(magazine);
  *top = ptr;
  hw_magazine_set_top(magazine, top + 1);
  if (arena->tracked) hw_account_close(&arena->account, hw_size_classes[size_class].size);
  return HW_OK;
}

static ALWAYS_INLINE bool is_usual(size_t size, size_t align, uint32_t flags) {
  if (UNLIKELY(size > HW_CLASS_TABLE_MOST)) return false;
  KEEP_APART();
  if (UNLIKELY(align > HW_MALLOC_ALIGN)) return false;
  KEEP_APART();
  return flags == 0;
}

/* Offsets of misaligned pointers become huge, so one comparison refuses them with foreign ones. */
static ALWAYS_INLINE size_t granule_of(size_t offset) {
  return (offset >> 4) | (offset << (sizeof offset * 8 - 4));
}

static ALWAYS_INLINE hw_status_t deallocate(hw_cache_t *cache, void *ptr, size_t size, size_t align,
                                            bool exact, bool tracked) {
  size_t offset = (size_t)((uint8_t *)ptr - cache->region_base);
  size_t granule = exact ? granule_of(offset) : 0;
  if (UNLIKELY(exact ? granule >= cache->granules : offset >= cache->committed)) goto any;
  KEEP_APART();
  /* Where frees are not exact, a wrong alignment of the right class does no harm. */
  if (UNLIKELY(!is_usual(size, exact ? align : 1, 0))) goto any;
  KEEP_APART();

  hw_magazine_t *magazine = magazine_for(cache, size);
  size_t page = exact ? granule >> (HW_PAGE_SHIFT - 4) : offset >> HW_PAGE_SHIFT;
  void **top = hw_magazine_top(magazine);
  /* Tag and state are read plainly: of a live block of ours nobody else changes them. Volatile,
   * where the state needs a register too, brings the tag into one, for want of which another was
   * saved. */
  const uint32_t *at = &cache->pages[page].tag;
  uint32_t tag = exact ? *(const volatile uint32_t *)at : *at;
  if (UNLIKELY(tag != magazine->tag)) goto any;
  KEEP_APART();
  if (UNLIKELY(top == magazine->end)) goto any;
  if (exact) {
    KEEP_APART();
    /* Inside a block there is no state: this refuses interior pointers and second frees alike. */
    if (UNLIKELY(cache->states[granule] != HW_STATE_LIVE)) goto any;
    hw_write_state(&cache->states[granule], HW_STATE_NONE);
  }
  *top = ptr;
  hw_magazine_set_top(magazine, top + 1);
  if (tracked) {
    hw_account_close(&cache->arena->account, hw_size_classes[magazine->size_class].size);
  }
  return HW_OK;
any:
  return deallocate_any(cache, ptr, size, align);
}

static hw_status_t cache_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                    hw_layout_t next, uint32_t flags, void **out) {
  return hw_arena_reallocate(hw_cache_of(self)->arena, self, ptr, layout, next, flags, out);
}

static hw_status_t cache_reallocate_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                             hw_layout_t next) {
  return hw_arena_reallocate_in_place(hw_cache_of(self)->arena, ptr, layout, next);
}

static size_t cache_usable_size(hw_allocator_t *self, hw_layout_t layout) {
  (void)self;
  return hw_usable_bytes(layout);
}

static hw_ownership_t cache_owns(hw_allocator_t *self, const void *ptr) {
  return hw_arena_owns(hw_cache_of(self)->arena, ptr);
}

static hw_status_t cache_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  return hw_arena_retire(hw_cache_of(self)->arena, ptr, layout);
}

static void cache_stats(hw_allocator_t *self, hw_stats_t *out) {
  hw_arena_stats_of(hw_cache_of(self)->arena, out);
}

static hw_status_t cache_verify(hw_allocator_t *self, const char **broken) {
  return hw_cache_verify(hw_cache_of(self), broken);
}

static hw_status_t cache_destroy(hw_allocator_t *self) {
  hw_cache_close(hw_cache_of(self));
  return HW_OK;
}

/* One table for each pair of modes, so that the fast path asks for neither. Layouts are taken apart
 * at once: handed on as structures they would go through memory. */
#define DEFINE_OPS(mode, is_exact, is_tracked, is_near)                                         \
  static COLD hw_status_t mode##_allocate_any(hw_cache_t *cache, size_t size, size_t align,     \
                                              uint32_t flags, void **out) {                     \
    return allocate_any(cache, size, align, flags, out, is_exact, is_tracked);                  \
  }                                                                                             \
  static hw_status_t mode##_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,  \
                                     void **out) {                                              \
    hw_cache_t *cache = hw_cache_of(self);                                                      \
    size_t size = layout.size;                                                                  \
    size_t align = layout.align;                                                                \
    if (UNLIKELY(!is_usual(size, align, flags))) goto any;                                      \
    hw_magazine_t *magazine = magazine_for(cache, size);                                        \
    void **top = hw_magazine_top(magazine);                                                     \
    if (UNLIKELY(top == magazine->slots)) goto any;                                             \
    return pop(cache, magazine, top, out, is_exact, is_tracked, is_near);                       \
  any:                                                                                          \
    return mode##_allocate_any(cache, size, align, flags, out);                                 \
  }                                                                                             \
  static hw_status_t mode##_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {   \
    return deallocate(hw_cache_of(self), ptr, layout.size, layout.align, is_exact, is_tracked); \
  }                                                                                             \
  static const hw_allocator_ops_t mode##_ops = {                                                \
      .abi_version = HW_ABI_VERSION,                                                            \
      .capabilities = HW_ARENA_CAPABILITIES,                                                    \
      .name = "arena",                                                                          \
      .allocate = mode##_allocate,                                                              \
      .deallocate = mode##_deallocate,                                                          \
      .reallocate = cache_reallocate,                                                           \
      .reallocate_in_place = cache_reallocate_in_place,                                         \
      .usable_size = cache_usable_size,                                                         \
      .owns = cache_owns,                                                                       \
      .retire = cache_retire,                                                                   \
      .stats = cache_stats,                                                                     \
      .verify = cache_verify,                                                                   \
      .destroy = cache_destroy,                                                                 \
  }

DEFINE_OPS(plain, false, false, true);
DEFINE_OPS(tracked, false, true, true);
DEFINE_OPS(exact, true, false, true);
DEFINE_OPS(exact_tracked, true, true, true);
/* For caches that were handed blocks of further regions. */
DEFINE_OPS(exact_far, true, false, false);
DEFINE_OPS(exact_tracked_far, true, true, false);

const hw_allocator_ops_t *hw_cache_ops_for(hw_arena_t *arena) {
  if (!arena->exact) return arena->tracked ? &tracked_ops : &plain_ops;
  bool near = atomic_load_explicit(&arena->space->region_count, memory_order_acquire) == 1;
  if (near) return arena->tracked ? &exact_tracked_ops : &exact_ops;
  return arena->tracked ? &exact_tracked_far_ops : &exact_far_ops;
}

bool hw_is_cache(const hw_allocator_t *self) {
  if (self == NULL) return false;
  const hw_allocator_ops_t *ops = self->ops;
  return ops == &plain_ops || ops == &tracked_ops || ops == &exact_ops ||
         ops == &exact_tracked_ops || ops == &exact_far_ops || ops == &exact_tracked_far_ops;
}
