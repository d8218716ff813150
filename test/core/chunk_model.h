/* A heap of chunks against a naive model: an array that says whose each chunk is. The model knows
 * which calls must succeed, with what status others fail, and what every byte is. Whatever does not
 * agree ends the process, so that a fuzzer sees it too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heapwright.h"

#define CHUNK_MODEL_CHUNKS 9000u
#define CHUNK_MODEL_BLOCKS 64u
#define CHUNK_MODEL_OWNERS 3u

typedef struct chunk_model_block {
  uint8_t *ptr;
  hw_layout_t layout;
  uint32_t owner;
  uint8_t mark; /* every byte */
} chunk_model_block_t;

typedef struct chunk_model {
  hw_allocator_t *heap;
  uint8_t *region;
  const uint8_t *bitmap; /* or NULL */
  size_t chunks, chunk_size, limit;
  bool taken[CHUNK_MODEL_CHUNKS];
  chunk_model_block_t blocks[CHUNK_MODEL_BLOCKS]; /* by age */
  size_t count, bytes, failures;
  chunk_model_block_t last_freed;
  uint8_t mark;
} chunk_model_t;

void chunk_model_begin(chunk_model_t *model, const hw_config_t *config);
/* Frees all and destroys the heap. */
void chunk_model_end(chunk_model_t *model);

/* Each does one call and checks the answer. Without a block of that index: nothing. */
void chunk_model_allocate(chunk_model_t *model, uint32_t owner, hw_layout_t layout, uint32_t flags);
void chunk_model_free(chunk_model_t *model, size_t index);
void chunk_model_reallocate(chunk_model_t *model, size_t index, hw_layout_t next, uint32_t flags);
void chunk_model_resize(chunk_model_t *model, size_t index, hw_layout_t next);
void chunk_model_reclaim(chunk_model_t *model, uint32_t owner);
/* A wrong free of some sort: refused, and nothing changes. */
void chunk_model_misuse(chunk_model_t *model, size_t index, unsigned sort);
void chunk_model_reset(chunk_model_t *model);
/* Everything: contents, ownership of every chunk, sums, verify. */
void chunk_model_check(chunk_model_t *model);
