/* Children that are forked while threads make, join and leave shares of chunks. */
#define _DEFAULT_SOURCE /* fork, alarm */

#include <sys/wait.h>
#include <unistd.h>

#include "binding/chunk_share.h"
#include "crew.h"
#include "harness.h"

/* The malloc of a sanitizer has locks of its own that it does not hold over fork. */
#if !defined(CREW_TSAN) && !defined(__SANITIZE_ADDRESS__)
#define CHUNK 64
#define FORKS 50u

static _Alignas(4096) uint8_t memory[2][64 * CHUNK];
static const char ids[2][HW_SHARE_ID_LENGTH + 1] = {"0123456789abcdef0123456789abcdef",
                                                    "1123456789abcdef0123456789abcdef"};
static _Atomic bool stop;

/* Each over memory of its own. */
static hw_code_t come_and_go(unsigned at) {
  hw_chunk_options_t options = HW_CHUNK_OPTIONS;
  options.region = memory[at];
  options.region_size = sizeof memory[at];
  options.chunk_size = CHUNK;
  hw_member_t *first = NULL, *second = NULL;
  uint64_t handle = 0, offset = 0;
  size_t blocks = 0;
  hw_code_t code = hw_share_create(&options, ids[at], 7, &first);
  if (code != HW_CODE_OK) return code;
  code = hw_share_join(ids[at], memory[at], sizeof memory[at], &second);
  if (code == HW_CODE_OK) {
    uint32_t number = second->number;
    code = hw_share_allocate(second, (hw_layout_t){100, 1}, &handle, &offset);
    hw_share_leave(second);
    if (code == HW_CODE_OK) code = hw_share_reclaim(first, number, &blocks);
  }
  hw_share_leave(first);
  return code == HW_CODE_OK && blocks != 1 ? HW_CODE_CORRUPTED : code;
}

static void *come_and_go_on(void *argument) {
  worker_t *worker = argument;
  while (!stop) EXPECT(worker, come_and_go(0) == HW_CODE_OK);
  return NULL;
}

static void children_of_busy_threads_make_shares(void **state) {
  (void)state;
  worker_t worker = {.line = 0};
  assert_int_equal(pthread_create(&worker.thread, NULL, come_and_go_on, &worker), 0);
  for (unsigned i = 0; i < FORKS; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      (void)alarm(10);
      _exit(come_and_go(1) != HW_CODE_OK);
    }
    int status = 0;
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  stop = true;
  assert_int_equal(pthread_join(worker.thread, NULL), 0);
  assert_int_equal(worker.line, 0);
}
#else
static void children_of_busy_threads_make_shares(void **state) {
  (void)state;
  print_message("skipped: sanitizers do not support forks with threads\n");
  skip();
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(children_of_busy_threads_make_shares),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
