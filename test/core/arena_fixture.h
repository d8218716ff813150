/* An arena on the fake system, and the few words its tests are written in. Blocks are aligned to 16
 * where nothing else is said. */
#pragma once

#include "arena/arena.h"
#include "arena/cache.h"
#include "fake_os.h"
#include "harness.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

/* A new arena in an address space of its own; the fake system begins anew. */
hw_allocator_t *arena_begin(void);
hw_allocator_t *arena_begin_with(uint32_t flags);
/* The options of both, and a limit of usable bytes. */
hw_allocator_t *arena_begin_as(size_t limit, size_t mapped_limit, int64_t decay_ms, uint32_t flags);
/* One more, without a new beginning. */
hw_allocator_t *arena_open(void);
/* Verifies and destroys it. */
void arena_end(hw_allocator_t *arena);
/* The same for the last one: nothing of it is left in the system. */
void arena_end_all(hw_allocator_t *arena);

hw_allocator_t *cache_open(hw_allocator_t *arena);

void *take(hw_allocator_t *self, size_t size);
void *take_zeroed(hw_allocator_t *self, size_t size);
void *take_as(hw_allocator_t *self, hw_layout_t layout, uint32_t flags);
void give(hw_allocator_t *self, void *block, size_t size);
void give_as(hw_allocator_t *self, void *block, hw_layout_t layout);
void *resize(hw_allocator_t *self, void *block, size_t size, size_t next);

/* What each of these calls answers where it is meant to fail; *out stays as it was. */
hw_status_t try_take(hw_allocator_t *self, size_t size);
hw_status_t try_give(hw_allocator_t *self, void *block, size_t size);

void assert_sound(hw_allocator_t *self);
hw_stats_t stats_of(hw_allocator_t *self);
hw_page_stats_t pages_of(hw_allocator_t *arena);
/* Of the class that blocks of `size` are in. */
hw_class_stats_t class_stats_of(hw_allocator_t *arena, size_t size);
/* Where the block lies. */
hw_run_t *run_of(hw_allocator_t *arena, const void *block);
hw_region_t *region_of_block(hw_allocator_t *arena, const void *block);
