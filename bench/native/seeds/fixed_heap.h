/* A heap that ends after so many bytes, with its pages there. */
#pragma once

#include "bench.h"

typedef struct fixed_heap_options {
  const char *kind; /* of hw_create */
  size_t bytes;
  size_t chunk_size;
  bool is_best_fit;
  bool is_cold; /* the workload is the first that touches it */
} fixed_heap_options_t;

/* For bench_attach. An arena ends where so many bytes of pages are mapped: what is between its
 * blocks counts too. `system` does not end. */
hw_allocator_t *fixed_heap_open(const fixed_heap_options_t *options);
