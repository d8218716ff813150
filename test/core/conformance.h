/* The contract of heapwright.h that every allocator keeps, whatever its kind: one function a
 * clause, over a subject. What only one kind promises is tested in files of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heapwright.h"

/* How an allocator of some sort comes to be. */
typedef struct subject {
  const char *name;
  const char *kind;
  uint32_t arena_flags;
  bool cached; /* a cache of it is tested */
  const hw_chunk_options_t *chunk;
} subject_t;

typedef struct clause {
  const char *name;
  void (*check)(const subject_t *subject);
} clause_t;

extern const clause_t conformance_clauses[];
extern const size_t conformance_clause_count;
