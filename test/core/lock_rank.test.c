/* A thread takes locks in the order of their ranks only, or HW_CHECKS ends the process. */
#define _DEFAULT_SOURCE /* fork, alarm */

#include "base/lock.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define CHILD_SECONDS 20

static void take_pages_then_bin(void) {
  hw_lock_t pages, bin;
  hw_lock_init(&pages, HW_RANK_PAGES);
  hw_lock_init(&bin, HW_RANK_BIN);
  hw_lock(&pages);
  hw_lock(&bin);
}

static void take_one_rank_twice(void) {
  hw_lock_t one, two;
  hw_lock_init(&one, HW_RANK_BIN);
  hw_lock_init(&two, HW_RANK_BIN);
  hw_lock(&one);
  hw_lock(&two);
}

static void take_in_order(void) {
  hw_lock_t locks[HW_RANK_SPACE + 1];
  for (unsigned rank = HW_RANK_MEMBERS; rank <= HW_RANK_SPACE; rank++) {
    hw_lock_init(&locks[rank], (hw_rank_t)rank);
    hw_lock(&locks[rank]);
  }
  for (unsigned rank = HW_RANK_MEMBERS; rank <= HW_RANK_SPACE; rank++) hw_unlock(&locks[rank]);
  hw_lock(&locks[HW_RANK_MEMBERS]);
  hw_unlock(&locks[HW_RANK_MEMBERS]);
}

static bool aborts(void (*body)(void)) {
  (void)fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGABRT, SIG_DFL);
    (void)freopen("/dev/null", "w", stderr);
    (void)alarm(CHILD_SECONDS);
    body();
    _exit(0);
  }
  int status = 0;
  assert_true(child > 0 && waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void locks_out_of_order_abort(void **state) {
  (void)state;
  assert_true(aborts(take_pages_then_bin));
  assert_true(aborts(take_one_rank_twice));
  assert_false(aborts(take_in_order));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(locks_out_of_order_abort)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
