/* Random calls through an arena and two caches of it alternately, in every mode, against a naive
 * model (arena_model.h). HW_TEST_DEEP_OPS: how many. */
#include <stdlib.h>

#include "arena_model.h"
#include "harness.h"

#if defined(__SANITIZE_THREAD__)
#define OPS 40000u /* one thread: nothing to see */
#else
#define OPS 150000u
#endif
#define OPS_OF_AN_ARENA 10000u

static model_t model;

static uint64_t ops_wanted(void) {
  const char *given = getenv("HW_TEST_DEEP_OPS");
  return given != NULL ? strtoull(given, NULL, 0) : OPS;
}

static void run(random_source_t *random, uint64_t ops, unsigned misuse_share) {
  choices_t from = {.state = random_next(random) | 1};
  model_begin(&model, from, misuse_share);
  for (uint64_t i = 1; i <= ops; i++) {
    model_step(&model);
    if (i % 512 == 0) model_check(&model);
  }
  model_end(&model);
}

static void random_calls_agree_with_the_model(void **state) {
  (void)state;
  random_source_t random = random_begin();
  uint64_t ops = ops_wanted();
  for (uint64_t done = 0; done < ops; done += OPS_OF_AN_ARENA) run(&random, OPS_OF_AN_ARENA, 0);
}

static void wrong_calls_in_between_change_nothing(void **state) {
  (void)state;
  random_source_t random = random_begin();
  uint64_t ops = ops_wanted() / 4;
  for (uint64_t done = 0; done < ops; done += OPS_OF_AN_ARENA) run(&random, OPS_OF_AN_ARENA, 30);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_calls_agree_with_the_model),
      cmocka_unit_test(wrong_calls_in_between_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
