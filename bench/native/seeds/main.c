/* seeds WORKLOAD ALLOCATOR [--chunk BYTES] [--best] [--cold] [--untimed] [--ops N] [--ms N]
 *                        [--seed N]
 *
 * Runs one workload once, on a heap of its own of the published size, whose pages are there unless
 * it is to be cold, on one processor, and prints one line of JSON. ALLOCATOR is `malloc` (the C
 * library's, whose heap has no end and is cold), `empty` (the workload's own cost), or a kind of
 * hw_create: `chunk`, `arena`, `system`.
 *
 * Status 0: done. 1: wrong arguments. 2: an allocator failed, or the work was not the same. */
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixed_heap.h"
#include "seeds.h"
#include "ticks.h"

typedef struct options {
  const char *workload, *allocator;
  fixed_heap_options_t heap;
  bool untimed;
  uint64_t ops, ms, seed; /* 0: the table's, or the workload's own */
} options_t;

static void usage(void) {
  fprintf(stderr,
          "usage: seeds WORKLOAD ALLOCATOR [--chunk BYTES] [--best] [--cold] [--untimed] "
          "[--ops N] [--ms N] [--seed N]\n");
  exit(1);
}

static uint64_t read_number(const char *text) {
  char *end;
  uint64_t number = text == NULL ? 0 : strtoull(text, &end, 10);
  if (text == NULL || *end != '\0' || number == 0) usage();
  return number;
}

static bool read_flag(options_t *options, const char *name) {
  bool *flag = strcmp(name, "--best") == 0      ? &options->heap.is_best_fit
               : strcmp(name, "--cold") == 0    ? &options->heap.is_cold
               : strcmp(name, "--untimed") == 0 ? &options->untimed
                                                : NULL;
  if (flag != NULL) *flag = true;
  return flag != NULL;
}

static options_t read_options(int argc, char **argv) {
  if (argc < 3) usage();
  options_t options = {.workload = argv[1], .allocator = argv[2]};
  options.heap = (fixed_heap_options_t){.kind = argv[2], .chunk_size = 256};
  for (int i = 3; i < argc; i++) {
    const char *name = argv[i];
    if (read_flag(&options, name)) continue;
    uint64_t number = read_number(argv[++i]);
    if (strcmp(name, "--chunk") == 0) {
      options.heap.chunk_size = (size_t)number;
    } else if (strcmp(name, "--ops") == 0) {
      options.ops = number;
    } else if (strcmp(name, "--ms") == 0) {
      options.ms = number;
    } else if (strcmp(name, "--seed") == 0) {
      options.seed = number;
    } else {
      usage();
    }
  }
  return options;
}

static const seeds_row_t *find_row(const options_t *options) {
  const seeds_row_t *row = seeds_rows_vtable;
  if (strcmp(options->allocator, "malloc") == 0) row = seeds_rows_malloc;
  if (strcmp(options->allocator, "empty") == 0) row = seeds_rows_empty;
  while (row->workload.name != NULL && strcmp(row->workload.name, options->workload) != 0) row++;
  if (row->workload.name == NULL) usage();
  return row;
}

/* To the last processor of those it may run on: the first serves most interrupts. */
static bool pin(void) {
#if defined(__linux__)
  cpu_set_t allowed, chosen;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return false;
  int last = CPU_SETSIZE - 1;
  while (last > 0 && !CPU_ISSET(last, &allowed)) last--;
  CPU_ZERO(&chosen);
  CPU_SET(last, &chosen);
  return sched_setaffinity(0, sizeof chosen, &chosen) == 0;
#else
  return false;
#endif
}

/* Of the clock and the counter at the same time. */
typedef struct instant {
  uint64_t ns, ticks;
} instant_t;

static instant_t now(void) {
  return (instant_t){bench_nanoseconds(), ticks_now()};
}

/* Since `start`, which is some milliseconds ago. */
static double ticks_a_nanosecond(instant_t start) {
  enum { LEAST_NS = 20000000 };
  instant_t end = now();
  while (end.ns - start.ns < LEAST_NS) end = now();
  return (double)(end.ticks - start.ticks) / (double)(end.ns - start.ns);
}

static void print_result(const options_t *options, const bench_t *bench, bool pinned,
                         instant_t start) {
  printf("{\"workload\":\"%s\",\"allocator\":\"%s\"", options->workload, options->allocator);
  printf(",\"pinned\":%s,\"unit\":\"" TICKS_UNIT "\"", pinned ? "true" : "false");
  if (!options->untimed) {
    ticks_facts_t facts = ticks_measure();
    printf(",\"ticksPerNs\":%.4f", ticks_a_nanosecond(start));
    printf(",\"emptyP50\":%" PRIu32 ",\"step\":%" PRIu32, facts.empty, facts.step);
  }
  printf(",\"done\":%" PRIu64 ",\"seconds\":%.9f", bench->done, bench->seconds);
  printf(",\"checksum\":\"%08" PRIx64 "\"", bench->checksum);
  bench_print_figures(bench);
  printf("}\n");
}

int main(int argc, char **argv) {
  options_t options = read_options(argc, argv);
  const seeds_row_t *row = find_row(&options);
  bool has_heap =
      strcmp(options.allocator, "malloc") != 0 && strcmp(options.allocator, "empty") != 0;
  bool pinned = pin();
  bench_t bench = {.ops = options.ops != 0 ? options.ops : row->workload.ops,
                   .budget_ns = (options.ms != 0 ? options.ms : row->budget_ms) * 1000000,
                   .param = row->workload.param,
                   .heap_bytes = has_heap ? row->heap_bytes : 0,
                   .seed = options.seed,
                   .untimed = options.untimed};
  if (options.ops != 0) bench.budget_ns = 0;
  if (has_heap) {
    options.heap.bytes = row->heap_bytes;
    bench.owner = fixed_heap_open(&options.heap);
    bench.heap = bench_attach(bench.owner);
  }
  instant_t start = now();
  bench_start(&bench);
  row->workload.run(&bench);
  print_result(&options, &bench, pinned, start);
  if (has_heap) {
    bench_detach(bench.owner, bench.heap);
    bench_close(bench.owner);
  }
  return 0;
}
