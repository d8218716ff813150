/* Times of single calls, in ticks of the processor's counter; in nanoseconds where that is no
 * x86-64. An empty measurement is never subtracted. */
#pragma once

#include "bench.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#define TICKS_UNIT "ticks"
#else
#define TICKS_UNIT "ns"
#endif

/* Ticks now, once all that stands before has been done. */
static inline uint64_t ticks_now(void) {
#if defined(__x86_64__)
  unsigned core;
  return __rdtscp(&core);
#else
  return bench_nanoseconds();
#endif
}

/* Around a call, with fences that keep it from being mixed with what stands around it. */
static inline uint64_t ticks_before(void) {
#if defined(__x86_64__)
  _mm_lfence();
  return __rdtsc();
#else
  return bench_nanoseconds();
#endif
}

static inline uint64_t ticks_after(void) {
  uint64_t ticks = ticks_now();
#if defined(__x86_64__)
  _mm_lfence();
#endif
  return ticks;
}

typedef struct samples {
  uint32_t *ticks;
  size_t count, room;
} samples_t;

/* `room` 0: keeps none. */
samples_t samples_open(size_t room);
/* Reports GROUP + P1, P25, P50, P75, P99, Min, Max and Average, if there are any, and ends them. */
void samples_close(samples_t *samples, bench_t *bench, const char *group);

static inline void samples_note(samples_t *samples, uint64_t ticks) {
  if (samples->room == 0) return;
  if (samples->count == samples->room) bench_die("too many times");
  samples->ticks[samples->count++] = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

typedef struct ticks_facts {
  uint32_t empty; /* the median of what an empty measurement takes */
  uint32_t step; /* what the counter advances by */
} ticks_facts_t;

ticks_facts_t ticks_measure(void);
