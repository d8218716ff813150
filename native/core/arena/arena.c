#include "arena/arena.h"

#include <string.h>

#include "arena/cache.h"
#include "arena/large.h"

#define RELAXED memory_order_relaxed

hw_status_t hw_arena_take(hw_arena_t *arena, unsigned size_class, void **out, size_t count,
                          bool nowait, size_t *taken) {
  hw_status_t status = hw_bin_take(&arena->bins[size_class], out, count, nowait, taken);
  atomic_fetch_add_explicit(&arena->small_out, *taken * hw_size_classes[size_class].size, RELAXED);
  hw_arena_note_peak(arena);
  return status;
}

void hw_arena_give(hw_arena_t *arena, unsigned size_class, void *const *blocks, size_t count) {
  hw_bin_give(&arena->bins[size_class], blocks, count);
  atomic_fetch_sub_explicit(&arena->small_out, count * hw_size_classes[size_class].size, RELAXED);
}

void hw_arena_note_peak(hw_arena_t *arena) {
  /* Tracked, the account knows it exactly. */
  if (arena->tracked) return;
  size_t out = atomic_load_explicit(&arena->small_out, RELAXED) +
               atomic_load_explicit(&arena->account.live_bytes, RELAXED);
  size_t peak = atomic_load_explicit(&arena->peak, RELAXED);
  while (out > peak &&
         !atomic_compare_exchange_weak_explicit(&arena->peak, &peak, out, RELAXED, RELAXED)) {
  }
}

/* Sweeps the depots when a step of the decay has passed. */
static void sweep_depots(hw_arena_t *arena, uint64_t now_ms) {
  int64_t decay_ms = arena->runs.decay.ms;
  if (decay_ms < 0) return;
  uint64_t swept = atomic_load_explicit(&arena->swept_ms, RELAXED);
  if (now_ms - swept < (uint64_t)decay_ms / HW_DECAY_STEPS) return;
  /* One of several threads does it. */
  if (!atomic_compare_exchange_strong_explicit(&arena->swept_ms, &swept, now_ms, RELAXED,
                                               RELAXED)) {
    return;
  }
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) hw_bin_sweep(&arena->bins[i]);
}

static bool holds_depots(hw_arena_t *arena) {
  bool holds = false;
  for (unsigned i = 0; i < HW_CLASS_COUNT && !holds; i++) {
    hw_lock(&arena->bins[i].lock);
    holds = arena->bins[i].depot_count > 0;
    hw_unlock(&arena->bins[i].lock);
  }
  return holds;
}

static bool tick(hw_arena_t *arena) {
  uint64_t now_ms = arena->os->milliseconds();
  sweep_depots(arena, now_ms);
  return hw_runs_tick(&arena->runs, now_ms);
}

void hw_arena_trip(hw_arena_t *arena) {
  uint32_t trips = atomic_fetch_add_explicit(&arena->trips, 1, RELAXED) + 1;
  if (trips % HW_TICK_TRIPS == 0) (void)tick(arena);
}

void hw_arena_relieve(hw_arena_t *arena) {
  for (unsigned i = 0; i < HW_CLASS_COUNT; i++) hw_bin_flush(&arena->bins[i]);
  hw_runs_purge(&arena->runs);
}

hw_status_t hw_arena_tick(hw_allocator_t *self, bool *more) {
  bool is_cache = hw_is_cache(self);
  if (!is_cache && !hw_is_arena(self)) return HW_ERR_INVALID;
  hw_arena_t *arena = is_cache ? hw_cache_of(self)->arena : hw_arena_of(self);
  bool decays = arena->runs.decay.ms >= 0;
  bool cached = is_cache && decays && hw_cache_sweep(hw_cache_of(self));
  bool left = tick(arena);
  if (more != NULL) *more = left || cached || (decays && holds_depots(arena));
  return HW_OK;
}

hw_status_t hw_arena_purge(hw_allocator_t *self) {
  if (!hw_is_arena(self)) return HW_ERR_INVALID;
  hw_arena_relieve(hw_arena_of(self));
  return HW_OK;
}

static hw_status_t take_one(hw_arena_t *arena, unsigned size_class, bool nowait, void **out) {
  size_t taken = 0;
  if (!nowait) hw_arena_trip(arena);
  hw_status_t status = hw_arena_take(arena, size_class, out, 1, nowait, &taken);
  if (hw_arena_may_relieve(status, nowait)) {
    hw_arena_relieve(arena);
    status = hw_arena_take(arena, size_class, out, 1, nowait, &taken);
  }
  return status;
}

