/* The operations of a cache. The fast paths end in arrays and counters of the cache itself; what
 * they do not cover (other regions, large and over-aligned blocks, empty and full magazines,
 * misuse) goes to a slow twin that is exact about everything. */
#include <string.h>

#include "arena/cache.h"
#include "arena/large.h"

#define RELAXED memory_order_relaxed
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define COLD __attribute__((noinline, cold))

/* The rest of an allocation whose magazine is not empty. */
static ALWAYS_INLINE hw_status_t pop(hw_cache_t *cache, unsigned size_class, hw_layout_t layout,
                                     uint32_t flags, void **out, bool exact, bool tracked) {
  hw_magazine_t *magazine = &cache->magazines[size_class];
  if (tracked) {
    hw_status_t status =
        hw_account_charge(&cache->arena->account, hw_size_classes[size_class].size);
    if (status != HW_OK) return status;
    hw_account_open(&cache->arena->account);
  }
  uint32_t count = hw_magazine_count(magazine) - 1;
  void *block = magazine->slots[count];
  hw_magazine_set_count(magazine, count);
  atomic_store_explicit(&magazine->allocations,
                        atomic_load_explicit(&magazine->allocations, RELAXED) + 1, RELAXED);
  if (exact) {
    size_t offset = (size_t)((uint8_t *)block - cache->region_base);
    if (UNLIKELY(offset >= atomic_load_explicit(cache->committed, RELAXED))) {
      hw_set_state(hw_space_find(cache->arena->space, block), block, HW_STATE_LIVE);
    } else {
      atomic_store_explicit(&cache->states[offset >> 4], HW_STATE_LIVE, RELAXED);
    }
  }
  *out = block;
  if (UNLIKELY(flags & HW_ZEROED)) memset(block, 0, layout.size);
  return HW_OK;
}

static COLD hw_status_t allocate_slow(hw_cache_t *cache, hw_layout_t layout, uint32_t flags,
                                      void **out, bool exact, bool tracked) {
  unsigned size_class = hw_class_of(layout);
  if (size_class == HW_CLASS_LARGE) return hw_large_allocate(cache->arena, layout, flags, out);
  if (hw_magazine_count(&cache->magazines[size_class]) == 0) {
    hw_status_t status = hw_cache_refill(cache, size_class, (flags & HW_NOWAIT) != 0);
    if (status != HW_OK) {
      hw_account_fail(&cache->arena->account);
      return status;
    }
  }
  return pop(cache, size_class, layout, flags, out, exact, tracked);
}

static ALWAYS_INLINE hw_status_t allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                          void **out, bool exact, bool tracked) {
  hw_cache_t *cache = hw_cache_of(self);
  if (UNLIKELY(layout.size > HW_CLASS_TABLE_MOST || layout.align > HW_MALLOC_ALIGN)) {
    return allocate_slow(cache, layout, flags, out, exact, tracked);
  }
  unsigned size_class = hw_class_table[(layout.size + 15) >> 4];
  if (UNLIKELY(hw_magazine_count(&cache->magazines[size_class]) == 0)) {
    return allocate_slow(cache, layout, flags, out, exact, tracked);
  }
  return pop(cache, size_class, layout, flags, out, exact, tracked);
}

/* Puts a dead block into its magazine. */
static ALWAYS_INLINE void push(hw_cache_t *cache, unsigned size_class, void *block) {
  hw_magazine_t *magazine = &cache->magazines[size_class];
  uint32_t count = hw_magazine_count(magazine);
  magazine->slots[count] = block;
  hw_magazine_set_count(magazine, count + 1);
}

static COLD hw_status_t deallocate_slow(hw_cache_t *cache, void *ptr, hw_layout_t layout,
                                        bool exact, bool tracked) {
  hw_location_t at;
  hw_status_t status = hw_arena_check(cache->arena, ptr, layout, &at);
  if (status != HW_OK) return status;
  unsigned size_class = at.run->size_class;
  if (size_class == HW_CLASS_LARGE) return hw_large_deallocate(cache->arena, at.region, at.run);

  if (exact) hw_set_state(at.region, ptr, HW_STATE_NONE);
  hw_magazine_t *magazine = &cache->magazines[size_class];
  if (hw_magazine_count(magazine) == magazine->most) {
    hw_cache_make_room(cache, size_class);
  }
  push(cache, size_class, ptr);
  if (tracked) hw_account_close(&cache->arena->account, hw_size_classes[size_class].size);
  return HW_OK;
}

