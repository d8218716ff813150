/* A lock of one word, for sections of a hundred instructions that call nobody: taking it is one
 * atomic exchange and leaving it a plain store, where a mutex takes two atomic operations and two
 * calls. Who waits spins for a moment, then yields, then sleeps. Ranked as the others are. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "base/lock.h"

typedef struct hw_spin {
  atomic_uint held;
  hw_rank_t rank;
} hw_spin_t;

static inline void hw_spin_init(hw_spin_t *spin, hw_rank_t rank) {
  atomic_init(&spin->held, 0);
  spin->rank = rank;
}

/* Returns with the lock held. */
void hw_spin_wait(hw_spin_t *spin);

static inline void hw_spin_lock(hw_spin_t *spin) {
#ifdef HW_CHECKS
  HW_ASSERT(*hw_lock_ranks_held() < 1u << spin->rank);
  *hw_lock_ranks_held() |= 1u << spin->rank;
#endif
  if (atomic_exchange_explicit(&spin->held, 1, memory_order_acquire) != 0) hw_spin_wait(spin);
}

/* Without waiting: false if somebody holds it. */
static inline bool hw_spin_try(hw_spin_t *spin) {
  if (atomic_exchange_explicit(&spin->held, 1, memory_order_acquire) != 0) return false;
#ifdef HW_CHECKS
  HW_ASSERT(*hw_lock_ranks_held() < 1u << spin->rank);
  *hw_lock_ranks_held() |= 1u << spin->rank;
#endif
  return true;
}

static inline void hw_spin_unlock(hw_spin_t *spin) {
  atomic_store_explicit(&spin->held, 0, memory_order_release);
#ifdef HW_CHECKS
  *hw_lock_ranks_held() &= ~(1u << spin->rank);
#endif
}

/* As hw_lock_fork: together with others of its rank. */
static inline void hw_spin_fork(hw_spin_t *spin, hw_fork_t moment) {
  if (moment != HW_FORK_PREPARE) {
    atomic_store_explicit(&spin->held, 0, memory_order_release);
  } else if (atomic_exchange_explicit(&spin->held, 1, memory_order_acquire) != 0) {
    hw_spin_wait(spin);
  }
}
