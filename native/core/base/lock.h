/* Locks with ranks: a thread that holds a lock may take only locks of a higher rank, so no two
 * threads can wait for each other. Checked in test builds (HW_CHECKS). Idea: jemalloc's witness. */
#pragma once

#include <pthread.h>
#include <sched.h>

#include "base/check.h"

typedef enum hw_rank {
  HW_RANK_MEMBERS = 1, /* the owners of a space */
  HW_RANK_CACHES,      /* an arena's list of caches */
  HW_RANK_BIN,         /* one size class: slabs and depot */
  HW_RANK_PAGES,       /* an arena's page runs */
  HW_RANK_SPACE,       /* segments of address space */
  HW_RANK_HEAPS,       /* a list of heaps, for forks */
  HW_RANK_CHUNK,       /* one heap of chunks */
} hw_rank_t;

typedef struct hw_lock {
  pthread_mutex_t mutex;
  hw_rank_t rank;
} hw_lock_t;

#ifdef HW_CHECKS
/* One bit for each rank the thread holds. */
unsigned *hw_lock_ranks_held(void);
#endif

static inline void hw_lock_init(hw_lock_t *lock, hw_rank_t rank) {
  /* Fails only for lack of memory, which a default mutex does not need. */
  int failed = pthread_mutex_init(&lock->mutex, NULL);
  HW_ASSERT(failed == 0);
  (void)failed;
  lock->rank = rank;
}

static inline void hw_lock(hw_lock_t *lock) {
#ifdef HW_CHECKS
  HW_ASSERT(*hw_lock_ranks_held() < 1u << lock->rank);
  *hw_lock_ranks_held() |= 1u << lock->rank;
#endif
  pthread_mutex_lock(&lock->mutex);
}

static inline void hw_unlock(hw_lock_t *lock) {
  pthread_mutex_unlock(&lock->mutex);
#ifdef HW_CHECKS
  *hw_lock_ranks_held() &= ~(1u << lock->rank);
#endif
}

/* Lets other threads have the lock for a moment. */
static inline void hw_lock_pause(hw_lock_t *lock) {
  hw_unlock(lock);
  sched_yield();
  hw_lock(lock);
}

/* The order in which rooms register for forks, as priorities of constructors. Who comes later is
 * called earlier before a fork: locks that are taken first come last. */
#define HW_FORK_ORDER_CORE 101
#define HW_FORK_ORDER_BINDING 102

/* The three moments of fork(2), for a lock that is held over it together with others of its rank.
 * In the child the lock may be that of a thread that is gone. */
typedef enum hw_fork { HW_FORK_PREPARE = 0, HW_FORK_PARENT, HW_FORK_CHILD } hw_fork_t;

static inline void hw_lock_fork(hw_lock_t *lock, hw_fork_t moment) {
  if (moment == HW_FORK_PREPARE) {
    pthread_mutex_lock(&lock->mutex);
  } else if (moment == HW_FORK_PARENT) {
    pthread_mutex_unlock(&lock->mutex);
  } else {
    hw_lock_init(lock, lock->rank);
  }
}