static ALWAYS_INLINE hw_status_t deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                            bool exact, bool tracked) {
  hw_cache_t *cache = hw_cache_of(self);
  size_t offset = (size_t)((uint8_t *)ptr - cache->region_base);
  if (UNLIKELY(layout.size > HW_CLASS_TABLE_MOST || layout.align > HW_MALLOC_ALIGN ||
               offset >= atomic_load_explicit(cache->committed, memory_order_acquire))) {
    return deallocate_slow(cache, ptr, layout, exact, tracked);
  }
  unsigned size_class = hw_class_table[(layout.size + 15) >> 4];
  const hw_page_t *page = &cache->pages[offset >> HW_PAGE_SHIFT];
  hw_magazine_t *magazine = &cache->magazines[size_class];
  uint32_t count = hw_magazine_count(magazine);
  if (UNLIKELY(atomic_load_explicit(&page->tag, RELAXED) != cache->tag + size_class ||
               count == magazine->most)) {
    return deallocate_slow(cache, ptr, layout, exact, tracked);
  }
  if (exact) {
    _Atomic uint8_t *state = &cache->states[offset >> 4];
    /* An interior pointer has no state of its own; one inside the first 16 bytes has its block's.
     */
    if (UNLIKELY(atomic_load_explicit(state, RELAXED) != HW_STATE_LIVE || (offset & 15) != 0)) {
      return deallocate_slow(cache, ptr, layout, exact, tracked);
    }
    atomic_store_explicit(state, HW_STATE_NONE, RELAXED);
  }
  push(cache, size_class, ptr);
  if (tracked) hw_account_close(&cache->arena->account, hw_size_classes[size_class].size);
  return HW_OK;
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

/* One table for each pair of modes, so that the fast path asks for neither. */
#define DEFINE_OPS(mode, is_exact, is_tracked)                                                 \
  static hw_status_t mode##_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags, \
                                     void **out) {                                             \
    return allocate(self, layout, flags, out, is_exact, is_tracked);                           \
  }                                                                                            \
  static hw_status_t mode##_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {  \
    return deallocate(self, ptr, layout, is_exact, is_tracked);                                \
  }                                                                                            \
  static const hw_allocator_ops_t mode##_ops = {                                               \
      .abi_version = HW_ABI_VERSION,                                                           \
      .capabilities = HW_ARENA_CAPABILITIES,                                                   \
      .name = "arena",                                                                         \
      .allocate = mode##_allocate,                                                             \
      .deallocate = mode##_deallocate,                                                         \
      .reallocate = cache_reallocate,                                                          \
      .reallocate_in_place = cache_reallocate_in_place,                                        \
      .usable_size = cache_usable_size,                                                        \
      .owns = cache_owns,                                                                      \
      .retire = cache_retire,                                                                  \
      .stats = cache_stats,                                                                    \
      .verify = cache_verify,                                                                  \
      .destroy = cache_destroy,                                                                \
  }

DEFINE_OPS(plain, false, false);
DEFINE_OPS(tracked, false, true);
DEFINE_OPS(exact, true, false);
DEFINE_OPS(exact_tracked, true, true);

const hw_allocator_ops_t *hw_cache_ops_for(const hw_arena_t *arena) {
  if (arena->exact) return arena->tracked ? &exact_tracked_ops : &exact_ops;
  return arena->tracked ? &tracked_ops : &plain_ops;
}

bool hw_is_cache(const hw_allocator_t *self) {
  return self != NULL && (self->ops == &plain_ops || self->ops == &tracked_ops ||
                          self->ops == &exact_ops || self->ops == &exact_tracked_ops);
}
