#include "base/bitmap.h"

#include <string.h>

#include "harness.h"

#define WORDS 5
#define BITS ((size_t)64 * WORDS)

/* The same as a boolean a bit. */
typedef struct model {
  bool bits[BITS];
} model_t;

static void load(const model_t *model, uint64_t map[WORDS]) {
  memset(map, 0, WORDS * sizeof map[0]);
  for (size_t i = 0; i < BITS; i++) {
    if (model->bits[i]) hw_bit_set(map, i);
  }
}

static void assert_same(const model_t *model, const uint64_t map[WORDS]) {
  for (size_t i = 0; i < BITS; i++) assert_int_equal(hw_bit_test(map, i), model->bits[i]);
}

static model_t random_model(random_source_t *source) {
  model_t model;
  /* From nearly empty over mixed to nearly full. */
  size_t density = random_below(source, 5);
  for (size_t i = 0; i < BITS; i++) model.bits[i] = random_below(source, 4) < density;
  return model;
}

static size_t first_of(const model_t *model, bool value, size_t from, size_t end) {
  while (from < end && model->bits[from] != value) from++;
  return from;
}

static size_t last_set_of(const model_t *model, size_t begin, size_t from) {
  for (size_t i = from + 1; i-- > begin;) {
    if (model->bits[i]) return i;
  }
  return HW_NO_BIT;
}

static void one_bit_is_set_tested_and_cleared(void **state) {
  (void)state;
  uint64_t map[WORDS] = {0};
  for (size_t i = 0; i < BITS; i++) {
    hw_bit_set(map, i);
    assert_true(hw_bit_test(map, i));
    assert_int_equal(hw_bits_count(map, 0, BITS), 1);
    hw_bit_clear(map, i);
    assert_false(hw_bit_test(map, i));
  }
}

static void a_range_is_set_and_cleared_and_nothing_beside_it(void **state) {
  (void)state;
  random_source_t source = random_begin();
  for (unsigned round = 0; round < 2000; round++) {
    model_t model = random_model(&source);
    uint64_t map[WORDS];
    load(&model, map);
    size_t from = random_below(&source, BITS + 1);
    size_t end = from + random_below(&source, BITS + 1 - from);
    bool value = random_below(&source, 2) == 0;
    for (size_t i = from; i < end; i++) model.bits[i] = value;
    if (value) {
      hw_bits_set(map, from, end);
    } else {
      hw_bits_clear(map, from, end);
    }
    assert_same(&model, map);
  }
}

static void ranges_are_counted_and_searched_as_one_bit_after_the_other_would_be(void **state) {
  (void)state;
  random_source_t source = random_begin();
  for (unsigned round = 0; round < 5000; round++) {
    model_t model = random_model(&source);
    uint64_t map[WORDS];
    load(&model, map);
    size_t from = random_below(&source, BITS);
    size_t end = from + random_below(&source, BITS + 1 - from);
    size_t count = 0;
    for (size_t i = from; i < end; i++) count += model.bits[i];
    assert_int_equal(hw_bits_count(map, from, end), count);
    assert_int_equal(hw_bits_next_set(map, from, end), first_of(&model, true, from, end));
    assert_int_equal(hw_bits_next_clear(map, from, end), first_of(&model, false, from, end));
    size_t begin = random_below(&source, from + 1);
    assert_true(hw_bits_last_set(map, begin, from) == last_set_of(&model, begin, from));
  }
}

static void an_empty_range_has_nothing(void **state) {
  (void)state;
  const uint64_t full[WORDS] = {~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0,
                                ~(uint64_t)0};
  for (size_t at = 0; at <= BITS; at++) {
    assert_int_equal(hw_bits_count(full, at, at), 0);
    assert_int_equal(hw_bits_next_set(full, at, at), at);
    assert_int_equal(hw_bits_next_clear(full, at, at), at);
  }
}

static void a_search_stops_at_the_end_though_bits_follow(void **state) {
  (void)state;
  uint64_t map[WORDS] = {0};
  hw_bit_set(map, 100);
  assert_int_equal(hw_bits_next_set(map, 0, 100), 100);
  assert_int_equal(hw_bits_next_set(map, 0, 90), 90);
  assert_true(hw_bits_last_set(map, 101, 200) == HW_NO_BIT);
  assert_int_equal(hw_bits_last_set(map, 100, 200), 100);
}

static void the_bits_of_a_word_are_numbered_from_the_lowest(void **state) {
  (void)state;
  for (unsigned i = 0; i < 64; i++) {
    assert_int_equal(hw_lowest_bit((uint64_t)1 << i), i);
    assert_int_equal(hw_highest_bit((uint64_t)1 << i), i);
    assert_int_equal(hw_lowest_bit(~(uint64_t)0 << i), i);
    assert_int_equal(hw_highest_bit(~(uint64_t)0 >> i), 63 - i);
    assert_int_equal(hw_count_bits(~(uint64_t)0 >> i), 64 - i);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_bit_is_set_tested_and_cleared),
      cmocka_unit_test(a_range_is_set_and_cleared_and_nothing_beside_it),
      cmocka_unit_test(ranges_are_counted_and_searched_as_one_bit_after_the_other_would_be),
      cmocka_unit_test(an_empty_range_has_nothing),
      cmocka_unit_test(a_search_stops_at_the_end_though_bits_follow),
      cmocka_unit_test(the_bits_of_a_word_are_numbered_from_the_lowest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
