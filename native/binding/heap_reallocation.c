/* A live block in another layout, in steps around the exchange of its buffer: a second record,
 * which the caller wraps; then the old record ends, or the change is undone. Until then nothing of
 * the old block is given up that cannot be had back without fail:
 *
 *     grows in place      undone by cutting off what was added
 *     shrinks in place    the allocator is told when the old record has gone, and cannot refuse
 *     moves               undone by copying the bytes back; the old memory is still there
 */
#include "heap.h"

#include <string.h>

#include "base/align.h"
#include "base/check.h"
#include "heap_parts.h"

/* New bytes as `flags` say. */
static hw_status_t resize(hw_allocator_t *allocator, const hw_record_t *record, hw_layout_t next,
                          uint32_t flags) {
  hw_layout_t layout = hw_record_layout(record);
  /* An arena knows which new bytes are zero already. */
  hw_status_t status = hw_arena_resize(allocator, record->address, layout, next, flags);
  if (status != HW_ERR_INVALID) return status;
  status = hw_reallocate_in_place(allocator, record->address, layout, next);
  if (status == HW_OK && (flags & HW_ZEROED) != 0 && next.size > layout.size) {
    memset((uint8_t *)record->address + layout.size, 0, next.size - layout.size);
  }
  return status;
}

static void pair(hw_record_t *record, hw_record_t *successor) {
  record->gave_memory = true;
  record->parent = successor;
  successor->parent = record;
}

hw_code_t hw_heap_reallocate_in_place(hw_record_t *record, hw_layout_t next, uint32_t flags,
                                      hw_record_t **out) {
  hw_heap_t *heap = record->heap;
  hw_record_t *successor = hw_heap_open_record(heap, record->address, next, HW_KIND_BLOCK);
  if (successor == NULL) return HW_CODE_OUT_OF_MEMORY;
  /* What an arena cuts off may be given back at once: not before the old buffer has gone. */
  hw_status_t status =
      hw_arena_can_shrink(heap->allocator, record->address, hw_record_layout(record), next);
  record->shrinks = status == HW_OK;
  if (status == HW_ERR_INVALID) status = resize(heap->allocator, record, next, flags);
  if (status != HW_OK) {
    hw_heap_drop_record(successor);
    return hw_heap_code_of(status);
  }
  pair(record, successor);
  *out = successor;
  return HW_CODE_OK;
}

hw_code_t hw_heap_move(hw_record_t *record, hw_layout_t next, uint32_t flags, hw_record_t **out) {
  hw_heap_t *heap = record->heap;
  /* First, because after the move nothing may fail. */
  hw_record_t *successor = hw_heap_open_record(heap, NULL, next, HW_KIND_BLOCK);
  if (successor == NULL) return HW_CODE_OUT_OF_MEMORY;
  hw_status_t status = hw_arena_begin_move(
      heap->allocator, record->address, hw_record_layout(record), next, flags, &successor->address);
  if (status != HW_OK) {
    hw_heap_drop_record(successor);
    return status == HW_ERR_INVALID ? HW_CODE_NOT_IN_PLACE : hw_heap_code_of(status);
  }
  record->shrinks = false;
  pair(record, successor);
  *out = successor;
  return HW_CODE_OK;
}

void hw_heap_undo(hw_record_t *record, hw_record_t *successor) {
  bool in_place = successor->address == record->address && !record->shrinks;
  /* Back to the layout that the block has just had, which is not larger or was never given up: the
   * room cannot be gone. */
  if (in_place && hw_state_holds_memory(hw_word_state(hw_record_word(record)))) {
    hw_status_t status = resize(record->heap->allocator, successor, hw_record_layout(record), 0);
    HW_ASSERT(status == HW_OK);
    (void)status;
  }
  record->shrinks = false;
  /* Without a buffer it was aborted before and is gone. With one, its finalizer recycles it. */
  uint64_t word = hw_record_word(successor);
  if (hw_word_state(word) == HW_RECORD_LIVE &&
      hw_record_step(successor, word, 0, HW_RECORD_REVOKED)) {
    hw_heap_let_go(successor, false);
  }
}

void hw_heap_part(hw_record_t *record, hw_record_t *other, bool retire) {
  hw_layout_t layout = hw_record_layout(record), kept = hw_record_layout(other);
  if (record->address != other->address) {
    /* Back by copying, which cannot fail. */
    if (other->gave_memory) memcpy(other->address, record->address, hw_min(layout.size, kept.size));
    hw_heap_end_memory(record, retire);
  } else if (record->shrinks) {
    hw_allocator_t *allocator = record->heap->allocator;
    hw_status_t status = hw_reallocate_in_place(allocator, record->address, layout, kept);
    HW_ASSERT(status == HW_OK); /* the arena was asked before */
    (void)status;
  }
  other->parent = NULL;
}
