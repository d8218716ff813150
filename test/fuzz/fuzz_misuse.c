/* As fuzz_ops, but most calls are wrong (stale, interior and foreign pointers, wrong layouts) on an
 * arena whose frees are exact. Each is refused with its status, and nothing changes. */
#include "fuzz.h"

#include "arena_model.h"

#define STEPS_MOST 2000u

static model_t model;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  model_begin(&model, (choices_t){.bytes = data, .left = size}, 60);
  while (model.from.left > 0 && model.steps < STEPS_MOST) {
    model_step(&model);
    if (model.steps % 32 == 0) model_check(&model);
  }
  model_end(&model);
  return 0;
}
