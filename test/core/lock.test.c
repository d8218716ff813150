#define _DEFAULT_SOURCE /* fork */

#include "base/lock.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static void take_in_order(hw_rank_t first, hw_rank_t second) {
  hw_lock_t a, b;
  hw_lock_init(&a, first);
  hw_lock_init(&b, second);
  hw_lock(&a);
  hw_lock(&b);
  hw_unlock(&b);
  hw_unlock(&a);
}

/* Whether a process that takes the two in this order is ended by the check. */
static bool aborts(hw_rank_t first, hw_rank_t second) {
  pid_t child = fork();
  if (child == 0) {
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGABRT, SIG_DFL);
    (void)freopen("/dev/null", "w", stderr);
    take_in_order(first, second);
    _exit(0);
  }
  int status = 0;
  assert_true(child > 0 && waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void locks_are_taken_by_rising_rank(void **state) {
  (void)state;
  for (hw_rank_t first = HW_RANK_MEMBERS; first <= HW_RANK_SPACE; first++) {
    for (hw_rank_t second = first + 1; second <= HW_RANK_SPACE; second++) {
      take_in_order(first, second);
    }
  }
}

static void a_lower_or_equal_rank_inside_a_higher_is_found_out(void **state) {
  (void)state;
  assert_true(aborts(HW_RANK_PAGES, HW_RANK_BIN));
  assert_true(aborts(HW_RANK_SPACE, HW_RANK_MEMBERS));
  assert_true(aborts(HW_RANK_BIN, HW_RANK_BIN));
}

static void a_lock_held_over_a_fork_is_free_in_parent_and_child(void **state) {
  (void)state;
  hw_lock_t lock;
  hw_lock_init(&lock, HW_RANK_BIN);
  hw_lock_fork(&lock, HW_FORK_PREPARE);
  pid_t child = fork();
  hw_lock_fork(&lock, child == 0 ? HW_FORK_CHILD : HW_FORK_PARENT);
  hw_lock(&lock);
  hw_unlock(&lock);
  if (child == 0) _exit(0);
  int status = 0;
  assert_true(child > 0 && waitpid(child, &status, 0) == child);
  assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(locks_are_taken_by_rising_rank),
      cmocka_unit_test(a_lower_or_equal_rank_inside_a_higher_is_found_out),
      cmocka_unit_test(a_lock_held_over_a_fork_is_free_in_parent_and_child),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
