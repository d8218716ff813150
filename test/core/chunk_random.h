/* Choices, from a fuzzer's bytes or from a seed, become calls on a heap of chunks and its model. */
#pragma once

#include "arena_model.h"
#include "chunk_model.h"

typedef struct chunk_random {
  size_t steps; /* at most */
  size_t large_in; /* one heap in so many has more than 256 chunks, which takes long */
  const struct hw_os *os;
} chunk_random_t;

/* A heap of some shape, calls on it, checked every so often, and its end. */
void chunk_random_run(chunk_model_t *model, choices_t *from, const chunk_random_t *sort);
