/* Page runs over a space of their own on the fake system, without an arena. */
#pragma once

#include "arena/runs.h"
#include "fake_os.h"
#include "harness.h"

#define OWNER 3u

extern hw_space_t runs_space;
extern hw_runs_t runs;

/* The fake system begins anew. */
void runs_begin(void);
void runs_begin_as(size_t limit_pages, int64_t decay_ms);
/* With regions of the least size. */
void runs_begin_small(void);
/* All runs were released. */
void runs_end(void);

hw_run_t *claim(size_t npages);
hw_run_t *claim_at(size_t npages, size_t align, size_t headroom);
hw_status_t try_claim(size_t npages, bool nowait);
void release(hw_run_t *run);
/* The pages a run may stretch over. */
bool extends_to(hw_run_t *run, size_t npages);
