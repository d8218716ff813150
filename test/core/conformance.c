#include "conformance.h"

#include <string.h>

#include "base/align.h"
#include "harness.h"

static const hw_layout_t layouts[] = {
    {1, 1},      {8, 8},       {16, 16},   {24, 8},        {100, 4},       {128, 128},
    {513, 1},    {4096, 4096}, {4097, 16}, {9000, 64},     {32768, 16},    {32769, 16},
    {65536, 64}, {5000, 8192}, {70000, 1}, {70000, 65536}, {700000, 4096}, {1000000, 16},
};

typedef struct opened {
  hw_allocator_t *root, *self;
  hw_stats_t before;
} opened_t;

static hw_stats_t stats_of(hw_allocator_t *self) {
  hw_stats_t stats;
  assert_ok(hw_stats(self, &stats));
  return stats;
}

static opened_t open_with(const subject_t *subject, size_t limit) {
  hw_arena_options_t options = HW_ARENA_OPTIONS;
  options.flags = subject->arena_flags;
  const hw_config_t config = {.limit = limit, .arena = &options, .chunk = subject->chunk};
  opened_t opened = {.root = NULL};
  assert_ok(hw_create(subject->kind, &config, &opened.root));
  opened.self = opened.root;
  if (subject->cached) assert_ok(hw_cache_open(opened.root, &opened.self));
  return opened;
}

static opened_t open_subject(const subject_t *subject) {
  return open_with(subject, HW_NO_LIMIT);
}

static void close_subject(const opened_t *opened) {
  hw_stats_t stats = stats_of(opened->self);
  assert_int_equal(stats.live_blocks, 0);
  assert_int_equal(stats.live_bytes, 0);
  assert_int_equal(stats.allocations, stats.deallocations + stats.retired_blocks);
  assert_ok(hw_verify(opened->self, NULL));
  if (opened->self != opened->root) assert_ok(hw_destroy(opened->self));
  assert_ok(hw_verify(opened->root, NULL));
  assert_ok(hw_destroy(opened->root));
}

/* A call that failed changed no counter but `failures`, by `failed`. */
static void assert_unchanged(hw_allocator_t *self, const hw_stats_t *before, unsigned failed) {
  hw_stats_t after = stats_of(self);
  assert_int_equal(after.failures, before->failures + failed);
  assert_int_equal(after.live_blocks, before->live_blocks);
  assert_int_equal(after.live_bytes, before->live_bytes);
  assert_int_equal(after.allocations, before->allocations);
  assert_int_equal(after.deallocations, before->deallocations);
  assert_int_equal(after.retired_blocks, before->retired_blocks);
  assert_ok(hw_verify(self, NULL));
}

static uint8_t *allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags) {
  void *block = NULL;
  assert_ok(hw_allocate(self, layout, flags, &block));
  assert_true(block != NULL && hw_is_aligned(block, layout.align));
  if (flags & HW_ZEROED) assert_true(is_zero(block, layout.size));
  return block;
}

static void blocks_are_aligned_writable_and_apart(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  uint8_t *blocks[COUNT_OF(layouts)];
  for (unsigned round = 0; round < 3; round++) {
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
      blocks[i] = allocate(opened.self, layouts[i], round == 0 ? 0 : HW_ZEROED);
      fill_pattern(blocks[i], hw_usable_size(opened.self, layouts[i]), i);
    }
    assert_ok(hw_verify(opened.self, NULL));
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
      assert_true(has_pattern(blocks[i], hw_usable_size(opened.self, layouts[i]), i));
      assert_ok(hw_deallocate(opened.self, blocks[i], layouts[i]));
    }
  }
  close_subject(&opened);
}

static void empty_blocks_are_blocks(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  for (size_t align = 1; align <= 1u << 16; align *= 4) {
    uint8_t *block = allocate(opened.self, layout_of(0, align), HW_ZEROED);
    assert_int_equal(stats_of(opened.self).live_blocks, 1);
    void *grown = NULL;
    assert_ok(hw_reallocate(opened.self, block, layout_of(0, align), layout_of(50, align),
                            HW_ZEROED, &grown));
    assert_true(hw_is_aligned(grown, align) && is_zero(grown, 50));
    assert_ok(
        hw_reallocate(opened.self, grown, layout_of(50, align), layout_of(0, align), 0, &grown));
    assert_true(grown != NULL && hw_is_aligned(grown, align));
    assert_ok(hw_deallocate(opened.self, grown, layout_of(0, align)));
  }
  close_subject(&opened);
}

