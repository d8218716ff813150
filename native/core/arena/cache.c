#include "arena/cache.h"

#include <string.h>

#define RELAXED memory_order_relaxed

/* The oldest `count` blocks go to their bin. */
static void flush(hw_cache_t *cache, unsigned size_class, uint32_t count) {
  hw_magazine_t *magazine = &cache->magazines[size_class];
  uint32_t kept = hw_magazine_count(magazine) - count;
  hw_arena_give(cache->arena, size_class, magazine->slots, count);
  memmove(magazine->slots, magazine->slots + count, kept * sizeof *magazine->slots);
  hw_magazine_set_count(magazine, kept);
}

void hw_cache_give_all(hw_cache_t *cache) {
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    uint32_t count = hw_magazine_count(&cache->magazines[i]);
    if (count > 0) flush(cache, i, count);
    cache->magazines[i].refill = hw_min(HW_REFILL_FIRST, hw_size_classes[i].refill);
  }
}

/* Gives back three quarters of what a class surely did not use since it was last looked at: what it
 * held then, less what it handed out since. Costs the fast path nothing. */
static void sweep_class(hw_cache_t *cache, unsigned size_class) {
  hw_magazine_t *magazine = &cache->magazines[size_class];
  uint64_t allocations = atomic_load_explicit(&magazine->allocations, RELAXED);
  uint64_t used = allocations - cache->swept_allocations[size_class];
  uint32_t count = hw_magazine_count(magazine);
  uint32_t held = count < magazine->swept ? count : magazine->swept;
  uint32_t idle = used < held ? held - (uint32_t)used : 0;
  if (idle > 0) flush(cache, size_class, idle - idle / 4);
  cache->swept_allocations[size_class] = allocations;
  magazine->swept = hw_magazine_count(magazine);
}

static void trip(hw_cache_t *cache) {
  hw_arena_trip(cache->arena);
  if (++cache->trips % HW_CACHE_SWEEP_TRIPS != 0) return;
  sweep_class(cache, cache->trips / HW_CACHE_SWEEP_TRIPS % HW_CLASS_COUNT);
}

hw_status_t hw_cache_refill(hw_cache_t *cache, unsigned size_class, bool nowait) {
  hw_magazine_t *magazine = &cache->magazines[size_class];
  size_t got = 0;
  trip(cache);
  hw_status_t status =
      hw_arena_take(cache->arena, size_class, magazine->slots, magazine->refill, nowait, &got);
  if ((status == HW_ERR_LIMIT || status == HW_ERR_OUT_OF_MEMORY) && !nowait) {
    hw_cache_give_all(cache);
    hw_arena_relieve(cache->arena);
    status = hw_arena_take(cache->arena, size_class, magazine->slots, 1, nowait, &got);
  }
  hw_magazine_set_count(magazine, (uint32_t)got);
  uint32_t most = hw_size_classes[size_class].refill;
  magazine->refill = magazine->refill * 2 < most ? magazine->refill * 2 : most;
  return status;
}

void hw_cache_make_room(hw_cache_t *cache, unsigned size_class) {
  trip(cache);
  flush(cache, size_class, cache->magazines[size_class].most - hw_size_classes[size_class].refill);
}

static size_t all_slots(void) {
  size_t count = 0;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) count += hw_size_classes[i].magazine;
  return count;
}

static hw_cache_t *create(hw_arena_t *arena) {
  hw_segment_t memory;
  size_t bytes = hw_align_up(sizeof(hw_cache_t), 64) + all_slots() * sizeof(void *);
  if (hw_segment_map(arena->os, bytes, &memory) != HW_OK) return NULL;
  hw_cache_t *cache = memory.base;
  cache->memory = memory;
  void **slots = (void **)((uint8_t *)memory.base + hw_align_up(sizeof(hw_cache_t), 64));
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    cache->magazines[i].slots = slots;
    cache->magazines[i].most = hw_size_classes[i].magazine;
    slots += hw_size_classes[i].magazine;
  }
  return cache;
}

static void init(hw_cache_t *cache, hw_arena_t *arena) {
  hw_region_t *region = &arena->space->regions[0];
  cache->base.ops = hw_cache_ops_for(arena);
  cache->arena = arena;
  cache->region_base = region->base;
  cache->committed = &region->committed;
  cache->pages = region->pages;
  cache->states = (_Atomic uint8_t *)region->states;
  cache->tag = hw_tag(arena->owner, 0);
  cache->trips = 0;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    hw_magazine_t *magazine = &cache->magazines[i];
    hw_magazine_set_count(magazine, 0);
    atomic_store_explicit(&magazine->allocations, 0, RELAXED);
    magazine->refill = hw_min(HW_REFILL_FIRST, hw_size_classes[i].refill);
    magazine->swept = 0;
    cache->swept_allocations[i] = 0;
  }
}

hw_status_t hw_cache_open(hw_allocator_t *self, hw_allocator_t **out) {
  if (out == NULL || !hw_is_arena(self)) return HW_ERR_INVALID;
  hw_arena_t *arena = hw_arena_of(self);
  hw_lock(&arena->caches_lock);
  hw_cache_t *cache = arena->spare_caches;
  if (cache != NULL) {
    arena->spare_caches = cache->next;
  } else {
    cache = create(arena);
  }
  if (cache != NULL) {
    init(cache, arena);
    cache->prev = NULL;
    cache->next = arena->caches;
    if (cache->next != NULL) cache->next->prev = cache;
    arena->caches = cache;
  }
  hw_unlock(&arena->caches_lock);
  if (cache == NULL) return HW_ERR_OUT_OF_MEMORY;
  *out = &cache->base;
  return HW_OK;
}

hw_status_t hw_cache_flush(hw_allocator_t *self) {
  if (!hw_is_cache(self)) return HW_ERR_INVALID;
  hw_cache_give_all(hw_cache_of(self));
  return HW_OK;
}

void hw_cache_close(hw_cache_t *cache) {
  hw_arena_t *arena = cache->arena;
  hw_cache_give_all(cache);
  hw_lock(&arena->caches_lock);
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    atomic_fetch_add_explicit(&arena->allocations[i],
                              atomic_load_explicit(&cache->magazines[i].allocations, RELAXED),
                              RELAXED);
    atomic_store_explicit(&cache->magazines[i].allocations, 0, RELAXED);
  }
  if (cache->next != NULL) cache->next->prev = cache->prev;
  *(cache->prev == NULL ? &arena->caches : &cache->prev->next) = cache->next;
  cache->base.ops = NULL;
  cache->next = arena->spare_caches;
  arena->spare_caches = cache;
  hw_unlock(&arena->caches_lock);
}
