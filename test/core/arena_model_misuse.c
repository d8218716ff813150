/* Wrong calls on an exact arena: each is refused with the status that says why. That nothing
 * changed is seen by contents, sums and verify, which the model looks at anyway. */
#include "arena_model.h"
#include "base/align.h"

typedef struct wrong {
  uint8_t *ptr;
  hw_layout_t layout;
  hw_status_t status;
  bool may_be_foreign;
} wrong_t;

/* The live block that `ptr` lies in, or NULL. */
static const model_block_t *block_around(const model_t *model, const uint8_t *ptr) {
  for (size_t i = 0; i < model->count; i++) {
    if ((size_t)(ptr - model->blocks[i].ptr) < model->blocks[i].usable) return &model->blocks[i];
  }
  return NULL;
}

static void call(model_t *model, const wrong_t *wrong) {
  hw_allocator_t *through = model_any(model);
  hw_layout_t next = model_layout(model);
  void *out = NULL;
  hw_status_t status = HW_OK;
  switch (choose(&model->from, 8)) {
    case 0: status = hw_reallocate(through, wrong->ptr, wrong->layout, next, 0, &out); break;
    case 1: status = hw_reallocate_in_place(through, wrong->ptr, wrong->layout, next); break;
    case 2: status = hw_retire(through, wrong->ptr, wrong->layout); break;
    default: status = hw_deallocate(through, wrong->ptr, wrong->layout); break;
  }
  bool is_foreign = wrong->may_be_foreign && status == HW_ERR_NOT_OWNED;
  if (!is_foreign) REQUIRE_STATUS(model, wrong->status, status);
  REQUIRE(model, out == NULL);
}

/* A layout that lives elsewhere than this block's. */
static bool choose_other_layout(model_t *model, hw_layout_t *layout) {
  hw_layout_t other = model_layout(model);
  bool differs = hw_usable_size(model->arena, other) != hw_usable_size(model->arena, *layout);
  *layout = other;
  return differs;
}

static bool choose_wrong_pointer(model_t *model, const model_block_t *block, wrong_t *wrong) {
  static uint8_t foreign[64];
  switch (choose(&model->from, 4)) {
    case 0: /* freed before */
      if (model->nstale == 0) return false;
      block = &model->stale[choose(&model->from, hw_min(model->nstale, MODEL_STALE))];
      *wrong = (wrong_t){block->ptr, block->layout, HW_ERR_NOT_LIVE, false};
      return block_around(model, block->ptr) == NULL;
    case 1: /* somewhere near a block, in no live one; perhaps in no segment of the arena */
      wrong->ptr = block->ptr + choose(&model->from, 65536) - 32768;
      wrong->status = HW_ERR_NOT_LIVE;
      wrong->may_be_foreign = true;
      return block_around(model, wrong->ptr) == NULL;
    case 2:
      wrong->ptr = foreign + choose(&model->from, sizeof foreign);
      wrong->status = HW_ERR_NOT_OWNED;
      return true;
    default: /* inside it */
      if (block->usable < 2) return false;
      wrong->ptr = block->ptr + 1 + choose(&model->from, block->usable - 1);
      wrong->status = HW_ERR_INTERIOR;
      return true;
  }
}

void model_misuse(model_t *model) {
  if (model->count == 0) return;
  const model_block_t *block = &model->blocks[choose(&model->from, model->count)];
  wrong_t wrong = {block->ptr, block->layout, HW_ERR_LAYOUT_MISMATCH, false};
  bool chosen = one_in(&model->from, 3) ? choose_other_layout(model, &wrong.layout)
                                        : choose_wrong_pointer(model, block, &wrong);
  if (!chosen) return;
  if (wrong.status == HW_ERR_NOT_LIVE) {
    REQUIRE(model, hw_owns(model_any(model), wrong.ptr) == HW_OWNS_NO);
  }
  if (wrong.status == HW_ERR_INTERIOR) {
    REQUIRE(model, hw_owns(model_any(model), wrong.ptr) == HW_OWNS_YES);
  }
  call(model, &wrong);
  REQUIRE(model, model_is_stamped(block, block->ptr, block->usable));
}
