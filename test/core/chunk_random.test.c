/* Random calls on heaps of all shapes against the model; fuzz_chunk does the same. */
#include "chunk_random.h"

#include <stdlib.h>

#include "harness.h"

static void random_calls_do_what_the_model_says(void **state) {
  (void)state;
  static chunk_model_t model;
  random_source_t random = random_begin();
  unsigned rounds = getenv("HW_TEST_DEEP") != NULL ? 4000 : 150;
  for (unsigned i = 0; i < rounds; i++) {
    choices_t from = {.bytes = NULL, .left = SIZE_MAX, .state = random_next(&random) | 1};
    chunk_random_run(&model, &from, &(chunk_random_t){.steps = 600, .large_in = 2});
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_calls_do_what_the_model_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
