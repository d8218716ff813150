/* Four threads share one account, and one system allocator, under a limit that they keep hitting.
 * Under the thread sanitizer too: node scripts/test.mjs threads */
#include "allocator/account.h"

#include <pthread.h>
#include <string.h>

#include "harness.h"

#define THREADS 4
#define ROUNDS 50000
#define LIMIT 1000
#define MOST_BYTES 600 /* any two threads' largest charges pass the limit together */

typedef struct worker {
  pthread_t thread;
  hw_account_t *account;
  hw_allocator_t *allocator;
  _Atomic uint64_t *held; /* by all threads, as they see it */
  uint64_t opened, refused;
  unsigned seed;
  bool passed_limit, contents_changed;
} worker_t;

/* Threads return what they saw; only the main thread may assert. */
static void run_all(worker_t *workers, void *(*body)(void *)) {
  for (unsigned i = 0; i < THREADS; i++) {
    workers[i].seed = i + 1;
    assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++) assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
}

static size_t next_size(worker_t *worker) {
  worker->seed = worker->seed * 1664525u + 1013904223u;
  return (worker->seed >> 8) % (MOST_BYTES + 1);
}

/* `held` grows after the charge and shrinks before the close, so it never exceeds what is charged:
 * a sum above the limit proves a charge that should have been refused. */
static void note_held(worker_t *worker, size_t bytes) {
  if (atomic_fetch_add(worker->held, bytes) + bytes > LIMIT) worker->passed_limit = true;
}

static void *charge_and_close(void *argument) {
  worker_t *worker = argument;
  for (int i = 0; i < ROUNDS; i++) {
    size_t bytes = next_size(worker);
    if (hw_account_charge(worker->account, bytes) != HW_OK) {
      worker->refused++;
      continue;
    }
    hw_account_open(worker->account);
    worker->opened++;
    note_held(worker, bytes);
    atomic_fetch_sub(worker->held, bytes);
    hw_account_close(worker->account, bytes);
  }
  return NULL;
}

static void threads_together_never_pass_the_limit(void **state) {
  (void)state;
  hw_account_t account;
  hw_account_init(&account, LIMIT);
  _Atomic uint64_t held = 0;
  worker_t workers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (worker_t){.account = &account, .held = &held};
  }
  run_all(workers, charge_and_close);

  uint64_t opened = 0, refused = 0;
  for (int i = 0; i < THREADS; i++) {
    assert_false(workers[i].passed_limit);
    opened += workers[i].opened;
    refused += workers[i].refused;
  }
  hw_stats_t stats;
  hw_account_stats(&account, &stats);
  assert_int_equal(opened + refused, THREADS * ROUNDS);
  assert_int_equal(stats.allocations, opened);
  assert_int_equal(stats.deallocations, opened);
  assert_int_equal(stats.failures, refused);
  assert_int_equal(stats.live_bytes, 0);
  assert_int_equal(stats.live_blocks, 0);
  assert_in_range(stats.peak_bytes, MOST_BYTES / 2, LIMIT);
  const char *broken = NULL;
  assert_ok(hw_account_verify(&account, &broken));
}

static void *allocate_and_free(void *argument) {
  worker_t *worker = argument;
  for (int i = 0; i < ROUNDS / 10; i++) {
    hw_layout_t layout = layout_of(next_size(worker), (size_t)1 << (worker->seed >> 29));
    void *block = NULL;
    if (hw_allocate(worker->allocator, layout, 0, &block) != HW_OK) {
      worker->refused++;
      continue;
    }
    worker->opened++;
    note_held(worker, layout.size);
    fill_pattern(block, layout.size, worker->seed);
    if (!has_pattern(block, layout.size, worker->seed)) worker->contents_changed = true;
    atomic_fetch_sub(worker->held, layout.size);
    if (hw_deallocate(worker->allocator, block, layout) != HW_OK) worker->contents_changed = true;
  }
  return NULL;
}

static void threads_share_a_system_allocator(void **state) {
  (void)state;
  const hw_config_t config = {.limit = LIMIT};
  hw_allocator_t *allocator = NULL;
  assert_ok(hw_create("system", &config, &allocator));
  _Atomic uint64_t held = 0;
  worker_t workers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (worker_t){.allocator = allocator, .held = &held};
  }
  run_all(workers, allocate_and_free);

  uint64_t opened = 0;
  for (int i = 0; i < THREADS; i++) {
    assert_false(workers[i].passed_limit);
    assert_false(workers[i].contents_changed);
    opened += workers[i].opened;
  }
  hw_stats_t stats;
  assert_ok(hw_stats(allocator, &stats));
  assert_int_equal(stats.allocations, opened);
  assert_int_equal(stats.deallocations, opened);
  assert_int_equal(stats.live_bytes, 0);
  assert_ok(hw_verify(allocator, NULL));
  assert_ok(hw_destroy(allocator));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_together_never_pass_the_limit),
      cmocka_unit_test(threads_share_a_system_allocator),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
