/* Threads on one heap of chunks: no block is handed out twice, any thread frees any block, and of
 * two frees one is refused. Under the thread sanitizer too: node scripts/test.mjs threads */
#define _DEFAULT_SOURCE /* fork, alarm */

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chunk_fixture.h"
#include "crew.h"

#define THREADS 4u
#define SLOTS 64u

typedef struct held {
  void *ptr;
  hw_layout_t layout;
} held_t;

static hw_allocator_t *heap;
static held_t *_Atomic slots[SLOTS];
static _Atomic bool stop;
static _Atomic uint64_t refused;

static void check_and_free(worker_t *worker, held_t *held) {
  const uint8_t *bytes = held->ptr;
  for (size_t i = 1; i < held->layout.size; i++) EXPECT(worker, bytes[i] == bytes[0]);
  EXPECT_OK(worker, hw_deallocate(heap, held->ptr, held->layout));
  free(held);
}

/* Puts a block into a slot and frees what lay there, whoever put it there. */
static void *exchange(void *argument) {
  worker_t *worker = argument;
  unsigned rounds = crew_rounds(15000);
  for (unsigned i = 0; i < rounds && worker->line == 0; i++) {
    hw_layout_t layout = {1 + crew_random(worker, 3000), (size_t)1 << crew_random(worker, 9)};
    void *ptr = NULL;
    hw_status_t status = hw_chunk_allocate_as(heap, i % 16 == 0 ? worker->index + 1 : 0, layout,
                                              i % 3 == 0 ? HW_ZEROED : 0, &ptr);
    EXPECT(worker, status == HW_OK || status == HW_ERR_OUT_OF_MEMORY);
    held_t *held = NULL;
    if (status == HW_OK) {
      void *grown = ptr;
      hw_layout_t next = {1 + crew_random(worker, 3000), 1};
      memset(ptr, (int)i & 0xFF, layout.size);
      if (i % 4 == 0 && hw_reallocate(heap, ptr, layout, next, 0, &grown) == HW_OK) layout = next;
      memset(grown, (int)i & 0xFF, layout.size);
      held = malloc(sizeof *held);
      *held = (held_t){grown, layout};
    }
    held = atomic_exchange(&slots[crew_random(worker, SLOTS)], held);
    if (held != NULL) check_and_free(worker, held);
  }
  return NULL;
}

static void *observe(void *argument) {
  worker_t *worker = argument;
  hw_stats_t stats;
  size_t longest;
  double percent;
  while (!atomic_load(&stop)) {
    EXPECT_OK(worker, hw_verify(heap, NULL));
    EXPECT_OK(worker, hw_stats(heap, &stats));
    EXPECT_OK(worker, hw_chunk_usage(heap, &percent));
    EXPECT_OK(worker, hw_chunk_largest_free_run(heap, &longest));
    EXPECT(worker, percent >= 0 && percent <= 100 && longest <= 4096);
  }
  return NULL;
}

static void start(worker_t *workers, unsigned count, void *(*body)(void *)) {
  for (unsigned i = 0; i < count; i++) {
    workers[i] = (worker_t){.index = i, .random = i + 1};
    assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
  }
}

static void join(worker_t *workers, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    if (workers[i].line != 0) {
      fail_msg("line %d: %s", workers[i].line, hw_status_name(workers[i].status));
    }
  }
}

static void run_exchange(hw_chunk_fit_t fit) {
  worker_t workers[THREADS], observer[1], last = {.random = 1};
  hw_chunk_options_t options = chunk_options(512, 256);
  options.fit = fit;
  heap = chunk_open(&options);
  atomic_store(&stop, false);
  start(workers, THREADS, exchange);
  start(observer, 1, observe);
  join(workers, THREADS);
  atomic_store(&stop, true);
  join(observer, 1);
  for (size_t i = 0; i < SLOTS; i++) {
    held_t *held = atomic_exchange(&slots[i], NULL);
    if (held != NULL) check_and_free(&last, held);
  }
  assert_int_equal(last.line, 0);
  chunk_close(heap);
}

static void blocks_change_hands_by_next_fit(void **state) {
  (void)state;
  run_exchange(HW_CHUNK_NEXT_FIT);
}

static void blocks_change_hands_by_best_fit(void **state) {
  (void)state;
  run_exchange(HW_CHUNK_BEST_FIT);
}

static held_t common[1000];

static void *free_all(void *argument) {
  (void)argument;
  for (size_t i = 0; i < COUNT_OF(common); i++) {
    hw_status_t status = hw_deallocate(heap, common[i].ptr, common[i].layout);
    if (status == HW_ERR_NOT_LIVE) atomic_fetch_add(&refused, 1);
  }
  return NULL;
}

static void of_frees_in_several_threads_one_is_taken(void **state) {
  (void)state;
  worker_t workers[THREADS];
  heap = chunk_begin(4096, 64);
  for (size_t i = 0; i < COUNT_OF(common); i++) {
    common[i].layout = layout_of(i % 7 * 40, 8);
    common[i].ptr = chunk_take(heap, common[i].layout.size, 8);
  }
  atomic_store(&refused, 0);
  start(workers, THREADS, free_all);
  join(workers, THREADS);
  assert_int_equal(atomic_load(&refused), (THREADS - 1) * COUNT_OF(common));
  assert_int_equal(chunk_stats(heap).deallocations, COUNT_OF(common));
  chunk_close(heap);
}

/* A child that is forked while threads hold and leave the lock goes on with the heap. */
static void children_of_busy_threads_go_on(void **state) {
  (void)state;
#if defined(CREW_TSAN)
  print_message("skipped: the thread sanitizer does not support forks with threads\n");
#else
  worker_t workers[2], child = {.random = 7};
  hw_allocator_t *other = chunk_begin(8, 8);
  heap = chunk_begin(512, 256);
  start(workers, 2, exchange);
  for (unsigned i = 0; i < 50; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      (void)alarm(20);
      void *ptr = NULL;
      EXPECT_OK(&child, hw_verify(heap, NULL));
      EXPECT_OK(&child, hw_allocate(other, layout_of(8, 8), 0, &ptr));
      EXPECT_OK(&child, hw_chunk_reset(heap));
      EXPECT_OK(&child, hw_destroy(heap));
      hw_allocator_t *fresh = NULL;
      EXPECT_OK(&child, hw_create("chunk", NULL, &fresh));
      _exit(child.line != 0);
    }
    int status = 0;
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  join(workers, 2);
  for (size_t i = 0; i < SLOTS; i++) {
    held_t *held = atomic_exchange(&slots[i], NULL);
    if (held != NULL) check_and_free(&child, held);
  }
  chunk_close(heap);
  chunk_close(other);
#endif
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_change_hands_by_next_fit),
      cmocka_unit_test(blocks_change_hands_by_best_fit),
      cmocka_unit_test(of_frees_in_several_threads_one_is_taken),
      cmocka_unit_test(children_of_busy_threads_go_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
