/* `verify` names what is wrong: each corruption of the metadata is planted, found by its own
 * invariant, taken back, and all is well again. */
#include "arena_fixture.h"

#include <string.h>

#include "arena/locate.h"
#include "base/bitmap.h"

static hw_allocator_t *arena_base, *cache_base;
static hw_arena_t *arena;
static hw_cache_t *cache;
static hw_region_t *region;
static void *small[3], *large, *dirty, *cached;
static hw_run_t *slab, *run;
static hw_bin_t *bin;
static unsigned size_class;

/* Small blocks, a large one of two segments, dirty pages, a depot and a magazine with blocks. */
static void begin(void) {
  arena_base = arena_begin();
  cache_base = cache_open(arena_base);
  arena = hw_arena_of(arena_base);
  cache = hw_cache_of(cache_base);
  for (size_t i = 0; i < 3; i++) small[i] = take(arena_base, 100);
  size_class = hw_class_of(layout_of(100, 16));
  bin = &arena->bins[size_class];
  cached = take(cache_base, 100);
  give(arena_base, take(arena_base, 100), 100);
  dirty = take(arena_base, 100000);
  large = take(arena_base, 5 * MIB);
  give(arena_base, dirty, 100000);
  region = region_of_block(arena_base, large);
  slab = run_of(arena_base, small[0]);
  run = run_of(arena_base, large);
  assert_sound(cache_base);
}

static void end(void) {
  give(cache_base, cached, 100);
  for (size_t i = 0; i < 3; i++) give(arena_base, small[i], 100);
  give(arena_base, large, 5 * MIB);
  assert_sound(cache_base);
  assert_ok(hw_destroy(cache_base));
  arena_end_all(arena_base);
}

static void assert_broken(const char *invariant) {
  const char *broken = NULL;
  assert_status(HW_ERR_CORRUPTED, hw_verify(cache_base, &broken));
  assert_string_equal(broken, invariant);
  assert_status(HW_ERR_CORRUPTED, hw_verify(cache_base, NULL));
}

/* Writes `value` to `field`, expects `invariant`, writes the old value back. */
#define PLANT(field, value, invariant) \
  do {                                 \
    __typeof__(field) was = (field);   \
    (field) = (value);                 \
    assert_broken(invariant);          \
    (field) = was;                     \
    assert_sound(cache_base);          \
  } while (0)

static void a_slab_that_miscounts_is_found(void **state) {
  (void)state;
  begin();
  PLANT(slab->nfree, slab->nfree - 1, "a slab's count is that of its free bits");
  PLANT(slab->free[0], slab->free[0] & (slab->free[0] - 1),
        "a slab's count is that of its free bits");
  PLANT(slab->free[7], (uint64_t)1 << 63, "no bit behind the last region");
  PLANT(slab->nretired, 500, "retired regions are not free");
  PLANT(slab->nretired, 1, "retired regions are counted");
  PLANT(slab->listed, false, "the bin lists the slabs with free regions");
  PLANT(slab->npages, slab->npages + 1, "a run's pages are used");
  PLANT(slab->npages, slab->npages - 1, "a slab has the pages of its class");
  end();
}

static void a_slab_with_a_bit_too_few_is_found_by_its_bin(void **state) {
  (void)state;
  begin();
  hw_run_t was = *slab;
  slab->free[0] &= slab->free[0] - 1;
  slab->nfree--;
  assert_broken("taken regions are counted");
  *slab = was;
  end();
}

static void headroom_that_is_not_there_is_found(void **state) {
  (void)state;
  begin();
  PLANT(slab->headroom, 1, "a run's pages are used");
  PLANT(run->headroom, 2, "a run's pages are used");
  end();
}

static void a_page_that_names_another_owner_or_slab_is_found(void **state) {
  (void)state;
  begin();
  hw_page_t *page = &region->pages[slab->page + 1];
  PLANT(page->tag, hw_tag(arena->owner + 1, size_class),
        "each page of a slab names its class and arena");
  PLANT(page->tag, hw_tag(arena->owner, size_class + 1),
        "each page of a slab names its class and arena");
  PLANT(page->run, page->run + 1, "each page of a slab names the slab");
  end();
}

static void an_entry_that_is_not_a_large_blocks_is_found(void **state) {
  (void)state;
  begin();
  hw_page_t *first = &region->pages[run->page];
  PLANT(first->tag, 0, "a large block's first page names it");
  PLANT(first->run, 0, "a large block's first page names its run");
  PLANT(first[7].tag, 77, "no other page of a large block has an entry");
  PLANT(region->pages[run->page + run->npages].tag, 77, "a free page has no entry");
  PLANT(run->size_class, HW_CLASS_RETIRED + 1, "a run has a use");
  end();
}

