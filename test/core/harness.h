/* What every C test uses: cmocka, layouts in one word, patterned contents, random numbers with a
 * printed seed, and a look at what faults. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "heapwright.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

#define assert_status(expected, actual) \
  assert_string_equal(hw_status_name(expected), hw_status_name(actual))
#define assert_ok(actual) assert_status(HW_OK, actual)

static inline hw_layout_t layout_of(size_t size, size_t align) {
  return (hw_layout_t){size, align};
}

/* Bytes that depend on the seed and on their place, so that a shifted copy is seen as well. */
void fill_pattern(void *ptr, size_t size, uint64_t seed);
bool has_pattern(const void *ptr, size_t size, uint64_t seed);
bool is_zero(const void *ptr, size_t size);

/* Numbers that follow from one seed: HW_TEST_SEED, or the clock. Prints it. */
typedef struct random_source {
  uint64_t state;
} random_source_t;

random_source_t random_begin(void);
uint64_t random_next(random_source_t *source);
/* 0 <= result < bound */
size_t random_below(random_source_t *source, size_t bound);

/* Whether one byte's access ends a process with a segmentation fault; asked in a forked child. */
bool read_faults(const void *address);
bool write_faults(void *address);