static void reallocation_keeps_contents(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    for (size_t k = 0; k < COUNT_OF(layouts); k++) {
      uint8_t *block = allocate(opened.self, layouts[i], 0);
      fill_pattern(block, hw_usable_size(opened.self, layouts[i]), k);
      uint32_t flags = (i + k) % 2 ? HW_ZEROED : 0;
      void *moved = NULL;
      assert_ok(hw_reallocate(opened.self, block, layouts[i], layouts[k], flags, &moved));
      size_t kept = hw_min(layouts[i].size, layouts[k].size);
      assert_true(hw_is_aligned(moved, layouts[k].align) && has_pattern(moved, kept, k));
      if (flags) assert_true(is_zero((uint8_t *)moved + kept, layouts[k].size - kept));
      assert_int_equal(stats_of(opened.self).live_bytes, hw_usable_size(opened.self, layouts[k]));
      assert_ok(hw_deallocate(opened.self, moved, layouts[k]));
    }
  }
  close_subject(&opened);
}

static void in_place_means_in_place(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  bool can = (opened.self->ops->capabilities & HW_CAN_IN_PLACE) != 0;
  unsigned changed = 0;
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    for (size_t k = 0; k < COUNT_OF(layouts); k++) {
      uint8_t *block = allocate(opened.self, layouts[i], 0);
      fill_pattern(block, layouts[i].size, k);
      hw_stats_t before = stats_of(opened.self);
      hw_status_t status = hw_reallocate_in_place(opened.self, block, layouts[i], layouts[k]);
      assert_true(has_pattern(block, hw_min(layouts[i].size, layouts[k].size), k));
      if (i == k) assert_ok(status);
      if (status != HW_OK) {
        assert_status(HW_ERR_NOT_IN_PLACE, status);
        assert_unchanged(opened.self, &before, 0);
      } else {
        assert_true(hw_is_aligned(block, layouts[k].align));
        changed += layouts[i].size != layouts[k].size;
      }
      assert_ok(hw_deallocate(opened.self, block, layouts[status == HW_OK ? k : i]));
    }
  }
  assert_true(can ? changed > 0 : changed == 0);
  close_subject(&opened);
}

static void owns_tells_no_lie(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  bool can = (opened.self->ops->capabilities & HW_CAN_OWN) != 0;
  uint8_t stranger = 0;
  assert_int_equal(hw_owns(opened.self, &stranger), can ? HW_OWNS_NO : HW_OWNS_UNKNOWN);
  assert_int_equal(hw_owns(opened.self, NULL), HW_OWNS_NO);
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    uint8_t *block = allocate(opened.self, layouts[i], 0);
    hw_ownership_t expected = can ? HW_OWNS_YES : HW_OWNS_UNKNOWN;
    assert_int_equal(hw_owns(opened.self, block), expected);
    assert_int_equal(hw_owns(opened.self, block + layouts[i].size - 1), expected);
    assert_ok(hw_deallocate(opened.self, block, layouts[i]));
  }
  close_subject(&opened);
}

static void statistics_add_up(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  uint8_t *blocks[COUNT_OF(layouts)];
  uint64_t bytes = 0;
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    blocks[i] = allocate(opened.self, layouts[i], 0);
    bytes += hw_usable_size(opened.self, layouts[i]);
    hw_stats_t stats = stats_of(opened.self);
    assert_int_equal(stats.live_blocks, i + 1);
    assert_int_equal(stats.allocations, i + 1);
    assert_int_equal(stats.live_bytes, bytes);
    assert_true(stats.peak_bytes >= bytes && stats.mapped_bytes >= bytes);
    assert_true(stats.limit == HW_NO_LIMIT);
  }
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    assert_ok(hw_deallocate(opened.self, blocks[i], layouts[i]));
    assert_int_equal(stats_of(opened.self).deallocations, i + 1);
  }
  assert_true(stats_of(opened.self).peak_bytes >= bytes);
  assert_int_equal(stats_of(opened.self).failures, 0);
  close_subject(&opened);
}

static void nowait_succeeds_where_it_is_said_to(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  bool can = (opened.self->ops->capabilities & HW_CAN_NOWAIT) != 0;
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    /* What was just freed needs no system call. */
    uint8_t *block = allocate(opened.self, layouts[i], 0);
    assert_ok(hw_deallocate(opened.self, block, layouts[i]));
    hw_stats_t before = stats_of(opened.self);
    void *again = NULL;
    hw_status_t status = hw_allocate(opened.self, layouts[i], HW_NOWAIT | HW_ZEROED, &again);
    assert_status(can ? HW_OK : HW_ERR_NOWAIT, status);
    if (status != HW_OK) {
      assert_null(again);
      assert_unchanged(opened.self, &before, 1);
      continue;
    }
    assert_true(hw_is_aligned(again, layouts[i].align) && is_zero(again, layouts[i].size));
    assert_ok(hw_deallocate(opened.self, again, layouts[i]));
  }
  close_subject(&opened);
}

