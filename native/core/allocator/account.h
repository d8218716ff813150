/* The account of one allocator: bytes and blocks, with an exact limit. Charged before memory is
 * fetched, so two threads can never pass the limit together.
 *
 * Relaxed atomics throughout: each counter is exact by itself and orders nothing else. */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "heapwright.h"

typedef struct hw_account {
  size_t limit; /* constant after init */
  _Atomic size_t live_bytes;
  _Atomic size_t peak_bytes;
  _Atomic size_t retired_bytes;
  _Atomic uint64_t allocations;
  _Atomic uint64_t deallocations;
  _Atomic uint64_t retired_blocks;
  _Atomic uint64_t failures;
} hw_account_t;

void hw_account_init(hw_account_t *account, size_t limit);

/* Adds `bytes`, or counts a failure and answers HW_ERR_LIMIT. Counts no block yet. */
HW_MUST_CHECK hw_status_t hw_account_charge(hw_account_t *account, size_t bytes);
/* Takes back a charge: the memory it was for could not be had, or is no longer used. */
void hw_account_refund(hw_account_t *account, size_t bytes);

void hw_account_fail(hw_account_t *account);
/* A charged block came to life. */
void hw_account_open(hw_account_t *account);
/* What was charged is really in use now: only that counts for the peak. `open` does it too. */
void hw_account_raise_peak(hw_account_t *account);
/* A block of `bytes` is gone. */
void hw_account_close(hw_account_t *account, size_t bytes);
/* Many at once. */
void hw_account_close_many(hw_account_t *account, uint64_t blocks, size_t bytes);
/* A block of `bytes` was retired: it is neither live nor free again. */
void hw_account_retire(hw_account_t *account, size_t bytes);

void hw_account_stats(const hw_account_t *account, hw_stats_t *out);
/* HW_OK, or HW_ERR_CORRUPTED with the broken invariant in *broken (not NULL). */
HW_MUST_CHECK hw_status_t hw_account_verify(const hw_account_t *account, const char **broken);
