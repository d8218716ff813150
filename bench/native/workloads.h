/* Every workload, by the name that its seam gives it. */
#pragma once

#include "seam.h"

void BENCH_NAME(run_small)(bench_t *bench);
void BENCH_NAME(run_lifo)(bench_t *bench);
void BENCH_NAME(run_bulk)(bench_t *bench);
void BENCH_NAME(run_larson)(bench_t *bench);
void BENCH_NAME(run_producer_consumer)(bench_t *bench);
void BENCH_NAME(run_mstress)(bench_t *bench);
void BENCH_NAME(run_realloc)(bench_t *bench);
void BENCH_NAME(run_append)(bench_t *bench);
void BENCH_NAME(run_large)(bench_t *bench);
void BENCH_NAME(run_calloc)(bench_t *bench);
void BENCH_NAME(run_aligned)(bench_t *bench);
void BENCH_NAME(run_fragment)(bench_t *bench);
void BENCH_NAME(run_move)(bench_t *bench);
void BENCH_NAME(run_burst)(bench_t *bench);
void BENCH_NAME(run_galloc)(bench_t *bench);
void BENCH_NAME(run_galloc_exhaustion)(bench_t *bench);
void BENCH_NAME(run_talc)(bench_t *bench);
void BENCH_NAME(run_talc_efficiency)(bench_t *bench);
void BENCH_NAME(run_talc_micro)(bench_t *bench);

/* run_larson: what becomes of a thread whose round is over. */
enum { LARSON_EXIT = 0, LARSON_IDLE = 1 };

/* run_talc: the largest size, and whether blocks are resized. */
enum { TALC_NO_REALLOC = 1 << 20 };
