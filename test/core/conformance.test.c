/* Every kind of allocator, and every mode of one, keeps the contract: a new one is one line. */
#include "conformance.h"

#include <stdio.h>

#include "harness.h"

#define HEAP_BYTES ((size_t)16 << 20)
#define CHUNKS(size, fit) {HEAP_BYTES / (size), size, fit, NULL, 0, NULL, 0}

static _Alignas(1 << 20) uint8_t region[HEAP_BYTES];
static uint64_t bitmap[HEAP_BYTES / 256 / 64];

static const hw_chunk_options_t chunks_of_256 = CHUNKS(256, HW_CHUNK_NEXT_FIT);
static const hw_chunk_options_t chunks_of_8 = CHUNKS(8, HW_CHUNK_NEXT_FIT);
static const hw_chunk_options_t best_of_512 = CHUNKS(512, HW_CHUNK_BEST_FIT);
static const hw_chunk_options_t chunks_over = {
    0, 256, HW_CHUNK_NEXT_FIT, region, sizeof region, bitmap, sizeof bitmap};

static const subject_t subjects[] = {
    {"system", "system", 0, false, NULL},
    {"arena", "arena", 0, false, NULL},
    {"arena, exact", "arena", HW_ARENA_EXACT, false, NULL},
    {"arena, tracked", "arena", HW_ARENA_TRACKED, false, NULL},
    {"arena, exact and tracked", "arena", HW_ARENA_EXACT | HW_ARENA_TRACKED, false, NULL},
    {"cache", "arena", 0, true, NULL},
    {"cache, exact", "arena", HW_ARENA_EXACT, true, NULL},
    {"cache, tracked", "arena", HW_ARENA_TRACKED, true, NULL},
    {"cache, exact and tracked", "arena", HW_ARENA_EXACT | HW_ARENA_TRACKED, true, NULL},
    {"chunk of 256", "chunk", 0, false, &chunks_of_256},
    {"chunk of 8", "chunk", 0, false, &chunks_of_8},
    {"chunk of 512, best fit", "chunk", 0, false, &best_of_512},
    {"chunk over a region", "chunk", 0, false, &chunks_over},
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
