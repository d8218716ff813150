/* The benchmarks of the projects we answer to, written from their descriptions, on heaps of a fixed
 * size. Two workloads are here; galloc's and talc's are those of ../workloads, which go by time and
 * meet failures here. Compiled once a seam. */
#pragma once

#include "workloads.h"

typedef struct seeds_row {
  bench_workload_t workload; /* `name` NULL ends a table */
  uint64_t budget_ms; /* 0: goes by `ops` */
  size_t heap_bytes;
} seeds_row_t;

extern const seeds_row_t seeds_rows_vtable[];
extern const seeds_row_t seeds_rows_malloc[];
extern const seeds_row_t seeds_rows_empty[];

void BENCH_NAME(run_same_work)(bench_t *bench);
void BENCH_NAME(run_literal)(bench_t *bench);