#define LIMIT ((size_t)300000)

static void a_limit_is_exact(const subject_t *subject) {
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    opened_t opened = open_with(subject, LIMIT);
    static void *blocks[400];
    size_t usable = hw_usable_size(opened.self, layouts[i]);
    size_t fits = hw_min(LIMIT / usable, COUNT_OF(blocks));
    for (size_t k = 0; k < fits; k++) blocks[k] = allocate(opened.self, layouts[i], 0);
    hw_stats_t before = stats_of(opened.self);
    assert_true(before.live_bytes == fits * usable && before.limit == LIMIT);
    assert_true(before.peak_bytes == before.live_bytes);
    void *more = NULL;
    hw_layout_t rest = layout_of(LIMIT - before.live_bytes + 1, 1);
    assert_status(HW_ERR_LIMIT, hw_allocate(opened.self, rest, HW_NOWARN, &more));
    assert_null(more);
    assert_unchanged(opened.self, &before, 1);
    if (fits > 0) {
      before.failures++;
      hw_layout_t most = layout_of(2 * LIMIT, 16);
      assert_status(HW_ERR_LIMIT,
                    hw_reallocate(opened.self, blocks[0], layouts[i], most, 0, &more));
      assert_null(more);
      assert_unchanged(opened.self, &before, 1);
    }
    for (size_t k = 0; k < fits; k++) assert_ok(hw_deallocate(opened.self, blocks[k], layouts[i]));
    if (fits > 0) {
      assert_ok(hw_deallocate(opened.self, allocate(opened.self, layouts[i], 0), layouts[i]));
    }
    close_subject(&opened);
  }
}

/* An empty block costs what it has in usable bytes. */
static void limit_zero_allows_only_what_has_no_bytes(const subject_t *subject) {
  opened_t opened = open_with(subject, 0);
  void *block = NULL;
  assert_status(HW_ERR_LIMIT, hw_allocate(opened.self, layout_of(1, 1), 0, &block));
  hw_layout_t empty = layout_of(0, 1);
  bool costs = hw_usable_size(opened.self, empty) > 0;
  assert_status(costs ? HW_ERR_LIMIT : HW_OK, hw_allocate(opened.self, empty, 0, &block));
  if (!costs) assert_ok(hw_deallocate(opened.self, block, empty));
  close_subject(&opened);
}

static void arguments_that_are_none_change_nothing(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  const hw_layout_t good = {64, 16};
  const hw_layout_t bad[] = {
      {1, 0}, {1, 3}, {HW_MAX_SIZE, 16}, {SIZE_MAX, 1}, {1, HW_MAX_SIZE + 1}};
  uint8_t *block = allocate(opened.self, good, 0);
  fill_pattern(block, good.size, 1);
  hw_stats_t before = stats_of(opened.self);
  void *out = NULL;
  for (size_t i = 0; i + 1 < COUNT_OF(bad); i++) {
    assert_status(HW_ERR_INVALID, hw_allocate(opened.self, bad[i], 0, &out));
    assert_status(HW_ERR_INVALID, hw_deallocate(opened.self, block, bad[i]));
    assert_status(HW_ERR_INVALID, hw_reallocate(opened.self, block, good, bad[i], 0, &out));
    assert_status(HW_ERR_INVALID, hw_reallocate(opened.self, block, bad[i], good, 0, &out));
    assert_status(HW_ERR_INVALID, hw_reallocate_in_place(opened.self, block, good, bad[i]));
    assert_status(HW_ERR_INVALID, hw_retire(opened.self, block, bad[i]));
    assert_int_equal(hw_usable_size(opened.self, bad[i]), 0);
  }
  assert_status(HW_ERR_INVALID, hw_allocate(opened.self, good, 8, &out));
  assert_status(HW_ERR_INVALID, hw_allocate(opened.self, good, 0, NULL));
  assert_status(HW_ERR_INVALID, hw_reallocate(opened.self, block, good, good, 16, &out));
  assert_status(HW_ERR_INVALID, hw_reallocate(opened.self, block, good, good, 0, NULL));
  assert_status(HW_ERR_INVALID, hw_deallocate(opened.self, NULL, good));
  assert_status(HW_ERR_INVALID, hw_retire(opened.self, NULL, good));
  assert_status(HW_ERR_INVALID, hw_stats(opened.self, NULL));
  assert_null(out);
  assert_unchanged(opened.self, &before, 0);
  assert_true(has_pattern(block, good.size, 1));
  assert_ok(hw_deallocate(opened.self, block, good));
  close_subject(&opened);
}

