/* An arena and two caches of it against a naive model: a list of blocks with known contents, and
 * sums. What happens follows from choices alone, which come from a seed or from a fuzzer's bytes.
 * Whatever does not agree ends the process, so that a fuzzer sees it too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heapwright.h"

typedef struct choices {
  const uint8_t *bytes; /* NULL: random ones */
  size_t left;
  uint64_t state; /* of the random ones; not 0 */
} choices_t;

/* 0 <= result < bound; 0 when there are no bytes left. */
size_t choose(choices_t *choices, size_t bound);
static inline bool one_in(choices_t *choices, size_t bound) {
  return choose(choices, bound) == bound - 1;
}

#define MODEL_BLOCKS 256u
#define MODEL_STALE 64u

typedef struct model_block {
  uint8_t *ptr;
  hw_layout_t layout;
  size_t usable;
  uint64_t seed;
} model_block_t;

typedef struct model {
  choices_t from;
  hw_config_t config;
  hw_arena_options_t options;
  bool exact, tracked, own_os, has_faults, may_retire;
  unsigned misuse_share; /* calls in a hundred; 0 where frees are not exact */
  hw_allocator_t *arena, *caches[2];

  model_block_t blocks[MODEL_BLOCKS];
  size_t count;
  model_block_t stale[MODEL_STALE]; /* ended, the newest at nstale - 1 modulo MODEL_STALE */
  size_t nstale;
  uint64_t bytes, peak, allocations, deallocations, failures, retired_blocks, retired_bytes;
  uint64_t seed, steps;
} model_t;

/* Creates an arena of some mode. `misuse_share`: of a hundred calls, how many are wrong ones; then
 * frees are exact in any mode that is chosen. */
void model_begin(model_t *model, choices_t from, unsigned misuse_share);
void model_step(model_t *model);
/* Everything at once: statistics, classes, pages, the map, verify. */
void model_check(model_t *model);
/* Frees what lives and ends the arena. */
void model_end(model_t *model);

/* For the files of the model. */

#define REQUIRE(model, condition)                                                 \
  do {                                                                            \
    if (!(condition)) model_disagree((model), __FILE__, __LINE__, #condition, 0); \
  } while (0)
#define REQUIRE_STATUS(model, expected, actual)                                            \
  do {                                                                                     \
    hw_status_t model_status = (actual);                                                   \
    if (model_status != (expected)) {                                                      \
      model_disagree((model), __FILE__, __LINE__, #expected " == " #actual, model_status); \
    }                                                                                      \
  } while (0)
_Noreturn void model_disagree(const model_t *model, const char *file, int line, const char *what,
                              hw_status_t status);

/* The arena or one of its caches. */
hw_allocator_t *model_any(model_t *model);
hw_layout_t model_layout(model_t *model);
void model_stamp(model_block_t *block);
bool model_is_stamped(const model_block_t *block, const uint8_t *ptr, size_t size);
void model_forget(model_t *model, model_block_t *block);
/* A wrong call: it is refused, and nothing changes (arena_model_misuse.c). */
void model_misuse(model_t *model);
