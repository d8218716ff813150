#include "allocator/account.h"

#define RELAXED memory_order_relaxed

void hw_account_init(hw_account_t *account, size_t limit) {
  account->limit = limit;
  atomic_init(&account->live_bytes, 0);
  atomic_init(&account->peak_bytes, 0);
  atomic_init(&account->retired_bytes, 0);
  atomic_init(&account->allocations, 0);
  atomic_init(&account->deallocations, 0);
  atomic_init(&account->retired_blocks, 0);
  atomic_init(&account->failures, 0);
}

hw_status_t hw_account_charge(hw_account_t *account, size_t bytes) {
  size_t live = atomic_load_explicit(&account->live_bytes, RELAXED);
  do {
    /* live <= limit always, so the subtraction cannot wrap. */
    if (bytes > account->limit - live) {
      hw_account_fail(account);
      return HW_ERR_LIMIT;
    }
  } while (!atomic_compare_exchange_weak_explicit(&account->live_bytes, &live, live + bytes,
                                                  RELAXED, RELAXED));
  return HW_OK;
}

void hw_account_refund(hw_account_t *account, size_t bytes) {
  atomic_fetch_sub_explicit(&account->live_bytes, bytes, RELAXED);
}

void hw_account_fail(hw_account_t *account) {
  atomic_fetch_add_explicit(&account->failures, 1, RELAXED);
}

void hw_account_raise_peak(hw_account_t *account) {
  size_t live = atomic_load_explicit(&account->live_bytes, RELAXED);
  size_t peak = atomic_load_explicit(&account->peak_bytes, RELAXED);
  while (live > peak && !atomic_compare_exchange_weak_explicit(&account->peak_bytes, &peak, live,
                                                               RELAXED, RELAXED)) {
  }
}

void hw_account_open(hw_account_t *account) {
  atomic_fetch_add_explicit(&account->allocations, 1, RELAXED);
  hw_account_raise_peak(account);
}

void hw_account_close(hw_account_t *account, size_t bytes) {
  hw_account_close_many(account, 1, bytes);
}

void hw_account_close_many(hw_account_t *account, uint64_t blocks, size_t bytes) {
  hw_account_refund(account, bytes);
  atomic_fetch_add_explicit(&account->deallocations, blocks, RELAXED);
}

void hw_account_retire(hw_account_t *account, size_t bytes) {
  hw_account_refund(account, bytes);
  atomic_fetch_add_explicit(&account->retired_bytes, bytes, RELAXED);
  atomic_fetch_add_explicit(&account->retired_blocks, 1, RELAXED);
}

void hw_account_stats(const hw_account_t *account, hw_stats_t *out) {
  uint64_t ended = atomic_load_explicit(&account->deallocations, RELAXED) +
                   atomic_load_explicit(&account->retired_blocks, RELAXED);
  uint64_t begun = atomic_load_explicit(&account->allocations, RELAXED);
  /* Ends are read first, so a block that came and went in between counts as live, never as -1. */
  out->live_blocks = begun - ended;
  out->live_bytes = atomic_load_explicit(&account->live_bytes, RELAXED);
  out->mapped_bytes = out->live_bytes;
  out->peak_bytes = atomic_load_explicit(&account->peak_bytes, RELAXED);
  out->retired_blocks = atomic_load_explicit(&account->retired_blocks, RELAXED);
  out->retired_bytes = atomic_load_explicit(&account->retired_bytes, RELAXED);
  out->allocations = begun;
  out->deallocations = atomic_load_explicit(&account->deallocations, RELAXED);
  out->failures = atomic_load_explicit(&account->failures, RELAXED);
  out->limit = account->limit;
}

hw_status_t hw_account_verify(const hw_account_t *account, const char **broken) {
  hw_stats_t stats;
  hw_account_stats(account, &stats);
  *broken = NULL;
  if (stats.live_bytes > account->limit) *broken = "live bytes are within the limit";
  /* Not against the peak, which a charge in another thread may not have raised yet. */
  if (stats.live_bytes > HW_MAX_SIZE) *broken = "no more bytes ended than began";
  if (stats.live_blocks > stats.allocations) *broken = "no more blocks ended than began";
  return *broken == NULL ? HW_OK : HW_ERR_CORRUPTED;
}
