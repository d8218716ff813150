/* Bytes become calls on a heap of chunks of some shape, right and wrong ones, checked against a
 * naive model: one array that says whose each chunk is. */
#include "fuzz.h"

#include "chunk_random.h"

#define STEPS_MOST 1000u

static chunk_model_t model;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  choices_t from = {.bytes = data, .left = size};
  chunk_random_run(&model, &from, STEPS_MOST);
  return 0;
}
