#include "fake_os.h"

#include <stdlib.h>
#include <string.h>

#include "base/align.h"
#include "harness.h"

#define GARBAGE 0xA5
#define MOST_RANGES 4096

typedef struct range {
  uint8_t *base;
  size_t size;
  bool mapped; /* else a heap block */
} range_t;

static range_t ranges[MOST_RANGES];
static size_t range_count;
static unsigned calls[FAKE_HOOKS];
static size_t last_size[FAKE_HOOKS];
static bool refused[FAKE_HOOKS];
static fake_hook_t failing_hook;
static unsigned calls_to_failure; /* 0: none to come */
static bool has_failed;
static uint64_t now_ms;
static size_t page_bytes;       /* 0: the real one */
static size_t most_reservation; /* 0: as large as the system gives */

/* Counts the call; false when it is to fail. */
static bool enter(fake_hook_t hook, size_t size) {
  calls[hook]++;
  last_size[hook] = size;
  if (refused[hook]) return false;
  bool meant = failing_hook == hook || (failing_hook == FAKE_ANY && hook < FAKE_ANY);
  if (calls_to_failure == 0 || !meant || --calls_to_failure > 0) return true;
  has_failed = true;
  return false;
}

static void *hand_out(void *base, size_t size, bool mapped) {
  if (base == NULL) return NULL;
  assert_true(range_count < MOST_RANGES);
  ranges[range_count++] = (range_t){base, size, mapped};
  return base;
}

/* The size of what began at `base`; from now on it is not handed out. */
static size_t take_back(const void *base, bool mapped) {
  for (size_t i = range_count; i-- > 0;) {
    if (ranges[i].base != base || ranges[i].mapped != mapped) continue;
    size_t size = ranges[i].size;
    ranges[i] = ranges[--range_count];
    return size;
  }
  fail_msg("%p was not handed out", base);
  return 0;
}

static void assert_whole_pages(void *base, size_t size, bool of_mapping) {
  size_t page = hw_os_default()->page_size();
  assert_true(size > 0 && size % page == 0 && hw_is_aligned(base, page));
  uint8_t *start = base;
  for (size_t i = 0; i < range_count; i++) {
    bool inside = start >= ranges[i].base && start + size <= ranges[i].base + ranges[i].size;
    if (inside && (ranges[i].mapped || !of_mapping)) return;
  }
  fail_msg("%p and %zu bytes are not inside a range that was handed out", base, size);
}

static void *fake_map(size_t size) {
  assert_true(size > 0);
  return enter(FAKE_MAP, size) ? hand_out(hw_os_default()->map(size), size, true) : NULL;
}

static void fake_unmap(void *base, size_t size) {
  enter(FAKE_UNMAP, size);
  assert_int_equal(take_back(base, true), size);
  hw_os_default()->unmap(base, size);
}

static bool fake_purge(void *base, size_t size) {
  assert_whole_pages(base, size, false);
  return enter(FAKE_PURGE, size) && hw_os_default()->purge(base, size);
}

static bool fake_protect(void *base, size_t size) {
  assert_whole_pages(base, size, true);
  return enter(FAKE_PROTECT, size) && hw_os_default()->protect(base, size);
}

static void *fake_allocate(size_t size) {
  assert_true(size > 0);
  if (!enter(FAKE_ALLOCATE, size)) return NULL;
  void *block = malloc(size);
  if (block != NULL) memset(block, GARBAGE, size);
  return hand_out(block, size, false);
}

static void *fake_allocate_zeroed(size_t size) {
  assert_true(size > 0);
  return enter(FAKE_ALLOCATE_ZEROED, size) ? hand_out(calloc(1, size), size, false) : NULL;
}

static void *fake_allocate_aligned(size_t align, size_t size) {
  assert_true(size > 0 && hw_is_power_of_two(align) && align >= sizeof(void *));
  if (!enter(FAKE_ALLOCATE_ALIGNED, size)) return NULL;
  void *block = hw_os_default()->heap_allocate_aligned(align, size);
  if (block != NULL) memset(block, GARBAGE, size);
  return hand_out(block, size, false);
}