static void a_run_in_the_wrong_place_is_found(void **state) {
  (void)state;
  begin();
  PLANT(run->page, run->page + 1, "a run knows where it lies");
  PLANT(run->base, run->base + 16, "a run knows where it lies");
  PLANT(run->npages, 0, "a run has pages");
  PLANT(run->npages, UINT32_MAX, "a run ends in its region");
  PLANT(run->npages, run->npages + 1, "a run's pages are used");
  PLANT(run->npages, run->npages - 1, "active pages are counted");
  end();
}

static void runs_that_overlap_are_found(void **state) {
  (void)state;
  begin();
  hw_bit_set(region->heads, run->page + 4);
  assert_broken("runs do not overlap");
  hw_bit_clear(region->heads, run->page + 4);
  hw_bit_set(region->heads, run->page + run->npages);
  assert_broken("a run knows where it lies");
  hw_bit_clear(region->heads, run->page + run->npages);
  hw_bit_clear(region->heads, run->page);
  assert_broken("active pages are counted");
  hw_bit_set(region->heads, run->page);
  end();
}

static void bits_that_contradict_each_other_are_found(void **state) {
  (void)state;
  begin();
  size_t last = (size_t)run->page + run->npages - 1;
  hw_bit_clear(region->used, last);
  hw_page_segment_t *segment = &region->segments[last / HW_SEGMENT_PAGES];
  segment->longest++;
  assert_broken("a run's pages are used");
  segment->longest--;
  hw_bit_set(region->used, last);
  hw_bit_set(region->dirty, run->page);
  region->segments[0].ndirty++;
  assert_broken("a used page is not dirty");
  region->segments[0].ndirty--;
  assert_broken("a segment knows its dirty pages");
  hw_bit_clear(region->dirty, run->page);
  end();
}

static void a_used_page_of_no_run_is_found(void **state) {
  (void)state;
  begin();
  hw_page_segment_t *segment = arena->runs.last;
  size_t page = hw_segment_page(segment) + HW_SEGMENT_PAGES - 1;
  hw_bit_set(region->used, page);
  assert_broken("a segment knows its longest free run");
  segment->longest--;
  assert_broken("each used page belongs to a run");
  segment->longest++;
  hw_bit_clear(region->used, page);
  end();
}

static void segments_that_miscount_are_found(void **state) {
  (void)state;
  begin();
  hw_page_segment_t *segment = arena->runs.first;
  PLANT(segment->owner, arena->owner + 1, "a segment knows its owner");
  PLANT(segment->longest, segment->longest + 1, "a segment knows its longest free run");
  PLANT(segment->ndirty, segment->ndirty + 1, "a segment knows its dirty pages");
  PLANT(segment->next->prev, NULL, "segments are listed by address");
  PLANT(arena->runs.last, segment, "the last segment is the last");
  PLANT(segment->next->owner, arena->owner + 1, "a run lies in segments of its arena");
  end();
}

static void pages_that_are_miscounted_are_found(void **state) {
  (void)state;
  begin();
  hw_runs_t *runs = &arena->runs;
  PLANT(runs->nsegments, runs->nsegments + 1, "segments are counted");
  PLANT(runs->nactive, runs->nactive + 1, "active pages are counted");
  PLANT(runs->nheadroom, runs->nheadroom + 1, "headroom is counted");
  PLANT(runs->ndirty, runs->ndirty - 1, "dirty pages are counted");
  PLANT(runs->npurging, 1, "each used page belongs to a run");
  PLANT(runs->hints[0], NULL, "no segment before a hint has such a run");
  end();
}

static void bins_that_miscount_are_found(void **state) {
  (void)state;
  begin();
  PLANT(bin->nslabs, bin->nslabs + 1, "slabs are counted");
  PLANT(bin->ntaken, bin->ntaken - 1, "taken regions are counted");
  PLANT(bin->nretired, 1, "retired regions are counted");
  PLANT(bin->first, NULL, "a bin lists every slab once");
  PLANT(slab->prev, slab, "a bin's list is whole");
  PLANT(bin->empty, slab, "the bin lists the slabs with free regions");
  PLANT(bin->depot_most, 0, "a depot has room for what it holds");
  end();
}

static void a_list_of_slabs_that_runs_in_a_circle_is_found(void **state) {
  (void)state;
  begin();
  slab->next = slab;
  assert_broken("a bin's list is whole");
  slab->next = NULL;
  assert_sound(cache_base);
  end();
}

