#include "ticks.h"

#include <stdlib.h>
#include <string.h>

samples_t samples_open(size_t room) {
  if (room == 0) return (samples_t){.room = 0};
  samples_t samples = {.ticks = bench_map(room * sizeof(uint32_t)), .room = room};
  /* No page fault while it is measured. */
  memset(samples.ticks, 1, room * sizeof(uint32_t));
  return samples;
}

static int ascending(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

void samples_close(samples_t *samples, bench_t *bench, const char *group) {
  static const struct {
    const char *name;
    size_t percent;
  } quantiles[] = {{"P1", 1}, {"P25", 25}, {"P50", 50}, {"P75", 75}, {"P99", 99}};
  size_t count = samples->count;
  if (count > 0) {
    qsort(samples->ticks, count, sizeof samples->ticks[0], ascending);
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
      size_t at = count * quantiles[i].percent / 100;
      bench_report_of(bench, group, quantiles[i].name, samples->ticks[at]);
    }
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += samples->ticks[i];
    bench_report_of(bench, group, "Min", samples->ticks[0]);
    bench_report_of(bench, group, "Max", samples->ticks[count - 1]);
    bench_report_of(bench, group, "Average", sum / (double)count);
  }
  if (samples->room > 0) bench_unmap(samples->ticks, samples->room * sizeof(uint32_t));
  samples->room = 0;
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b) {
  while (b != 0) {
    uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

ticks_facts_t ticks_measure(void) {
  enum { TRIES = 1001 };
  uint32_t ticks[TRIES], step = 0;
  for (size_t i = 0; i < TRIES; i++) {
    uint64_t start = ticks_now();
    ticks[i] = (uint32_t)(ticks_now() - start);
    step = greatest_divisor(step, ticks[i]);
  }
  qsort(ticks, TRIES, sizeof ticks[0], ascending);
  return (ticks_facts_t){ticks[TRIES / 2], step};
}