static void *fake_resize(void *block, size_t size) {
  assert_true(size > 0);
  if (!enter(FAKE_RESIZE, size)) return NULL;
  uint8_t *moved = malloc(size);
  if (moved == NULL) return NULL;
  size_t old_size = take_back(block, false);
  memset(moved, GARBAGE, size);
  memcpy(moved, block, hw_min(old_size, size));
  free(block);
  return hand_out(moved, size, false);
}

static void fake_free(void *block) {
  enter(FAKE_FREE, 0);
  size_t size = take_back(block, false);
  memset(block, GARBAGE, size);
  free(block);
}

/* Stands still: no test waits. */
static uint64_t fake_milliseconds(void) {
  return now_ms;
}

static size_t fake_page_size(void) {
  return page_bytes != 0 ? page_bytes : hw_os_default()->page_size();
}

static void *fake_reserve(size_t size, size_t align) {
  assert_true(size > 0 && hw_is_power_of_two(align) && size % fake_page_size() == 0);
  bool refuses = !enter(FAKE_RESERVE, size) || (most_reservation != 0 && size > most_reservation);
  return refuses ? NULL : hand_out(hw_os_default()->reserve(size, align), size, true);
}

static bool fake_commit(void *base, size_t size) {
  assert_whole_pages(base, size, true);
  return enter(FAKE_COMMIT, size) && hw_os_default()->commit(base, size);
}

static bool fake_move(void *from, void *to, size_t size) {
  assert_whole_pages(from, size, true);
  assert_whole_pages(to, size, true);
  return enter(FAKE_MOVE, size) && hw_os_default()->move(from, to, size);
}

static bool fake_renew(void *base, size_t size) {
  assert_whole_pages(base, size, true);
  return enter(FAKE_RENEW, size) && hw_os_default()->renew(base, size);
}

static void fake_advise_huge(void *base, size_t size, bool wanted) {
  assert_whole_pages(base, size, true);
  enter(FAKE_ADVISE, size);
  hw_os_default()->advise_huge(base, size, wanted);
}

const hw_os_t *fake_os(void) {
  static const hw_os_t hooks = {
      .page_size = fake_page_size,
      .milliseconds = fake_milliseconds,
      .map = fake_map,
      .unmap = fake_unmap,
      .purge = fake_purge,
      .protect = fake_protect,
      .reserve = fake_reserve,
      .commit = fake_commit,
      .move = fake_move,
      .renew = fake_renew,
      .advise_huge = fake_advise_huge,
      .heap_allocate = fake_allocate,
      .heap_allocate_zeroed = fake_allocate_zeroed,
      .heap_allocate_aligned = fake_allocate_aligned,
      .heap_resize = fake_resize,
      .heap_free = fake_free,
  };
  return &hooks;
}

void fake_os_begin(void) {
  memset(calls, 0, sizeof calls);
  memset(last_size, 0, sizeof last_size);
  memset(refused, 0, sizeof refused);
  calls_to_failure = 0;
  has_failed = false;
  now_ms = 1000;
  page_bytes = 0;
  most_reservation = 0;
  size_t left = range_count;
  fake_os_reclaim();
  assert_int_equal(left, 0);
}

void fake_os_reclaim(void) {
  while (range_count > 0) {
    range_t range = ranges[--range_count];
    if (range.mapped) {
      hw_os_default()->unmap(range.base, range.size);
    } else {
      free(range.base);
    }
  }
}

void fake_os_fail(fake_hook_t hook, unsigned nth) {
  failing_hook = hook;
  calls_to_failure = nth;
  has_failed = false;
}

bool fake_os_has_failed(void) {
  return has_failed;
}

void fake_os_refuse(fake_hook_t hook) {
  refused[hook] = true;
}

void fake_os_advance(uint64_t milliseconds) {
  now_ms += milliseconds;
}

void fake_os_pretend_page_size(size_t bytes) {
  page_bytes = bytes;
}

void fake_os_bound_reservations(size_t bytes) {
  most_reservation = bytes;
}

unsigned fake_os_calls(fake_hook_t hook) {
  return calls[hook];
}

size_t fake_os_last_size(fake_hook_t hook) {
  return last_size[hook];
}

static size_t count_ranges(bool mapped) {
  size_t count = 0;
  for (size_t i = 0; i < range_count; i++) count += ranges[i].mapped == mapped;
  return count;
}

size_t fake_os_blocks(void) {
  return count_ranges(false);
}

size_t fake_os_mappings(void) {
  return count_ranges(true);
}
