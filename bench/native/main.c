/* driver WORKLOAD ALLOCATOR [--ops N] [--divide N] [--limit BYTES] [--exact] [--idle-ms N]
 *
 * Runs one workload on one allocator and prints one line of JSON. ALLOCATOR is `malloc` (whatever
 * the loader bound: glibc, or a preloaded rival), `empty` (the workload's own cost), or a kind of
 * hw_create: `arena`, `system`.
 *
 * Status 0: done. 1: wrong arguments. 2: an allocator failed. 3: this build has no such thing. */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"

enum { EXIT_USAGE = 1, EXIT_ABSENT = 3 };
enum { DEFAULT_IDLE_MS = 10000 };

typedef struct options {
  const char *workload;
  const char *allocator;
  uint64_t ops;    /* 0: the table's */
  uint64_t divide; /* a short run does 1 / divide of the table's */
  uint64_t idle_ms;
  size_t limit;
  bool exact;
} options_t;

static void usage(void) {
  fprintf(stderr,
          "usage: driver WORKLOAD ALLOCATOR [--ops N] [--divide N] [--limit BYTES] [--exact] "
          "[--idle-ms N]\n");
  exit(EXIT_USAGE);
}

static void absent(const char *what) {
  fprintf(stderr, "driver: this build has no %s\n", what);
  exit(EXIT_ABSENT);
}

static uint64_t read_number(const char *text) {
  char *end;
  uint64_t number = text == NULL ? 0 : strtoull(text, &end, 10);
  if (text == NULL || *end != '\0' || number == 0) usage();
  return number;
}

static options_t read_options(int argc, char **argv) {
  if (argc < 3) usage();
  options_t options = {.workload = argv[1],
                       .allocator = argv[2],
                       .divide = 1,
                       .idle_ms = DEFAULT_IDLE_MS,
                       .limit = HW_NO_LIMIT};
  for (int i = 3; i < argc; i++) {
    if (strcmp(argv[i], "--exact") == 0) {
      options.exact = true;
      continue;
    }
    const char *name = argv[i];
    uint64_t number = read_number(argv[++i]);
    if (strcmp(name, "--ops") == 0) {
      options.ops = number;
    } else if (strcmp(name, "--divide") == 0) {
      options.divide = number;
    } else if (strcmp(name, "--limit") == 0) {
      options.limit = (size_t)number;
    } else if (strcmp(name, "--idle-ms") == 0) {
      options.idle_ms = number;
    } else {
      usage();
    }
  }
  return options;
}

static const bench_workload_t *find_workload(const bench_workload_t *table, const char *name) {
  while (table->name != NULL && strcmp(table->name, name) != 0) table++;
  if (table->name == NULL) absent(name);
  return table;
}

/* Asks for the exact check of double frees; false where the build has no such choice. */
static bool choose_exact(hw_config_t *config) {
  static const hw_arena_options_t exact = {HW_NO_LIMIT, 1000, HW_ARENA_EXACT};
  config->arena = &exact;
  return true;
}

static hw_allocator_t *open_heap(const options_t *options) {
  hw_config_t config = {.limit = options->limit};
  if (options->exact && !choose_exact(&config)) absent("exact check of double frees");
  hw_allocator_t *heap = NULL;
  hw_status_t status = hw_create(options->allocator, &config, &heap);
  if (status == HW_ERR_INVALID) absent(options->allocator);
  if (status != HW_OK) bench_die(hw_status_name(status));
  return heap;
}

/* The file that malloc came from: shows that a preloaded rival was really raced. */
static const char *malloc_file(void) {
  Dl_info info;
  void *(*function)(size_t) = malloc;
  void *address;
  memcpy(&address, &function, sizeof address);
  return dladdr(address, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "unknown";
}

static void print_result(const options_t *options, const bench_t *bench) {
  struct rusage usage = {0};
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"workload\":\"%s\",\"allocator\":\"%s\",\"malloc\":\"%s\"", options->workload,
         options->allocator, malloc_file());
  printf(",\"ops\":%" PRIu64 ",\"seconds\":%.9f,\"score\":%.0f", bench->done, bench->seconds,
         bench->seconds > 0 ? (double)bench->done / bench->seconds : 0);
  printf(",\"peakRss\":%" PRIu64 ",\"rss\":%" PRIu64, bench_peak_rss(), bench_rss());
  printf(",\"minorFaults\":%ld,\"checksum\":\"%016" PRIx64 "\"", usage.ru_minflt, bench->checksum);
  bench_print_figures(bench);
  printf("}\n");
}

int main(int argc, char **argv) {
  options_t options = read_options(argc, argv);
  const bench_workload_t *table = bench_workloads_vtable;
  bench_t bench = {.idle_ms = options.idle_ms};
  if (strcmp(options.allocator, "malloc") == 0) {
    table = bench_workloads_malloc;
  } else if (strcmp(options.allocator, "empty") == 0) {
    table = bench_workloads_empty;
  } else {
    bench.owner = open_heap(&options);
    bench.heap = bench_attach(bench.owner);
  }

  const bench_workload_t *workload = find_workload(table, options.workload);
  bench.param = workload->param;
  bench.ops = options.ops != 0 ? options.ops : workload->ops / options.divide;
  if (bench.ops == 0) bench.ops = 1;

  bench_start(&bench);
  workload->run(&bench);
  if (bench.seconds == 0) bench_stop(&bench);
  print_result(&options, &bench);
  if (bench.owner != NULL) {
    bench_detach(bench.owner, bench.heap);
    bench_close(bench.owner);
  }
  return 0;
}