static hw_status_t allocate_small(hw_arena_t *arena, unsigned size_class, bool nowait, void **out) {
  size_t size = hw_size_classes[size_class].size;
  hw_status_t status = arena->tracked ? hw_account_charge(&arena->account, size) : HW_OK;
  if (status != HW_OK) return status;
  status = take_one(arena, size_class, nowait, out);
  if (status != HW_OK) {
    if (arena->tracked) hw_account_refund(&arena->account, size);
    hw_account_fail(&arena->account);
    return status;
  }
  if (arena->tracked) hw_account_open(&arena->account);
  atomic_fetch_add_explicit(&arena->allocations[size_class], 1, RELAXED);
  return HW_OK;
}

static hw_status_t arena_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                  void **out) {
  hw_arena_t *arena = hw_arena_of(self);
  unsigned size_class = hw_class_of(layout);
  if (size_class == HW_CLASS_LARGE) return hw_large_allocate(arena, layout, flags, out);
  void *block = NULL;
  hw_status_t status = allocate_small(arena, size_class, (flags & HW_NOWAIT) != 0, &block);
  if (status != HW_OK) return status;
  if (arena->exact) hw_set_state(hw_space_find(arena->space, block), block, HW_STATE_LIVE);
  if (flags & HW_ZEROED) memset(block, 0, layout.size);
  *out = block;
  return HW_OK;
}

static hw_status_t arena_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  hw_arena_t *arena = hw_arena_of(self);
  hw_location_t at;
  hw_status_t status = hw_arena_check(arena, ptr, layout, &at);
  if (status != HW_OK) return status;
  unsigned size_class = at.run->size_class;
  if (size_class == HW_CLASS_LARGE) return hw_large_deallocate(arena, at.region, at.run);
  if (arena->exact) hw_set_state(at.region, ptr, HW_STATE_NONE);
  hw_arena_trip(arena);
  hw_arena_give(arena, size_class, &ptr, 1);
  if (arena->tracked) hw_account_close(&arena->account, hw_size_classes[size_class].size);
  return HW_OK;
}

static hw_status_t arena_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                    hw_layout_t next, uint32_t flags, void **out) {
  return hw_arena_reallocate(hw_arena_of(self), self, ptr, layout, next, flags, out);
}

static hw_status_t arena_reallocate_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                             hw_layout_t next) {
  return hw_arena_reallocate_in_place(hw_arena_of(self), ptr, layout, next);
}

static size_t arena_usable_size(hw_allocator_t *self, hw_layout_t layout) {
  (void)self;
  return hw_usable_bytes(layout);
}

static hw_ownership_t arena_owns(hw_allocator_t *self, const void *ptr) {
  return hw_arena_owns(hw_arena_of(self), ptr);
}

static hw_status_t arena_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  return hw_arena_retire(hw_arena_of(self), ptr, layout);
}

static void arena_stats(hw_allocator_t *self, hw_stats_t *out) {
  hw_arena_stats_of(hw_arena_of(self), out);
}

static hw_status_t arena_verify(hw_allocator_t *self, const char **broken) {
  return hw_arena_verify(hw_arena_of(self), broken);
}

static hw_status_t arena_destroy(hw_allocator_t *self) {
  return hw_arena_end(hw_arena_of(self));
}

static const hw_allocator_ops_t arena_ops = {
    .abi_version = HW_ABI_VERSION,
    .capabilities = HW_ARENA_CAPABILITIES,
    .name = "arena",
    .allocate = arena_allocate,
    .deallocate = arena_deallocate,
    .reallocate = arena_reallocate,
    .reallocate_in_place = arena_reallocate_in_place,
    .usable_size = arena_usable_size,
    .owns = arena_owns,
    .retire = arena_retire,
    .stats = arena_stats,
    .verify = arena_verify,
    .destroy = arena_destroy,
};

const hw_allocator_ops_t *hw_arena_ops(void) {
  return &arena_ops;
}

bool hw_is_arena(const hw_allocator_t *self) {
  return self != NULL && self->ops == &arena_ops;
}

hw_ownership_t hw_arena_owns(hw_arena_t *arena, const void *ptr) {
  hw_found_t found = hw_arena_locate(arena, ptr).found;
  return found == HW_FOUND_BLOCK || found == HW_FOUND_INTERIOR ? HW_OWNS_YES : HW_OWNS_NO;
}
