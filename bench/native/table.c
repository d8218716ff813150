/* The rows of the benchmark for one seam: name, workload, operations of a full run (about half a
 * second of glibc's time), argument. */
#include "workloads.h"

#define ROW(name, run, ops, param) {name, BENCH_NAME(run), ops, param}

const bench_workload_t BENCH_NAME(bench_workloads)[] = {
    ROW("small", run_small, 20000000, 0),
    ROW("lifo", run_lifo, 60000000, 0),
    ROW("bulk", run_bulk, 10000000, 0),
    ROW("larson", run_larson, 4000000, LARSON_EXIT),
    ROW("idle", run_larson, 4000000, LARSON_IDLE),
#if !defined(BENCH_SEAM_EMPTY)
    ROW("producer-consumer", run_producer_consumer, 10000000, 0),
    ROW("mstress", run_mstress, 6000000, 0),
    ROW("realloc", run_realloc, 12, 0),
    ROW("append", run_append, 6, 0),
    ROW("large", run_large, 2000, 0),
    ROW("calloc", run_calloc, 2000, 0),
    ROW("aligned", run_aligned, 4000000, 0),
    ROW("fragment", run_fragment, 12, 0),
    ROW("move", run_move, 15, 0),
    ROW("burst", run_burst, 1024, 0),
    ROW("galloc-random", run_galloc, 8000000, 0),
    ROW("galloc-exhaustion", run_galloc_exhaustion, 60000, 0),
    ROW("talc-200", run_talc, 20000000, 200),
    ROW("talc-1000", run_talc, 20000000, 1000),
    ROW("talc-3000", run_talc, 12000000, 3000),
    ROW("talc-10000", run_talc, 8000000, 10000),
    ROW("talc-30000", run_talc, 5000000, 30000),
    ROW("talc-200-plain", run_talc, 20000000, 200 | TALC_NO_REALLOC),
    ROW("talc-3000-plain", run_talc, 12000000, 3000 | TALC_NO_REALLOC),
    ROW("talc-30000-plain", run_talc, 8000000, 30000 | TALC_NO_REALLOC),
    ROW("talc-efficiency", run_talc_efficiency, 10, 0),
    ROW("talc-micro", run_talc_micro, 1000000, 0),
#endif
    {NULL, NULL, 0, 0},
};