static void an_empty_slab_too_many_is_found(void **state) {
  (void)state;
  begin();
  give(arena_base, take(arena_base, 3000), 3000);
  hw_bin_t *other = &arena->bins[hw_class_of(layout_of(3000, 16))];
  /* Its only block lies in the depot; now all its regions are free. */
  hw_bin_sweep(other);
  hw_bin_sweep(other);
  assert_non_null(other->empty);
  PLANT(other->empty->listed, true, "the bin lists the slabs with free regions");
  hw_run_t *empty = other->empty;
  other->empty = NULL;
  empty->listed = true;
  assert_broken("a bin keeps one empty slab");
  empty->listed = false;
  other->empty = empty;
  end();
}

static void what_does_not_belong_in_a_depot_is_found(void **state) {
  (void)state;
  begin();
  uint8_t on_the_stack = 0;
  assert_true(bin->depot_count > 0);
  PLANT(bin->depot[0], &on_the_stack, "a cached block lies in the space");
  PLANT(bin->depot[0], large, "a cached block is of its class");
  PLANT(bin->depot[0], (uint8_t *)small[0] + 16, "a cached block is a region");
  uint32_t free_index = slab->nfree > 0 ? hw_size_classes[size_class].nregions - 1u : 0;
  PLANT(bin->depot[0], hw_slab_region(slab, free_index), "a cached block is not free in its slab");
  hw_set_state(region, bin->depot[0], HW_STATE_LIVE);
  assert_broken("a cached block is not live");
  hw_set_state(region, bin->depot[0], HW_STATE_NONE);
  size_t count = bin->depot_count;
  for (size_t i = 0; i < 20; i++) bin->depot[count + i] = bin->depot[0];
  PLANT(bin->depot_count, count + 20, "what a depot holds was taken");
  end();
}

static void what_does_not_belong_in_a_magazine_is_found(void **state) {
  (void)state;
  begin();
  give(cache_base, take(cache_base, 100), 100);
  hw_magazine_t *magazine = &cache->magazines[size_class];
  assert_true(hw_magazine_count(magazine) > 0);
  PLANT(magazine->slots[0], large, "a cached block is of its class");
  PLANT(magazine->slots[0], (uint8_t *)small[0] + 16, "a cached block is a region");
  PLANT(magazine->top, magazine->end + 1, "a magazine has room for what it holds");
  /* Of a magazine only a look through its cache can tell. */
  void *was = magazine->slots[0];
  magazine->slots[0] = large;
  assert_sound(arena_base);
  magazine->slots[0] = was;
  end();
}

static void an_account_that_is_off_is_found(void **state) {
  (void)state;
  begin();
  hw_account_t *account = &arena->account;
  PLANT(account->live_bytes, account->live_bytes + 4096, "large blocks are accounted");
  PLANT(account->live_bytes, SIZE_MAX - 4096, "no more bytes ended than began");
  PLANT(account->deallocations, account->deallocations + 1000, "no more blocks ended than began");
  end();
}

static void while_calls_are_under_way_the_account_may_be_off(void **state) {
  (void)state;
  begin();
  arena->flights = 1;
  arena->account.live_bytes += 4096;
  assert_sound(cache_base);
  hw_page_t *first = &region->pages[run->page];
  uint32_t tag = first->tag;
  first->tag = 0;
  assert_sound(cache_base);
  first->tag = tag;
  arena->account.live_bytes -= 4096;
  arena->flights = 0;
  end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_slab_that_miscounts_is_found),
      cmocka_unit_test(a_slab_with_a_bit_too_few_is_found_by_its_bin),
      cmocka_unit_test(headroom_that_is_not_there_is_found),
      cmocka_unit_test(a_page_that_names_another_owner_or_slab_is_found),
      cmocka_unit_test(an_entry_that_is_not_a_large_blocks_is_found),
      cmocka_unit_test(a_run_in_the_wrong_place_is_found),
      cmocka_unit_test(runs_that_overlap_are_found),
      cmocka_unit_test(bits_that_contradict_each_other_are_found),
      cmocka_unit_test(a_used_page_of_no_run_is_found),
      cmocka_unit_test(segments_that_miscount_are_found),
      cmocka_unit_test(pages_that_are_miscounted_are_found),
      cmocka_unit_test(bins_that_miscount_are_found),
      cmocka_unit_test(a_list_of_slabs_that_runs_in_a_circle_is_found),
      cmocka_unit_test(an_empty_slab_too_many_is_found),
      cmocka_unit_test(what_does_not_belong_in_a_depot_is_found),
      cmocka_unit_test(what_does_not_belong_in_a_magazine_is_found),
      cmocka_unit_test(an_account_that_is_off_is_found),
      cmocka_unit_test(while_calls_are_under_way_the_account_may_be_off),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
