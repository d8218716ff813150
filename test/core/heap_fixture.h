/* One record table, one heap over a system allocator or a strict one, all on the fake OS. */
#pragma once

#include "binding/heap.h"
#include "fake_os.h"
#include "harness.h"

typedef struct heap_fixture {
  hw_record_table_t table;
  hw_heap_t heap;
  unsigned ended; /* calls of on_end */
} heap_fixture_t;

#define assert_code(expected, actual) assert_int_equal((expected), (actual))

/* Begins the fake OS anew. */
void heap_fixture_open(heap_fixture_t *fixture, size_t limit);
/* The same over an allocator of the test's. */
void heap_fixture_open_over(heap_fixture_t *fixture, hw_allocator_t *allocator);
/* Everything was given back: closes the heap, destroys the table, and nothing is left. */
void heap_fixture_close(heap_fixture_t *fixture);
/* Something was retired, or is meant to stay: takes the memory back by force. */
void heap_fixture_abandon(heap_fixture_t *fixture);

hw_record_t *allocate_block(heap_fixture_t *fixture, size_t size, size_t align);
hw_record_t *allocate_raw(heap_fixture_t *fixture, size_t size);
hw_record_t *open_range(hw_record_t *raw, size_t offset, size_t size);

/* A free on an idle loop, and the finalizer that follows. */
void free_block(hw_record_t *record);

hw_record_state_t state_of(const hw_record_t *record);
uint32_t generation_of(const hw_record_t *record);
hw_code_t check_block(const heap_fixture_t *fixture, const hw_record_t *record);

void assert_heap_valid(const heap_fixture_t *fixture);
hw_stats_t allocator_stats(const heap_fixture_t *fixture);
