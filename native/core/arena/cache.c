/* How magazines are filled and emptied, and how caches begin and end. */
#include "arena/cache.h"

#include <string.h>

#define RELAXED memory_order_relaxed

static uint8_t first_refill(unsigned size_class) {
  return (uint8_t)hw_min(HW_REFILL_FIRST, hw_size_classes[size_class].refill);
}

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
    cache->magazines[i].refill = first_refill(i);
  }
}

/* Gives back three quarters of what a class surely did not use since it was last looked at: what it
 * held then, less what it handed out since. Costs the fast path nothing. */
static void sweep_class(hw_cache_t *cache, unsigned size_class) {
  hw_magazine_t *magazine = &cache->magazines[size_class];
  uint64_t allocations = hw_count_read(&magazine->allocations);
  uint64_t used = allocations - magazine->swept_allocations;
  uint32_t count = hw_magazine_count(magazine);
  uint32_t held = count < magazine->swept_count ? count : magazine->swept_count;
  uint32_t idle = used < held ? held - (uint32_t)used : 0;
  if (idle > 0) flush(cache, size_class, idle - idle / 4);
  magazine->swept_allocations = allocations;
  magazine->swept_count = hw_magazine_count(magazine);
}

bool hw_cache_sweep(hw_cache_t *cache) {
  bool holds = false;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    sweep_class(cache, i);
    holds = holds || hw_magazine_count(&cache->magazines[i]) > 0;
  }
  return holds;
}

static void trip(hw_cache_t *cache) {
  hw_arena_trip(cache->arena);
  if (++cache->trips % HW_CACHE_SWEEP_TRIPS != 0) return;
  sweep_class(cache, cache->trips / HW_CACHE_SWEEP_TRIPS % HW_CLASS_COUNT);
}

hw_status_t hw_cache_refill(hw_cache_t *cache, unsigned size_class, bool nowait) {
  hw_magazine_t *magazine = &cache->magazines[size_class];
  size_t got = 0;
  if (!nowait) trip(cache);
  hw_status_t status =
      hw_arena_take(cache->arena, size_class, magazine->slots, magazine->refill, nowait, &got);
  if (hw_arena_may_relieve(status, nowait)) {
    hw_cache_give_all(cache);
    hw_arena_relieve(cache->arena);
    status = hw_arena_take(cache->arena, size_class, magazine->slots, 1, nowait, &got);
  }
  hw_magazine_set_count(magazine, (uint32_t)got);
  cache->base.ops = hw_cache_ops_for(cache->arena);
  unsigned twice = magazine->refill * 2u;
  magazine->refill = (uint8_t)hw_min(twice, hw_size_classes[size_class].refill);
  return status;
}

void hw_cache_make_room(hw_cache_t *cache, unsigned size_class) {
  const hw_size_class_t *sc = &hw_size_classes[size_class];
  trip(cache);
  /* The trip may have swept this very class. */
  uint32_t count = hw_magazine_count(&cache->magazines[size_class]);
  if (count > sc->refill) flush(cache, size_class, count - sc->refill);
}

static size_t slots_in_all(void) {
  size_t count = 0;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) count += hw_size_classes[i].magazine;
  return count;
}

/* What no use of a cache changes. */
static hw_cache_t *create(hw_arena_t *arena) {
  hw_segment_t memory;
  size_t head = hw_align_up(sizeof(hw_cache_t), 64);
  if (hw_segment_map(arena->os, head + slots_in_all() * sizeof(void *), &memory) != HW_OK) {
    return NULL;
  }
  hw_cache_t *cache = memory.base;
  hw_region_t *region = &arena->space->regions[0];
  cache->memory = memory;
  cache->arena = arena;
  cache->region_base = region->base;
  cache->pages = region->pages;
  cache->states = region->states;
  cache->states_at_zero = (uintptr_t)region->states - ((uintptr_t)region->base >> 4);
  void **slots = (void **)((uint8_t *)memory.base + head);
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    hw_magazine_t *magazine = &cache->magazines[i];
    magazine->slots = slots;
    slots += hw_size_classes[i].magazine;
    magazine->end = slots;
    magazine->size_class = (uint8_t)i;
    magazine->tag = hw_tag(arena->owner, i);
  }
  for (size_t i = 0; i < sizeof cache->offsets / sizeof cache->offsets[0]; i++) {
    const uint8_t *magazine = (const uint8_t *)&cache->magazines[hw_class_table[i]];
    cache->offsets[i] = (uint16_t)(magazine - (const uint8_t *)cache);
  }
  return cache;
}

static void begin(hw_cache_t *cache) {
  cache->base.ops = hw_cache_ops_for(cache->arena);
  cache->trips = 0;
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) {
    hw_magazine_t *magazine = &cache->magazines[i];
    hw_magazine_set_count(magazine, 0);
    hw_count_write(&magazine->allocations, 0);
    magazine->refill = first_refill(i);
    magazine->swept_count = 0;
    magazine->swept_allocations = 0;
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
    begin(cache);
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
                              hw_count_read(&cache->magazines[i].allocations), RELAXED);
  }
  if (cache->next != NULL) cache->next->prev = cache->prev;
  *(cache->prev == NULL ? &arena->caches : &cache->prev->next) = cache->next;
  /* Calls through a closed cache are refused by the public functions. */
  cache->base.ops = NULL;
  cache->next = arena->spare_caches;
  arena->spare_caches = cache;
  hw_unlock(&arena->caches_lock);
}
