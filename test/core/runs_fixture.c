#include "runs_fixture.h"

#include "base/align.h"
#include "base/bitmap.h"

hw_space_t runs_space;
hw_runs_t runs;

void runs_begin_as(size_t limit_pages, int64_t decay_ms) {
  fake_os_begin();
  assert_ok(hw_space_init(&runs_space, fake_os()));
  hw_runs_init(&runs, &runs_space, OWNER, limit_pages, decay_ms);
}

void runs_begin(void) {
  runs_begin_as(SIZE_MAX >> HW_PAGE_SHIFT, HW_DECAY_MS);
}

void runs_begin_small(void) {
  fake_os_begin();
  fake_os_bound_reservations(HW_REGION_LEAST_BYTES);
  assert_ok(hw_space_init(&runs_space, fake_os()));
  hw_runs_init(&runs, &runs_space, OWNER, SIZE_MAX >> HW_PAGE_SHIFT, HW_DECAY_MS);
}

void runs_end(void) {
  assert_int_equal(runs.nactive, 0);
  assert_int_equal(runs.nheadroom, 0);
  hw_runs_leave(&runs);
  hw_space_destroy(&runs_space);
  assert_int_equal(fake_os_mappings(), 0);
}

hw_run_t *claim_at(size_t npages, size_t align, size_t headroom) {
  hw_run_request_t request = {
      .npages = npages, .align = align, .headroom = headroom, .size_class = HW_CLASS_LARGE};
  hw_run_t *run = NULL;
  assert_ok(hw_runs_claim(&runs, &request, &run, NULL));
  assert_int_equal(run->npages, npages);
  assert_true(hw_is_aligned(run->base, align << HW_PAGE_SHIFT));
  const hw_region_t *region = hw_runs_region(&runs, run);
  assert_ptr_equal(run->base, hw_page_address(region, run->page));
  assert_int_equal(hw_bits_next_clear(region->used, run->page, run->page + npages),
                   run->page + npages);
  return run;
}

hw_run_t *claim(size_t npages) {
  return claim_at(npages, 1, 0);
}

hw_status_t try_claim(size_t npages, bool nowait) {
  hw_run_request_t request = {
      .npages = npages, .align = 1, .size_class = HW_CLASS_LARGE, .nowait = nowait};
  hw_run_t *run = NULL;
  hw_status_t status = hw_runs_claim(&runs, &request, &run, NULL);
  if (status == HW_OK) {
    hw_runs_release(&runs, run, false, false);
  } else {
    assert_null(run);
  }
  return status;
}

void release(hw_run_t *run) {
  hw_runs_release(&runs, run, false, false);
}

bool extends_to(hw_run_t *run, size_t npages) {
  return hw_runs_extend(&runs, run, npages, NULL) == HW_OK;
}