static void what_nobody_has_is_refused(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  uint8_t *block = allocate(opened.self, layouts[0], 0);
  const hw_layout_t huge[] = {{HW_MAX_SIZE - 15, 16},
                              {HW_MAX_SIZE - 4095, 4096},
                              {HW_MAX_SIZE / 2, 1},
                              {1, (size_t)1 << 62}};
  for (size_t i = 0; i < COUNT_OF(huge); i++) {
    hw_stats_t before = stats_of(opened.self);
    void *out = NULL;
    assert_status(HW_ERR_OUT_OF_MEMORY, hw_allocate(opened.self, huge[i], HW_NOWARN, &out));
    assert_unchanged(opened.self, &before, 1);
    before.failures++;
    assert_status(HW_ERR_OUT_OF_MEMORY,
                  hw_reallocate(opened.self, block, layouts[0], huge[i], HW_NOWARN, &out));
    assert_unchanged(opened.self, &before, 1);
    assert_null(out);
  }
  assert_ok(hw_deallocate(opened.self, block, layouts[0]));
  close_subject(&opened);
}

static void retired_blocks_read_zero_and_are_gone(const subject_t *subject) {
  /* Reachable, so that the leak check does not ask where they went. */
  static uint8_t *kept[1024];
  static size_t kept_count;
  assert_true(kept_count + COUNT_OF(layouts) <= COUNT_OF(kept));
  uint8_t **retired = kept + kept_count;
  kept_count += COUNT_OF(layouts);
  opened_t opened = open_subject(subject);
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    retired[i] = allocate(opened.self, layouts[i], 0);
    fill_pattern(retired[i], layouts[i].size, i);
    assert_ok(hw_retire(opened.self, retired[i], layouts[i]));
    assert_true(is_zero(retired[i], layouts[i].size));
    assert_true(hw_owns(opened.self, retired[i]) != HW_OWNS_YES);
    hw_stats_t stats = stats_of(opened.self);
    assert_int_equal(stats.retired_blocks, i + 1);
    assert_int_equal(stats.live_blocks, 0);
    uint8_t *next = allocate(opened.self, layouts[i], 0);
    for (size_t k = 0; k <= i; k++) assert_ptr_not_equal(next, retired[k]);
    assert_ok(hw_deallocate(opened.self, next, layouts[i]));
  }
  close_subject(&opened);
}

static void destroying_waits_for_the_last_block(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    uint8_t *block = allocate(opened.self, layouts[i], 0);
    fill_pattern(block, layouts[i].size, i);
    assert_status(HW_ERR_BUSY, hw_destroy(opened.root));
    assert_true(has_pattern(block, layouts[i].size, i));
    assert_ok(hw_deallocate(opened.self, block, layouts[i]));
  }
  close_subject(&opened);
}

static void capabilities_are_honest(const subject_t *subject) {
  opened_t opened = open_subject(subject);
  const hw_allocator_ops_t *ops = opened.self->ops;
  assert_int_equal(ops->abi_version, HW_ABI_VERSION);
  assert_true(ops->name != NULL && ops->allocate != NULL && ops->deallocate != NULL);
  assert_true(!(ops->capabilities & HW_CAN_REALLOCATE) || ops->reallocate != NULL);
  assert_true(!(ops->capabilities & HW_CAN_IN_PLACE) || ops->reallocate_in_place != NULL);
  assert_true(!(ops->capabilities & HW_CAN_OWN) || ops->owns != NULL);
  assert_true(!(ops->capabilities & HW_CAN_RETIRE) || ops->retire != NULL);
  close_subject(&opened);
}

#define CLAUSE(name) {#name, name}
const clause_t conformance_clauses[] = {
    CLAUSE(blocks_are_aligned_writable_and_apart),
    CLAUSE(empty_blocks_are_blocks),
    CLAUSE(reallocation_keeps_contents),
    CLAUSE(in_place_means_in_place),
    CLAUSE(owns_tells_no_lie),
    CLAUSE(statistics_add_up),
    CLAUSE(nowait_succeeds_where_it_is_said_to),
    CLAUSE(a_limit_is_exact),
    CLAUSE(limit_zero_allows_only_what_has_no_bytes),
    CLAUSE(arguments_that_are_none_change_nothing),
    CLAUSE(what_nobody_has_is_refused),
    CLAUSE(retired_blocks_read_zero_and_are_gone),
    CLAUSE(destroying_waits_for_the_last_block),
    CLAUSE(capabilities_are_honest),
};
const size_t conformance_clause_count = COUNT_OF(conformance_clauses);
