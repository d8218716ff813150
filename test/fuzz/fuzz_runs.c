/* Page runs alone: claim, extend, trim, release, purge and the clock, against a list of runs. No
 * two overlap, alignments and limits hold, what is not called stale reads zero, sums agree. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena/runs.h"
#include "arena_model.h"
#include "base/align.h"
#include "base/bitmap.h"
#include "model_os.h"

#define RUNS 64u
#define STEPS_MOST 800u
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define LIMIT ((size_t)3000)

#define MUST(condition)                                                   \
  do {                                                                    \
    if (!(condition)) {                                                   \
      fprintf(stderr, "%s:%d: not %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                            \
    }                                                                     \
  } while (0)

static hw_space_t space;
static hw_member_t member;
static hw_runs_t runs;
static hw_run_t *live[RUNS];
static size_t count;

static void fork_nothing(hw_member_t *of, hw_fork_t moment) {
  (void)of;
  (void)moment;
}

static uint64_t *word_of(const hw_run_t *run, size_t page) {
  return (uint64_t *)(run->base + page * HW_PAGE_BYTES);
}

static bool is_stale(const hw_stale_t *stale, size_t page) {
  for (unsigned i = 0; i < stale->count; i++) {
    if (page >= stale->at[i].first && page < stale->at[i].end) return true;
  }
  return false;
}

/* Pages whose contents are looked at: touching each is what would take the time. */
static bool is_watched(size_t page) {
  return page < 4 || page % 5 == 0;
}

/* New pages [from, end) of the run: zero unless stale; then they are the run's. */
static void occupy(const hw_run_t *run, size_t from, size_t end, const hw_stale_t *stale) {
  for (size_t page = from; page < end; page++) {
    if (!is_watched(page)) continue;
    uint64_t *word = word_of(run, page);
    if (!is_stale(stale, run->page + page)) {
      MUST(word[0] == 0 && word[HW_PAGE_BYTES / 8 - 1] == 0);
    }
    word[0] = word[HW_PAGE_BYTES / 8 - 1] = (uintptr_t)word;
  }
}

static void check_contents(const hw_run_t *run) {
  for (size_t page = 0; page < run->npages; page++) {
    if (!is_watched(page)) continue;
    const uint64_t *word = word_of(run, page);
    MUST(word[0] == (uintptr_t)word && word[HW_PAGE_BYTES / 8 - 1] == (uintptr_t)word);
  }
}

static void check_all(void) {
  size_t nactive = 0;
  size_t nheadroom = 0;
  for (size_t i = 0; i < count; i++) {
    const hw_run_t *run = live[i];
    const hw_region_t *region = hw_runs_region(&runs, run);
    size_t end = (size_t)run->page + run->npages + run->headroom;
    MUST(hw_bits_next_clear(region->used, run->page, end) == end);
    MUST(hw_bits_next_set(region->dirty, run->page, end) == end);
    MUST(hw_bit_test(region->heads, run->page));
    MUST(hw_bits_next_set(region->heads, run->page + 1, end) == end);
    nactive += run->npages;
    nheadroom += run->headroom;
  }
  size_t nused = 0, ndirty = 0;
  for (const hw_page_segment_t *at = runs.first; at != NULL; at = at->next) {
    const hw_region_t *region = hw_region_of(&space, at);
    size_t from = hw_segment_page(at);
    nused += hw_bits_count(region->used, from, from + HW_SEGMENT_PAGES);
    ndirty += hw_bits_count(region->dirty, from, from + HW_SEGMENT_PAGES);
  }
  MUST(runs.nactive == nactive && runs.nheadroom == nheadroom);
  MUST(nused == nactive + nheadroom && runs.ndirty == ndirty && runs.npurging == 0);
  MUST(runs.nactive + runs.ndirty <= runs.limit);
}

static size_t some_pages(choices_t *from) {
  static const size_t bounds[] = {8, 8, 8, 40, 40, 40, 200, 200, 200, 600, 1024, 2600};
  return HW_RUN_LEAST_PAGES + choose(from, bounds[choose(from, COUNT_OF(bounds))]);
}

