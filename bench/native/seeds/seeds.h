/* What the programs of this folder share: the workloads that the projects we answer to publish,
 * written from their descriptions, on heaps of a fixed size. Each prints lines of JSON. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heapwright.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

typedef struct seeds_options {
  const char *allocator; /* chunk, arena, system, or empty: the loop alone */
  size_t chunk_size;
  bool best_fit, is_cold;
  bool is_untimed; /* for counts of instructions: no times are kept */
  uint64_t count, seed, size; /* what they count is the program's; 0: its default */
} seeds_options_t;

/* ALLOCATOR [--chunk BYTES] [--best] [--cold] [--untimed] [--count N] [--seed N] [--size N];
 * others end the process with status 1. */
seeds_options_t seeds_read(int argc, char **argv, const char *program);

typedef struct seeds_heap {
  hw_allocator_t *owner, *heap; /* the same, but for an arena: a cache of it */
} seeds_heap_t;

/* A heap of so many bytes, its memory touched unless the options say it is to be cold. */
seeds_heap_t seeds_open(const seeds_options_t *options, size_t bytes);
/* Nothing may be broken. Blocks may be left. */
void seeds_close(const seeds_heap_t *heap);
_Noreturn void seeds_die(const char *why);
/* `"allocator":"chunk","chunkSize":256,"fit":"next"` */
void seeds_print_subject(const seeds_options_t *options);

/* Times of single calls, in ticks of the processor's counter. */
typedef struct seeds_times {
  uint32_t *ticks;
  size_t count, room;
} seeds_times_t;

/* `room` 0: keeps none. */
seeds_times_t seeds_times(size_t room);
void seeds_note(seeds_times_t *times, uint64_t ticks);
/* `,"NAMEMedian":68,"NAMEAverage":70.2,"NAMEP99":86,"NAMEMin":56`; sorts. */
void seeds_print_times(const char *name, seeds_times_t *times);

uint64_t seeds_nanoseconds(void);

static inline uint64_t seeds_ticks(void) {
#if defined(__x86_64__)
  unsigned core;
  return __rdtscp(&core);
#else
  return seeds_nanoseconds();
#endif
}

/* The sequence that all ports of the seed's benchmark share. */
static inline uint32_t seeds_xorshift(uint32_t *x) {
  *x ^= *x << 13;
  *x ^= *x >> 17;
  *x ^= *x << 5;
  return *x;
}
