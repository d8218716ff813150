/* Threads that allocate: blocks that carry their own size and pattern, so that any thread can check
 * and free them, and slots through which they change hands. Threads note what is wrong; only the
 * main thread asserts. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heapwright.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CREW_TSAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CREW_TSAN 1
#endif

#define CREW_MOST 10u
#define CREW_SLOTS 512u

/* What a block begins with; the pattern follows. */
typedef struct crew_block {
  size_t size;
  uint64_t seed;
} crew_block_t;

typedef struct crew crew_t;

typedef struct worker {
  pthread_t thread;
  crew_t *crew;
  unsigned index;
  uint64_t random;
  hw_allocator_t *cache; /* its own, while it runs */
  int line; /* of the first thing that was wrong, or 0 */
  hw_status_t status;
} worker_t;

struct crew {
  hw_allocator_t *arena;
  worker_t workers[CREW_MOST];
  crew_block_t *_Atomic slots[CREW_SLOTS];
  _Atomic uint64_t held; /* bytes that the threads hold, counted inside their charges */
  _Atomic bool stop;
  unsigned rounds;
  size_t most; /* bytes of a block */
  void *context;
};

#define EXPECT(worker, condition)                                       \
  do {                                                                  \
    if (!(condition) && (worker)->line == 0) (worker)->line = __LINE__; \
  } while (0)
#define EXPECT_OK(worker, call)                        \
  do {                                                 \
    hw_status_t crew_status = (call);                  \
    if (crew_status != HW_OK && (worker)->line == 0) { \
      (worker)->line = __LINE__;                       \
      (worker)->status = crew_status;                  \
    }                                                  \
  } while (0)

/* `count`, or less under the thread sanitizer, or 20 times more with HW_TEST_DEEP. */
unsigned crew_rounds(unsigned count);

/* An arena with these flags and a crew for it. */
void crew_begin(crew_t *crew, const hw_config_t *config);
/* Frees what lies in slots. Nothing must be left: statistics, verify, destroy. */
void crew_end(crew_t *crew);

/* Starts worker `index` / waits for `count` of them and asserts that nothing was wrong. */
void crew_start(crew_t *crew, unsigned index, void *(*body)(void *));
void crew_join(crew_t *crew, unsigned first, unsigned end);

size_t crew_random(worker_t *worker, size_t bound);
/* A new block with its pattern, or NULL. Sometimes zeroed, which is checked. */
crew_block_t *crew_allocate(worker_t *worker, hw_allocator_t *through, size_t size,
                            hw_status_t *status);
crew_block_t *crew_reallocate(worker_t *worker, hw_allocator_t *through, crew_block_t *block,
                              size_t size);
/* Checks it and frees it. */
void crew_free(worker_t *worker, hw_allocator_t *through, crew_block_t *block);
/* Sizes as programs have them, up to the crew's most. */
size_t crew_size(worker_t *worker);
static inline hw_layout_t crew_layout(const crew_block_t *block) {
  return (hw_layout_t){block->size, 16};
}

/* Bodies: allocates, changes, hands over and frees blocks for the crew's rounds or until `stop`,
 * through a cache of its own and now and then the arena. */
void *crew_mix(void *worker);
/* Until `stop`: verify, statistics, the map; and whose the blocks in slots are. */
void *crew_observe(void *worker);
/* Until `stop`: tick and purge. */
void *crew_purge(void *worker);
