/* Where runs of pages are placed, and how they split, merge, grow and shrink. */
#include "runs_fixture.h"

#include <string.h>

#include "base/align.h"
#include "base/bitmap.h"

static void runs_are_placed_at_the_lowest_address_that_fits(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *a = claim(4), *b = claim(6), *c = claim(2);
  assert_int_equal(a->page, 0);
  assert_int_equal(b->page, 4);
  assert_int_equal(c->page, 10);
  release(b);
  hw_run_t *d = claim(8);
  assert_int_equal(d->page, 12);
  hw_run_t *e = claim(5);
  assert_int_equal(e->page, 4);
  release(a);
  release(c);
  release(d);
  release(e);
  runs_end();
}

static void freed_neighbours_become_one(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run[5];
  for (size_t i = 0; i < 5; i++) run[i] = claim(200);
  release(run[1]);
  release(run[3]);
  release(run[2]);
  hw_run_t *merged = claim(600);
  assert_int_equal(merged->page, 200);
  release(merged);
  release(run[0]);
  release(run[4]);
  assert_int_equal(runs.first->longest, HW_SEGMENT_PAGES);
  runs_end();
}

static void a_run_longer_than_a_segment_takes_segments_in_a_row(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *small = claim(2);
  hw_run_t *run = claim(2 * HW_SEGMENT_PAGES + 100);
  /* From the end of the segment before. */
  assert_int_equal(run->page, 2);
  assert_int_equal(runs.nsegments, 4);
  memset(run->base, 1, (size_t)run->npages << HW_PAGE_SHIFT);
  hw_run_t *rest = claim(HW_SEGMENT_PAGES - 102);
  assert_int_equal(rest->page, 2 * HW_SEGMENT_PAGES + 102);
  release(small);
  release(run);
  release(rest);
  runs_end();
}

static void a_run_may_lie_over_the_border_of_two_segments(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *a = claim(700), *b = claim(600);
  assert_int_equal(b->page, HW_SEGMENT_PAGES);
  hw_run_t *across = claim(HW_SEGMENT_PAGES);
  assert_int_equal(across->page, 2 * HW_SEGMENT_PAGES);
  release(b);
  hw_run_t *over = claim(HW_SEGMENT_PAGES + 200);
  assert_int_equal(over->page, 700);
  assert_int_equal(runs.nsegments, 3);
  release(a);
  release(over);
  release(across);
  runs_end();
}

static void a_run_is_placed_at_a_multiple_of_its_alignment(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *odd = claim(3);
  for (size_t align = 1; align <= (size_t)1 << 18; align *= 2) {
    hw_run_t *run = claim_at(2, align, 0);
    hw_run_t *long_run = claim_at(HW_SEGMENT_PAGES + 5, align, 0);
    release(run);
    release(long_run);
  }
  release(odd);
  runs_end();
}

static void the_slack_in_front_of_an_aligned_run_stays_free(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *first = claim(2);
  hw_run_t *aligned = claim_at(64, 64, 0);
  assert_int_equal(aligned->page, 64);
  hw_run_t *between = claim(62);
  assert_int_equal(between->page, 2);
  release(first);
  release(aligned);
  release(between);
  runs_end();
}

static void a_run_grows_into_free_pages_behind_it(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run = claim(10), *next = claim(10), *last = claim(2);
  assert_false(extends_to(run, 11));
  release(next);
  assert_true(extends_to(run, 15));
  assert_int_equal(runs.nactive, 17);
  assert_true(extends_to(run, 20));
  assert_false(extends_to(run, 21));
  assert_int_equal(run->npages, 20);
  release(run);
  release(last);
  runs_end();
}

static void a_run_grows_over_the_border_of_its_segment(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run = claim(1000), *far = claim(HW_SEGMENT_PAGES);
  assert_false(extends_to(run, 1025));
  release(far);
  assert_true(extends_to(run, 1500));
  assert_true(extends_to(run, 2 * HW_SEGMENT_PAGES));
  /* Behind that there is no segment yet. */
  assert_false(extends_to(run, 2 * HW_SEGMENT_PAGES + 1));
  release(run);
  runs_end();
}

static void a_run_does_not_grow_into_the_segment_of_another(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run = claim(1000);
  hw_page_segment_t *other = NULL;
  assert_ok(hw_space_take(&runs_space, OWNER + 1, 1, HW_SEGMENT_BYTES, false, &other));
  assert_true(extends_to(run, 1024));
  assert_false(extends_to(run, 1025));
  release(run);
  hw_space_give(&runs_space, other, false);
  runs_end();
}

