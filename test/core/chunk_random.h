/* Choices, from a fuzzer's bytes or from a seed, become calls on a heap of chunks and its model. */
#pragma once

#include "arena_model.h"
#include "chunk_model.h"

/* A heap of some shape, `steps` calls at most, checked every so often, and its end. */
void chunk_random_run(chunk_model_t *model, choices_t *from, size_t steps);