static void claim(choices_t *from) {
  if (count == RUNS) return;
  hw_run_request_t request = {.npages = some_pages(from),
                              .align = (size_t)1 << (one_in(from, 4) ? choose(from, 12) : 0),
                              .headroom = one_in(from, 4) ? some_pages(from) : 0,
                              .size_class = HW_CLASS_LARGE,
                              .nowait = one_in(from, 4)};
  if (runs.nactive + request.npages > 3 * LIMIT) return;
  hw_run_t *run = NULL;
  hw_stale_t stale;
  hw_status_t status = hw_runs_claim(&runs, &request, &run, &stale);
  if (status != HW_OK) {
    MUST(run == NULL);
    MUST(status == HW_ERR_LIMIT || status == HW_ERR_OUT_OF_MEMORY ||
         (status == HW_ERR_NOWAIT && request.nowait));
    MUST(status != HW_ERR_LIMIT || runs.nactive + request.npages > runs.limit ||
         model_os_has_failed());
    return;
  }
  MUST(run->npages == request.npages && run->headroom <= request.headroom);
  MUST(hw_is_aligned(run->base, request.align << HW_PAGE_SHIFT));
  occupy(run, 0, run->npages, &stale);
  live[count++] = run;
}

static void change(choices_t *from, hw_run_t *run) {
  size_t had = run->npages;
  size_t npages = one_in(from, 2) ? had + 1 + choose(from, 40) : some_pages(from);
  if (npages < had) {
    hw_runs_trim(&runs, run, npages, false, false);
    MUST(run->npages == npages && run->headroom == 0);
  } else if (npages > had) {
    hw_stale_t stale;
    hw_status_t status = hw_runs_extend(&runs, run, npages, &stale);
    MUST(status == HW_OK || status == HW_ERR_NOT_IN_PLACE || status == HW_ERR_LIMIT);
    MUST(run->npages == (status == HW_OK ? npages : had));
    if (status == HW_OK) occupy(run, had, npages, &stale);
  }
  check_contents(run);
}

/* `clean`: as a block whose memory moved away leaves it. */
static void release(size_t index, bool clean) {
  hw_run_t *run = live[index];
  check_contents(run);
  if (clean) clean = hw_os_default()->purge(run->base, (size_t)run->npages << HW_PAGE_SHIFT);
  hw_runs_release(&runs, run, clean, false);
  live[index] = live[--count];
}

static void step(choices_t *from) {
  size_t action = choose(from, 16);
  size_t index = count > 0 ? choose(from, count) : 0;
  if (count == 0 || action < 6) {
    claim(from);
  } else if (action < 10) {
    release(index, one_in(from, 8));
  } else if (action < 13) {
    change(from, live[index]);
  } else if (action == 13) {
    model_os_fail(1 + (unsigned)choose(from, 4));
  } else if (action == 14) {
    hw_runs_purge(&runs);
  } else {
    model_os_advance(choose(from, 1000));
    (void)hw_runs_tick(&runs, model_os()->milliseconds());
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const int64_t decays[] = {1000, 0, -1, 1};
  choices_t from = {.bytes = data, .left = size};
  model_os_begin(one_in(&from, 2) ? (size_t)16 << 20 : (size_t)1 << 30);
  MUST(hw_space_init(&space, model_os()) == HW_OK);
  member.fork = fork_nothing;
  MUST(hw_space_join(&space, &member) == HW_OK);
  size_t limit = one_in(&from, 2) ? LIMIT : HW_NO_LIMIT >> HW_PAGE_SHIFT;
  hw_runs_init(&runs, &space, member.owner, limit, decays[choose(&from, 4)]);
  for (unsigned steps = 0; from.left > 0 && steps < STEPS_MOST; steps++) {
    step(&from);
    if (steps % 4 == 0) check_all();
  }
  while (count > 0) release(0, false);
  check_all();
  hw_runs_leave(&runs);
  hw_space_leave(&space, &member);
  hw_space_destroy(&space);
  model_os_end();
  return 0;
}