static void a_trimmed_tail_is_free_at_once(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run = claim(100), *last = claim(2);
  hw_runs_trim(&runs, run, 10, false, false);
  assert_int_equal(runs.ndirty, 90);
  hw_run_t *tail = claim(90);
  assert_int_equal(tail->page, 10);
  release(run);
  release(tail);
  release(last);
  runs_end();
}

static void headroom_is_kept_for_its_run_alone(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run = claim_at(20, 1, 20);
  assert_int_equal(run->headroom, 20);
  assert_int_equal(runs.nactive, 20);
  hw_run_t *next = claim(2);
  assert_int_equal(next->page, 40);
  assert_true(extends_to(run, 25));
  assert_int_equal(run->headroom, 15);
  assert_true(extends_to(run, 40));
  assert_int_equal(runs.nheadroom, 0);
  assert_false(extends_to(run, 41));
  release(run);
  release(next);
  runs_end();
}

static void growth_takes_headroom_and_what_follows_it(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run = claim_at(20, 1, 20);
  assert_true(extends_to(run, 100));
  assert_int_equal(runs.nheadroom, 0);
  release(run);
  runs_end();
}

static void trimming_lets_headroom_go(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run = claim_at(20, 1, 20);
  hw_runs_trim(&runs, run, 10, false, false);
  assert_int_equal(runs.nheadroom, 0);
  hw_run_t *next = claim(5);
  assert_int_equal(next->page, 10);
  release(run);
  release(next);
  runs_end();
}

static void dirty_pages_are_no_headroom(void **state) {
  (void)state;
  runs_begin();
  hw_run_t *run = claim(20), *dirty = claim(10), *last = claim(2);
  release(run);
  release(dirty);
  run = claim_at(15, 1, 10);
  assert_int_equal(run->page, 0);
  assert_int_equal(run->headroom, 0);
  release(run);
  release(last);
  runs_end();
}

static void headroom_is_given_up_when_there_are_no_other_addresses(void **state) {
  (void)state;
  runs_begin_small();
  hw_run_t *run = claim_at(2048, 1, 2048);
  assert_int_equal(run->headroom, 2048);
  fake_os_refuse(FAKE_RESERVE);
  hw_run_t *other = claim(1500);
  assert_int_equal(run->headroom, 0);
  assert_int_equal(other->page, 2048);
  assert_status(HW_ERR_OUT_OF_MEMORY, try_claim(1500, false));
  release(run);
  release(other);
  runs_end();
}

static void without_room_for_headroom_a_run_goes_where_it_alone_fits(void **state) {
  (void)state;
  runs_begin_small();
  hw_run_t *first = claim(3072);
  fake_os_refuse(FAKE_RESERVE);
  hw_run_t *run = claim_at(900, 1, 900);
  assert_int_equal(run->page, 3072);
  assert_int_equal(run->headroom, 124);
  release(first);
  release(run);
  runs_end();
}

static void runs_go_on_in_a_second_region(void **state) {
  (void)state;
  runs_begin_small();
  hw_run_t *run[6];
  for (size_t i = 0; i < 6; i++) run[i] = claim(HW_SEGMENT_PAGES);
  assert_ptr_equal(hw_runs_region(&runs, run[3]), &runs_space.regions[0]);
  assert_ptr_equal(hw_runs_region(&runs, run[4]), &runs_space.regions[1]);
  assert_int_equal(run[4]->page, 0);
  /* Addresses of two regions never make one run. */
  release(run[3]);
  release(run[4]);
  hw_run_t *both = claim(HW_SEGMENT_PAGES + 1);
  assert_ptr_equal(hw_runs_region(&runs, both), &runs_space.regions[1]);
  release(both);
  release(run[0]);
  release(run[1]);
  release(run[2]);
  release(run[5]);
  runs_end();
}

static void nothing_new_is_taken_with_nowait(void **state) {
  (void)state;
  runs_begin();
  assert_status(HW_ERR_NOWAIT, try_claim(2, true));
  assert_ok(try_claim(2, false));
  assert_ok(try_claim(1000, true));
  assert_status(HW_ERR_NOWAIT, try_claim(1025, true));
  runs_end();
}

/* ---- Against a model: one byte a page says which run it belongs to. ---- */

#define MODEL_PAGES (32 * HW_SEGMENT_PAGES)
#define MODEL_RUNS 60

static uint8_t owners[MODEL_PAGES];
static hw_run_t *model_runs[MODEL_RUNS];

