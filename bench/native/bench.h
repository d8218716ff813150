/* What the native benchmark's programs (the driver, and seeds/) and their workloads share.
 *
 * A workload does a fixed amount of work from a fixed seed and adds what it read back from its
 * blocks to a checksum: the same for every allocator, or one of them lost or mixed up memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heapwright.h"

enum { BENCH_MAX_FIGURES = 40 };

typedef struct bench_figure {
  const char *group, *name; /* printed as one word */
  double value;
} bench_figure_t;

typedef struct bench {
  hw_allocator_t *owner; /* NULL for the malloc family and the empty allocator */
  hw_allocator_t *heap;  /* how the main thread uses it: an arena through a cache */
  uint64_t ops;         /* how much to do; a workload says in what unit, and may round up */
  uint64_t budget_ns;   /* 0; or how long to do it, where a workload goes by bench_goes_on */
  size_t heap_bytes;    /* 0; or where the heap ends: there workloads of seeds/ meet failures */
  uint64_t seed;        /* 0: the workload's own */
  bool untimed;         /* for counts of instructions: no times of single calls are kept */
  uint64_t param;       /* the table's argument: one workload, several rows */
  uint64_t idle_ms;     /* how long `burst` waits */

  uint64_t done;     /* operations counted towards the time */
  uint64_t checksum; /* of the contents of all blocks */
  uint64_t started_ns, ends_ns, ends_ops; /* of the part that bench_begin began */
  double seconds; /* 0 until the clock was stopped */
  bench_figure_t figures[BENCH_MAX_FIGURES];
  size_t figure_count;
} bench_t;

typedef struct bench_workload {
  const char *name; /* NULL ends a table */
  void (*run)(bench_t *bench);
  uint64_t ops; /* of a full run */
  uint64_t param;
} bench_workload_t;

/* The same workloads compiled against each seam: see seam.h. */
extern const bench_workload_t bench_workloads_vtable[];
extern const bench_workload_t bench_workloads_malloc[];
extern const bench_workload_t bench_workloads_empty[];

/* Ends the process with a line on stderr and status 2. */
_Noreturn void bench_die(const char *why);

/* A heap may be full, and nothing else be wrong. Apart from the loops that are measured. */
__attribute__((cold)) void bench_expect_full(hw_status_t status);

/* The clock runs from before the workload to its end, unless the workload narrows it. */
void bench_start(bench_t *bench);
void bench_stop(bench_t *bench);

/* Starts the clock, and sets the end for bench_goes_on to 1 / `divide` of what there is to do. */
void bench_begin(bench_t *bench, uint64_t divide);

/* A further result, by name, in the program's line. */
void bench_report(bench_t *bench, const char *name, double value);
void bench_report_of(bench_t *bench, const char *group, const char *name, double value);
/* All of them, as `,"name":1.5`. */
void bench_print_figures(const bench_t *bench);

/* The allocator as the calling thread is to use it, and the end of that. */
hw_allocator_t *bench_attach(hw_allocator_t *owner);
void bench_detach(hw_allocator_t *owner, hw_allocator_t *heap);
/* Destroys it when the work is done: nothing may be left, and nothing broken. */
void bench_close(hw_allocator_t *owner);

uint64_t bench_nanoseconds(void);
double bench_median(double *values, size_t count);
void bench_sleep_ms(uint64_t milliseconds);

/* Resident bytes now and at most since the program started; 0 where the system does not tell. */
uint64_t bench_rss(void);
uint64_t bench_peak_rss(void);

/* Zeroed pages straight from the system, so that a workload's own tables are in nobody's heap. */
void *bench_map(size_t size);
void bench_unmap(void *ptr, size_t size);

/* Whether there is more to do, by number or by time: the clock is read every `every` operations. */
static inline bool bench_goes_on(const bench_t *bench, uint64_t every) {
  if (bench->budget_ns == 0) return bench->done < bench->ends_ops;
  return bench->done % every != 0 || bench_nanoseconds() < bench->ends_ns;
}

/* xorshift64*: short, and good enough in its upper bits. The state is never 0. */
static inline uint64_t bench_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* Uniform in 0 .. bound - 1, for bounds below 2^32. */
static inline uint64_t bench_below(uint64_t *state, uint64_t bound) {
  return ((bench_random(state) >> 32) * bound) >> 32;
}

/* Uniform in low .. high. */
static inline uint64_t bench_between(uint64_t *state, uint64_t low, uint64_t high) {
  return low + bench_below(state, high - low + 1);
}

/* The seed of stream `n` (a thread, a phase): streams differ from their first draws on. */
static inline uint64_t bench_seed(uint64_t n) {
  return (n + 1) * UINT64_C(0x9E3779B97F4A7C15);
}
