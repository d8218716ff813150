/* The rows of the program for one seam, with the sizes of heap and the times that are published. */
#include "seeds.h"

#define MIB ((size_t)1 << 20)
#define TALC(most)                                                                              \
  {{"talc-" #most, BENCH_NAME(run_talc), 0, most}, 200, 128 * MIB}, {                           \
    {"talc-" #most "-plain", BENCH_NAME(run_talc), 0, (most) | TALC_NO_REALLOC}, 200, 128 * MIB \
  }

const seeds_row_t BENCH_NAME(seeds_rows)[] = {
    {{"same-work", BENCH_NAME(run_same_work), 50000, 0}, 0, 160 * MIB},
#if !defined(BENCH_SEAM_EMPTY)
    {{"literal", BENCH_NAME(run_literal), 0, 0}, 1000, 160 * MIB},
    {{"galloc-random", BENCH_NAME(run_galloc), 0, 0}, 1000, 256 * MIB},
    {{"galloc-exhaustion", BENCH_NAME(run_galloc_exhaustion), 0, 0}, 1000, 256 * MIB},
    TALC(200),
    TALC(1000),
    TALC(3000),
    TALC(10000),
    TALC(30000),
    {{"talc-efficiency", BENCH_NAME(run_talc_efficiency), 20, 0}, 0, 128 * MIB},
    {{"talc-micro", BENCH_NAME(run_talc_micro), 0, 0}, 1000, 128 * MIB},
#endif
    {{NULL, NULL, 0, 0}, 0, 0},
};