static void paint(const hw_run_t *run, size_t npages, uint8_t from, uint8_t to) {
  assert_true(run->page + npages <= MODEL_PAGES);
  for (size_t page = run->page; page < run->page + npages; page++) {
    assert_int_equal(owners[page], from);
    owners[page] = to;
  }
}

static size_t free_behind(const hw_run_t *run) {
  size_t page = (size_t)run->page + run->npages;
  size_t end = runs.nsegments * HW_SEGMENT_PAGES;
  size_t count = 0;
  while (page + count < end && owners[page + count] == 0) count++;
  return count;
}

static size_t lowest_fit(size_t npages) {
  size_t found = 0;
  for (size_t page = 0; page < runs.nsegments * HW_SEGMENT_PAGES; page++) {
    if (page % HW_SEGMENT_PAGES == 0) found = 0;
    found = owners[page] == 0 ? found + 1 : 0;
    if (found == npages) return page + 1 - npages;
  }
  return SIZE_MAX;
}

static void resize_in_model(random_source_t *source, hw_run_t *run, uint8_t mark) {
  size_t had = run->npages;
  size_t npages = 2 + random_below(source, 2 * had);
  if (npages > had) {
    bool fits = npages - had <= free_behind(run);
    assert_int_equal(extends_to(run, npages), fits);
    if (!fits) return;
  } else if (npages < had) {
    hw_runs_trim(&runs, run, npages, false, false);
  }
  paint(run, hw_min(had, npages), mark, 0);
  for (size_t page = run->page + npages; page < run->page + had; page++) owners[page] = 0;
  paint(run, npages, 0, mark);
}

static void step_in_model(random_source_t *source) {
  uint8_t i = (uint8_t)random_below(source, MODEL_RUNS);
  if (model_runs[i] == NULL) {
    size_t npages = 2 + random_below(source, random_below(source, 8) == 0 ? 1200 : 120);
    size_t expected = npages <= HW_SEGMENT_PAGES ? lowest_fit(npages) : SIZE_MAX;
    model_runs[i] = claim(npages);
    if (expected != SIZE_MAX) assert_int_equal(model_runs[i]->page, expected);
    paint(model_runs[i], npages, 0, i + 1);
  } else if (random_below(source, 2) == 0) {
    resize_in_model(source, model_runs[i], i + 1);
  } else {
    paint(model_runs[i], model_runs[i]->npages, i + 1, 0);
    release(model_runs[i]);
    model_runs[i] = NULL;
  }
}

static void runs_split_and_merge_as_a_map_of_single_pages_does(void **state) {
  (void)state;
  random_source_t source = random_begin();
  runs_begin();
  memset(owners, 0, sizeof owners);
  for (unsigned step = 0; step < 4000; step++) step_in_model(&source);
  for (size_t i = 0; i < MODEL_RUNS; i++) {
    if (model_runs[i] != NULL) release(model_runs[i]);
    model_runs[i] = NULL;
  }
  for (const hw_page_segment_t *at = runs.first; at != NULL; at = at->next) {
    assert_int_equal(at->longest, HW_SEGMENT_PAGES);
  }
  runs_end();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(runs_are_placed_at_the_lowest_address_that_fits),
      cmocka_unit_test(freed_neighbours_become_one),
      cmocka_unit_test(a_run_longer_than_a_segment_takes_segments_in_a_row),
      cmocka_unit_test(a_run_may_lie_over_the_border_of_two_segments),
      cmocka_unit_test(a_run_is_placed_at_a_multiple_of_its_alignment),
      cmocka_unit_test(the_slack_in_front_of_an_aligned_run_stays_free),
      cmocka_unit_test(a_run_grows_into_free_pages_behind_it),
      cmocka_unit_test(a_run_grows_over_the_border_of_its_segment),
      cmocka_unit_test(a_run_does_not_grow_into_the_segment_of_another),
      cmocka_unit_test(a_trimmed_tail_is_free_at_once),
      cmocka_unit_test(headroom_is_kept_for_its_run_alone),
      cmocka_unit_test(growth_takes_headroom_and_what_follows_it),
      cmocka_unit_test(trimming_lets_headroom_go),
      cmocka_unit_test(dirty_pages_are_no_headroom),
      cmocka_unit_test(headroom_is_given_up_when_there_are_no_other_addresses),
      cmocka_unit_test(without_room_for_headroom_a_run_goes_where_it_alone_fits),
      cmocka_unit_test(runs_go_on_in_a_second_region),
      cmocka_unit_test(nothing_new_is_taken_with_nowait),
      cmocka_unit_test(runs_split_and_merge_as_a_map_of_single_pages_does),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
