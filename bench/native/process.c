/* Clock, memory, results and heaps of the process that a benchmark is. Linux tells resident memory
 * in /proc; elsewhere getrusage knows at least the peak. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum { STATUS_BYTES = 4096 };

void bench_die(const char *why) {
  fprintf(stderr, "benchmark: %s\n", why);
  /* No exit handlers: other threads may still be at work. */
  _exit(2);
}

void bench_expect_full(hw_status_t status) {
  if (status != HW_ERR_OUT_OF_MEMORY && status != HW_ERR_LIMIT) bench_die(hw_status_name(status));
}

uint64_t bench_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void bench_begin(bench_t *bench, uint64_t divide) {
  bench->ends_ops = bench->done + bench->ops / divide;
  bench->started_ns = bench_nanoseconds();
  bench->ends_ns = bench->started_ns + bench->budget_ns / divide;
}

void bench_start(bench_t *bench) {
  bench_begin(bench, 1);
}

void bench_stop(bench_t *bench) {
  bench->seconds = (double)(bench_nanoseconds() - bench->started_ns) * 1e-9;
}

void bench_report_of(bench_t *bench, const char *group, const char *name, double value) {
  if (bench->figure_count == BENCH_MAX_FIGURES) bench_die("too many figures");
  bench->figures[bench->figure_count++] = (bench_figure_t){group, name, value};
}

void bench_report(bench_t *bench, const char *name, double value) {
  bench_report_of(bench, "", name, value);
}

void bench_print_figures(const bench_t *bench) {
  for (size_t i = 0; i < bench->figure_count; i++) {
    const bench_figure_t *figure = &bench->figures[i];
    printf(",\"%s%s\":%.12g", figure->group, figure->name, figure->value);
  }
}

hw_allocator_t *bench_attach(hw_allocator_t *owner) {
  hw_allocator_t *cache = owner;
  /* Kinds without caches are used as they are, by all threads. */
  return owner == NULL || hw_cache_open(owner, &cache) == HW_ERR_INVALID ? owner : cache;
}

void bench_detach(hw_allocator_t *owner, hw_allocator_t *heap) {
  if (heap != owner && hw_destroy(heap) != HW_OK) bench_die("a cache was not closed");
}

void bench_close(hw_allocator_t *heap) {
  hw_stats_t stats;
  if (hw_stats(heap, &stats) != HW_OK || stats.live_blocks != 0) bench_die("blocks are left over");
  const char *broken = "nothing";
  if (hw_verify(heap, &broken) != HW_OK) bench_die(broken);
  if (hw_destroy(heap) != HW_OK) bench_die("destroy was refused");
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left;
  double b = *(const double *)right;
  return (a > b) - (a < b);
}

double bench_median(double *values, size_t count) {
  qsort(values, count, sizeof values[0], ascending);
  return values[count / 2];
}

void bench_sleep_ms(uint64_t milliseconds) {
  struct timespec left = {.tv_sec = (time_t)(milliseconds / 1000),
                          .tv_nsec = (long)(milliseconds % 1000) * 1000000};
  while (nanosleep(&left, &left) != 0) continue;
}

/* The line `key   123 kB` of a file in /proc, in bytes. Allocates nothing. */
static uint64_t read_kilobytes(const char *path, const char *key) {
  char text[STATUS_BYTES];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  size_t length = 0;
  ssize_t got;
  while (length + 1 < sizeof text &&
         (got = read(file, text + length, sizeof text - 1 - length)) > 0) {
    length += (size_t)got;
  }
  close(file);
  text[length] = '\0';
  const char *line = strstr(text, key);
  return line == NULL ? 0 : strtoull(line + strlen(key), NULL, 10) * 1024;
}

uint64_t bench_rss(void) {
  /* Exact; the figure in `status` lags behind by some pages a core. */
  return read_kilobytes("/proc/self/smaps_rollup", "Rss:");
}

uint64_t bench_peak_rss(void) {
  /* Not ru_maxrss: on Linux that survives exec, and the parent is large. */
  uint64_t peak = read_kilobytes("/proc/self/status", "VmHWM:");
  if (peak != 0) return peak;
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return (uint64_t)usage.ru_maxrss;
}

void *bench_map(size_t size) {
  void *ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (ptr == MAP_FAILED) bench_die("no memory for a workload's own table");
  return ptr;
}

void bench_unmap(void *ptr, size_t size) {
  munmap(ptr, size);
}
