/* Every kind of allocator, and every mode of one, keeps the contract: a new one is one line. */
#include "conformance.h"

#include <stdio.h>

#include "harness.h"

static const subject_t subjects[] = {
    {"system", "system", 0, false},
    {"arena", "arena", 0, false},
    {"arena, exact", "arena", HW_ARENA_EXACT, false},
    {"arena, tracked", "arena", HW_ARENA_TRACKED, false},
    {"arena, exact and tracked", "arena", HW_ARENA_EXACT | HW_ARENA_TRACKED, false},
    {"cache", "arena", 0, true},
    {"cache, exact", "arena", HW_ARENA_EXACT, true},
    {"cache, tracked", "arena", HW_ARENA_TRACKED, true},
    {"cache, exact and tracked", "arena", HW_ARENA_EXACT | HW_ARENA_TRACKED, true},
};

#define CLAUSES_MOST 32u

typedef struct test_case {
  const subject_t *subject;
  const clause_t *clause;
  char name[96];
} test_case_t;

static test_case_t cases[COUNT_OF(subjects) * CLAUSES_MOST];
static struct CMUnitTest tests[COUNT_OF(cases)];

static void run(void **state) {
  const test_case_t *one = *state;
  one->clause->check(one->subject);
}

int main(void) {
  size_t count = 0;
  for (size_t i = 0; i < COUNT_OF(subjects); i++) {
    for (size_t k = 0; k < conformance_clause_count; k++) {
      test_case_t *one = &cases[count];
      one->subject = &subjects[i];
      one->clause = &conformance_clauses[k];
      (void)snprintf(one->name, sizeof one->name, "%s: %s", one->subject->name, one->clause->name);
      tests[count++] = (struct CMUnitTest){one->name, run, NULL, NULL, one};
    }
  }
  return _cmocka_run_group_tests("conformance", tests, count, NULL, NULL);
}
