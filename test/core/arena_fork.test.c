/* Forks while threads use arenas: the child goes on with the arena, a new cache and the blocks it
 * inherited, and does not hang. Not under the thread sanitizer, which does not support it. */
#define _DEFAULT_SOURCE /* fork, alarm */

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crew.h"
#include "harness.h"

#define WORKERS 3u
#define INHERITED 64u
#define CHILD_SECONDS 20

static crew_t crew, other;
static crew_block_t *inherited[INHERITED];

static void use(worker_t *worker, crew_t *of) {
  hw_allocator_t *cache = NULL;
  EXPECT_OK(worker, hw_cache_open(of->arena, &cache));
  for (unsigned i = 0; i < 300 && worker->line == 0; i++) {
    hw_allocator_t *through = i % 3 == 0 ? of->arena : cache;
    hw_status_t status = HW_OK;
    crew_block_t *block = crew_allocate(worker, through, crew_size(worker), &status);
    EXPECT_OK(worker, status);
    if (block == NULL) break;
    block = crew_reallocate(worker, cache, block, crew_size(worker));
    crew_free(worker, i % 2 == 0 ? of->arena : cache, block);
  }
  EXPECT_OK(worker, hw_verify(cache, NULL));
  EXPECT_OK(worker, hw_destroy(cache));
}

/* Answers the line of what went wrong, or 0. */
static int live_as_child(void) {
  worker_t child = {.crew = &crew, .random = (uint64_t)getpid()};
  (void)alarm(CHILD_SECONDS);
  EXPECT_OK(&child, hw_verify(crew.arena, NULL));
  for (size_t i = 0; i < INHERITED; i++) crew_free(&child, crew.arena, inherited[i]);
  use(&child, &crew);
  use(&child, &other);
  EXPECT_OK(&child, hw_arena_purge(crew.arena));
  hw_stats_t stats;
  EXPECT_OK(&child, hw_stats(crew.arena, &stats));
  hw_allocator_t *fresh = NULL;
  EXPECT_OK(&child, hw_create("arena", NULL, &fresh));
  EXPECT_OK(&child, hw_destroy(fresh));
  EXPECT_OK(&child, hw_verify(crew.arena, NULL));
  EXPECT_OK(&child, hw_verify(other.arena, NULL));
  return child.line;
}

/* The child's exit status must be a byte: which line it was is printed. */
static void fork_once(void) {
  pid_t child = fork();
  if (child == 0) {
    int line = live_as_child();
    if (line != 0) dprintf(STDERR_FILENO, "child: line %d\n", line);
    _exit(line != 0);
  }
  assert_true(child > 0);
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status)); /* else it hung, or crashed */
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void children_of_busy_threads_go_on(void **state) {
  (void)state;
#if defined(CREW_TSAN)
  print_message("skipped: the thread sanitizer does not support forks with threads\n");
  skip();
#endif
  const hw_config_t config = {.limit = HW_NO_LIMIT};
  crew_begin(&crew, &config);
  crew_begin(&other, &config);
  worker_t main_thread = {.crew = &crew, .random = 1};
  for (size_t i = 0; i < INHERITED; i++) {
    hw_status_t status = HW_OK;
    inherited[i] = crew_allocate(&main_thread, crew.arena, crew_size(&main_thread), &status);
    assert_ok(status);
  }
  crew.rounds = other.rounds = UINT32_MAX;
  crew.most = other.most = 700000;
  for (unsigned i = 0; i < WORKERS; i++) crew_start(&crew, i, crew_mix);
  crew_start(&crew, WORKERS, crew_observe);
  crew_start(&crew, WORKERS + 1, crew_purge);
  crew_start(&other, 0, crew_mix);
  unsigned forks = crew_rounds(20); /* deep: 400 */
  for (unsigned i = 0; i < forks; i++) {
    fork_once();
    use(&main_thread, &crew);
  }
  atomic_store(&crew.stop, true);
  atomic_store(&other.stop, true);
  crew_join(&crew, 0, WORKERS + 2);
  crew_join(&other, 0, 1);
  for (size_t i = 0; i < INHERITED; i++) crew_free(&main_thread, crew.arena, inherited[i]);
  assert_int_equal(main_thread.line, 0);
  crew_end(&crew);
  crew_end(&other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(children_of_busy_threads_go_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
