#include "seeds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void seeds_die(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(2);
}

static void usage(const char *program) {
  fprintf(stderr,
          "usage: %s chunk|arena|system|empty [--chunk BYTES] [--best] [--cold] [--untimed] "
          "[--count N] [--seed N] [--size N]\n",
          program);
  exit(1);
}

static uint64_t read_number(const char *text, const char *program) {
  char *end;
  uint64_t number = text == NULL ? 0 : strtoull(text, &end, 10);
  if (text == NULL || *end != '\0' || number == 0) usage(program);
  return number;
}

seeds_options_t seeds_read(int argc, char **argv, const char *program) {
  if (argc < 2) usage(program);
  seeds_options_t options = {.allocator = argv[1], .chunk_size = 256};
  for (int i = 2; i < argc; i++) {
    if (strcmp(argv[i], "--best") == 0) {
      options.best_fit = true;
    } else if (strcmp(argv[i], "--cold") == 0) {
      options.is_cold = true;
    } else if (strcmp(argv[i], "--untimed") == 0) {
      options.is_untimed = true;
    } else if (strcmp(argv[i], "--chunk") == 0) {
      options.chunk_size = (size_t)read_number(argv[++i], program);
    } else if (strcmp(argv[i], "--count") == 0) {
      options.count = read_number(argv[++i], program);
    } else if (strcmp(argv[i], "--seed") == 0) {
      options.seed = read_number(argv[++i], program);
    } else if (strcmp(argv[i], "--size") == 0) {
      options.size = read_number(argv[++i], program);
    } else {
      usage(program);
    }
  }
  return options;
}

/* What a call costs that does nothing: always the same block. */
static hw_status_t empty_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                  void **out) {
  (void)layout;
  (void)flags;
  *out = self;
  return HW_OK;
}

static hw_status_t empty_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  (void)self;
  (void)ptr;
  (void)layout;
  return HW_OK;
}

static hw_status_t empty_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                    hw_layout_t next, uint32_t flags, void **out) {
  (void)self;
  (void)layout;
  (void)next;
  (void)flags;
  *out = ptr;
  return HW_OK;
}

static hw_allocator_t *open_empty(void) {
  static const hw_allocator_ops_t ops = {.abi_version = HW_ABI_VERSION,
                                         .name = "empty",
                                         .allocate = empty_allocate,
                                         .deallocate = empty_deallocate,
                                         .reallocate = empty_reallocate};
  static hw_allocator_t empty = {&ops};
  return &empty;
}

/* Has the pages of all that an allocator may hand out, and of what it notes about it, and gives
 * them back to it, not to the system. */
static void touch(hw_allocator_t *heap, size_t bytes) {
  const hw_layout_t layout = {4096, 8};
  size_t count = bytes / layout.size - bytes / layout.size / 64;
  void **pieces = malloc(count * sizeof *pieces);
  if (pieces == NULL) seeds_die("no memory for a list");
  for (size_t i = 0; i < count; i++) {
    if (hw_allocate(heap, layout, 0, &pieces[i]) != HW_OK) seeds_die("nothing to touch");
    memset(pieces[i], 1, layout.size);
  }
  for (size_t i = 0; i < count; i++) {
    if (hw_deallocate(heap, pieces[i], layout) != HW_OK) seeds_die("a free was refused");
  }
  free(pieces);
  /* From the beginning, as a heap that was just made. */
  if (hw_chunk_reset(heap) != HW_OK && hw_arena_tick(heap, NULL) != HW_OK) seeds_die("no heap");
}

seeds_heap_t seeds_open(const seeds_options_t *options, size_t bytes) {
  seeds_heap_t opened = {NULL, NULL};
  if (strcmp(options->allocator, "empty") == 0) {
    opened.owner = opened.heap = open_empty();
    return opened;
  }
  hw_arena_options_t arena = HW_ARENA_OPTIONS;
  arena.decay_ms = -1;
  hw_chunk_options_t chunk = HW_CHUNK_OPTIONS;
  chunk.chunk_size = options->chunk_size;
  chunk.chunks = bytes / options->chunk_size;
  chunk.fit = options->best_fit ? HW_CHUNK_BEST_FIT : HW_CHUNK_NEXT_FIT;
  hw_config_t config = {.limit = HW_NO_LIMIT, .arena = &arena, .chunk = &chunk};
  if (strcmp(options->allocator, "arena") == 0) config.limit = bytes;
  hw_status_t status = hw_create(options->allocator, &config, &opened.owner);
  if (status != HW_OK) seeds_die(hw_status_name(status));
  if (hw_cache_open(opened.owner, &opened.heap) != HW_OK) opened.heap = opened.owner;
  /* malloc decides by itself what it gives back: what is touched need not be there later. */
  if (!options->is_cold && strcmp(options->allocator, "system") != 0) touch(opened.heap, bytes);
  return opened;
}

void seeds_close(const seeds_heap_t *heap) {
  const char *broken = NULL;
  if (hw_verify(heap->heap, &broken) != HW_OK) seeds_die(broken);
}

void seeds_print_subject(const seeds_options_t *options) {
  printf("\"allocator\":\"%s\"", options->allocator);
  if (strcmp(options->allocator, "chunk") != 0) return;
  printf(",\"chunkSize\":%zu,\"fit\":\"%s\"", options->chunk_size,
         options->best_fit ? "best" : "next");
}

seeds_times_t seeds_times(size_t room) {
  uint32_t *ticks = malloc((room + 1) * sizeof *ticks);
  if (ticks == NULL) seeds_die("no memory for times");
  /* No page fault while it is measured. */
  memset(ticks, 1, (room + 1) * sizeof *ticks);
  return (seeds_times_t){.ticks = ticks, .room = room};
}

void seeds_note(seeds_times_t *times, uint64_t ticks) {
  if (times->room == 0) return;
  if (times->count == times->room) seeds_die("too many times");
  times->ticks[times->count++] = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

static int ascending(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return (a > b) - (a < b);
}

void seeds_print_times(const char *name, seeds_times_t *times) {
  if (times->count > 0) {
    qsort(times->ticks, times->count, sizeof *times->ticks, ascending);
    uint64_t sum = 0;
    for (size_t i = 0; i < times->count; i++) sum += times->ticks[i];
    printf(",\"%sMedian\":%" PRIu32 ",\"%sAverage\":%.1f,\"%sP99\":%" PRIu32 ",\"%sMin\":%" PRIu32,
           name, times->ticks[times->count / 2], name, (double)sum / (double)times->count, name,
           times->ticks[times->count * 99 / 100], name, times->ticks[0]);
  }
  free(times->ticks);
  times->ticks = NULL;
}

uint64_t seeds_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
