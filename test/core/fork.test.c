/* A forked child has one thread and a copy of every lock, held or not: whoever takes a lock of the
 * core in it may wait for ever. */
#define _DEFAULT_SOURCE /* fork, alarm */

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define THREADS 4
#define FORKS 100
#define SECONDS 10 /* after which a child that waits is ended */

static hw_allocator_t *system_allocator;
static atomic_bool stop;
static pthread_t threads[THREADS];
static int started; /* of the threads */

/* Blocks of every way that System has. False: not all of them came as they have to be. */
static bool allocate_and_free(void) {
  static const hw_layout_t layouts[] = {{1, 1}, {100, 8}, {100, 64}, {5000, 4096}, {100000, 16}};
  for (size_t i = 0; i < COUNT_OF(layouts); i++) {
    void *block = NULL;
    if (hw_allocate(system_allocator, layouts[i], HW_ZEROED, &block) != HW_OK) return false;
    bool zeroed = is_zero(block, layouts[i].size);
    memset(block, 0xA5, layouts[i].size);
    hw_status_t status = hw_deallocate(system_allocator, block, layouts[i]);
    if (!zeroed || status != HW_OK) return false;
  }
  return true;
}

/* Its answer is `context`, if every block came as it has to be. */
static void *keep_busy(void *context) {
  while (!atomic_load(&stop)) {
    if (!allocate_and_free()) return NULL;
  }
  return context;
}

static bool stop_all(void) {
  bool content = true;
  atomic_store(&stop, true);
  for (; started > 0; started--) {
    void *answer = NULL;
    content = pthread_join(threads[started - 1], &answer) == 0 && answer == &stop && content;
  }
  return content;
}

/* In the child nothing of cmocka may run. */
static void allocate_in_the_child(void) {
  (void)signal(SIGALRM, SIG_DFL);
  (void)alarm(SECONDS);
  bool all = true;
  for (int i = 0; i < 20; i++) all = allocate_and_free() && all;
  _exit(all ? 0 : 1);
}

static void fork_and_wait(void) {
  pid_t child = fork();
  if (child == 0) allocate_in_the_child();
  int status = 0;
  assert_true(child > 0 && waitpid(child, &status, 0) == child);
  assert_true(WIFEXITED(status)); /* else it waited, and was ended */
  assert_int_equal(WEXITSTATUS(status), 0);
}

static int create(void **state) {
  (void)state;
  atomic_store(&stop, false);
  return hw_create("system", NULL, &system_allocator) == HW_OK ? 0 : 1;
}

static int destroy(void **state) {
  (void)state;
  (void)stop_all(); /* also those of a test that failed */
  return hw_destroy(system_allocator) == HW_OK ? 0 : 1;
}

static void a_child_allocates_and_frees(void **state) {
  (void)state;
  fork_and_wait();
  assert_true(allocate_and_free());
}

static void a_child_of_a_busy_process_allocates_at_once(void **state) {
  (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  skip(); /* the malloc of a sanitizer has locks of its own that it does not hold over fork */
#endif
  for (; started < THREADS; started++) {
    assert_int_equal(pthread_create(&threads[started], NULL, keep_busy, &stop), 0);
  }
  for (int i = 0; i < FORKS; i++) fork_and_wait();
  assert_true(stop_all());
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_child_allocates_and_frees, create, destroy),
      cmocka_unit_test_setup_teardown(a_child_of_a_busy_process_allocates_at_once, create, destroy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
