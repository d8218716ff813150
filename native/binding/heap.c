#include "heap.h"

#include "base/align.h"
#include "base/check.h"
#include "heap_parts.h"
#include "orphans.h"

static uint8_t lg_of(size_t align) {
  return (uint8_t)__builtin_ctzll(align);
}

hw_code_t hw_heap_code_of(hw_status_t status) {
  switch (status) {
    case HW_OK: return HW_CODE_OK;
    case HW_ERR_OUT_OF_MEMORY: return HW_CODE_OUT_OF_MEMORY;
    case HW_ERR_LIMIT: return HW_CODE_LIMIT;
    case HW_ERR_NOWAIT: return HW_CODE_NOWAIT;
    case HW_ERR_NOT_IN_PLACE: return HW_CODE_NOT_IN_PLACE;
    case HW_ERR_INVALID: return HW_CODE_INVALID_ARG;
    default: return HW_CODE_CORRUPTED;
  }
}

/* --- the heap itself --- */

void hw_heap_init(hw_heap_t *heap, hw_allocator_t *allocator, hw_record_table_t *table) {
  *heap = (hw_heap_t){.allocator = allocator, .table = table};
}

static void end_if_unused(hw_heap_t *heap) {
  if (!heap->closed || heap->held != 0) return;
  /* Every block was given back or retired, so the allocator cannot be busy. */
  hw_status_t status = hw_destroy(heap->allocator);
  HW_ASSERT(status == HW_OK);
  (void)status;
  heap->allocator = NULL;
  if (heap->on_end != NULL) heap->on_end(heap, heap->context);
}

void hw_heap_close(hw_heap_t *heap) {
  if (heap->closed) return;
  heap->closed = true;
  end_if_unused(heap);
}

hw_pressure_t hw_heap_pressure(const hw_heap_t *heap) {
  hw_stats_t stats;
  if (hw_stats(heap->allocator, &stats) != HW_OK || stats.limit == HW_NO_LIMIT) {
    return HW_PRESSURE_NONE;
  }
  uint64_t live = stats.live_bytes - heap->abandoned_bytes;
  uint64_t headroom = stats.limit - live;
  if (heap->abandoned_bytes > headroom - headroom / 4) return HW_PRESSURE_HIGH;
  return heap->abandoned_bytes > headroom / 2 ? HW_PRESSURE_HALF : HW_PRESSURE_NONE;
}

hw_pressure_t hw_heap_act_on_pressure(hw_heap_t *heap) {
  hw_pressure_t pressure = hw_heap_pressure(heap);
  uint64_t before = heap->pressed_bytes;
  heap->pressed_bytes = pressure == HW_PRESSURE_HIGH ? heap->abandoned_bytes : 0;
  if (pressure != HW_PRESSURE_HIGH || before == 0) return pressure;

  hw_stats_t stats;
  if (hw_stats(heap->allocator, &stats) != HW_OK) return HW_PRESSURE_NONE;
  uint64_t left = stats.limit - (stats.live_bytes - heap->abandoned_bytes) - before;
  if (heap->abandoned_bytes >= before && heap->abandoned_bytes - before > left / 2) return pressure;
  heap->pressed_bytes = before;
  return HW_PRESSURE_NONE;
}

void hw_heap_forget_pressure(hw_heap_t *heap) {
  heap->pressed_bytes = 0;
}

/* --- memory behind a record --- */

hw_record_t *hw_heap_open_record(hw_heap_t *heap, void *address, hw_layout_t layout,
                                 hw_record_kind_t kind) {
  hw_record_t *record = hw_record_claim(heap->table);
  if (record == NULL) return NULL;
  record->address = address;
  record->size = layout.size;
  record->lg_align = lg_of(layout.align);
  record->kind = (uint8_t)kind;
  record->heap = heap;
  heap->held++;
  return record;
}

void hw_heap_drop_record(hw_record_t *record) {
  hw_heap_t *heap = record->heap;
  bool recycled = hw_record_recycle(heap->table, record, hw_record_word(record));
  HW_ASSERT(recycled);
  (void)recycled;
  heap->held--;
}

void hw_heap_end_memory(hw_record_t *record, bool retire) {
  hw_heap_t *heap = record->heap;
  hw_layout_t layout = hw_record_layout(record);
  hw_status_t status = retire ? hw_retire(heap->allocator, record->address, layout)
                              : hw_deallocate(heap->allocator, record->address, layout);
  HW_ASSERT(status == HW_OK);
  (void)status;
  if (retire) hw_orphans_add(hw_usable_size(heap->allocator, layout));
}

/* Raw memory ends when it was released and its last range has gone. */
static void end_raw_if_unused(hw_record_t *raw) {
  uint64_t word = hw_record_word(raw);
  if (hw_word_state(word) != HW_RECORD_ABANDONED || raw->ranges != 0) return;
  hw_heap_t *heap = raw->heap;
  hw_heap_end_memory(raw, raw->has_orphans);
  hw_record_recycle(heap->table, raw, word);
  heap->held--;
}

void hw_heap_let_go(hw_record_t *record, bool retire) {
  hw_heap_t *heap = record->heap;
  hw_record_t *other = record->parent;
  if (other == NULL) {
    hw_heap_end_memory(record, retire);
  } else if (other->kind == HW_KIND_RAW) {
    other->has_orphans |= retire;
    other->ranges--;
    end_raw_if_unused(other);
  } else {
    hw_heap_part(record, other, retire);
  }
  heap->held--;
  end_if_unused(heap);
}

hw_code_t hw_heap_allocate(hw_heap_t *heap, hw_layout_t layout, uint32_t flags,
                           hw_record_kind_t kind, hw_record_t **out) {
  if (heap->closed) return HW_CODE_CLOSED;
  if ((flags & HW_NOWAIT) != 0 && !hw_record_at_hand(heap->table)) return HW_CODE_NOWAIT;
  void *address = NULL;
  hw_code_t code = hw_heap_code_of(hw_allocate(heap->allocator, layout, flags, &address));
  if (code != HW_CODE_OK) return code;

  hw_record_t *record = hw_heap_open_record(heap, address, layout, kind);
  if (record == NULL) {
    hw_status_t status = hw_deallocate(heap->allocator, address, layout);
    HW_ASSERT(status == HW_OK);
    (void)status;
    return HW_CODE_OUT_OF_MEMORY;
  }
  *out = record;
  return HW_CODE_OK;
}

hw_code_t hw_heap_open_range(hw_record_t *raw, size_t offset, size_t size, hw_record_kind_t kind,
                             hw_record_t **out) {
  uint64_t word = hw_record_word(raw);
  if (raw->kind != HW_KIND_RAW || hw_word_state(word) != HW_RECORD_LIVE) return HW_CODE_NOT_OWNED;
  if (offset > raw->size || size > raw->size - offset) return HW_CODE_INVALID_ARG;
  hw_record_t *record = hw_heap_open_record(raw->heap, (uint8_t *)raw->address + offset,
                                            (hw_layout_t){size, 1}, kind);
  if (record == NULL) return HW_CODE_OUT_OF_MEMORY;
  record->parent = raw;
  raw->ranges++;
  *out = record;
  return HW_CODE_OK;
}

void hw_raw_release(hw_record_t *raw) {
  uint64_t word = hw_record_word(raw);
  if (raw->kind != HW_KIND_RAW || hw_word_state(word) != HW_RECORD_LIVE) return;
  if (!hw_record_step(raw, word, 0, HW_RECORD_ABANDONED)) return;
  hw_heap_t *heap = raw->heap;
  end_raw_if_unused(raw);
  end_if_unused(heap);
}

/* --- one block's life --- */

/* What a record in this state answers to who wants a live block. */
static hw_code_t liveness(hw_record_state_t state) {
  if (state == HW_RECORD_LIVE) return HW_CODE_OK;
  return hw_state_is_attached(state) ? HW_CODE_ABANDONED : HW_CODE_DETACHED;
}

hw_code_t hw_block_check(const hw_heap_t *heap, hw_record_table_t *table, uint32_t index,
                         uint32_t generation, const hw_layout_t *layout, hw_record_t **out) {
  hw_record_t *record = hw_record_at(table, index);
  if (record == NULL) return HW_CODE_NOT_OWNED;
  uint64_t word = hw_record_word(record);
  hw_record_state_t state = hw_word_state(word);
  if (hw_word_generation(word) != generation || !hw_state_is_attached(state)) {
    return HW_CODE_DETACHED;
  }
  if (record->heap != heap) return HW_CODE_NOT_OWNED;
  if (record->kind != HW_KIND_BLOCK) return HW_CODE_INTERIOR;
  if (layout != NULL &&
      (layout->size != record->size || layout->align != (size_t)1 << record->lg_align)) {
    return HW_CODE_LAYOUT_MISMATCH;
  }
  *out = record;
  return liveness(state);
}

/* Ranges may overlap, as those of a scope and the scope in it do. So raw memory counts once, and as
 * a whole: nothing more is cut from it. */
static hw_code_t abandon(hw_record_t *record, uint64_t seen, hw_record_state_t to) {
  if (!hw_record_step(record, seen, hw_word_leases(seen), to)) return HW_CODE_DETACHED;
  if (hw_record_is_range(record) && record->parent->abandoned_ranges++ > 0) return HW_CODE_KEPT;
  record->heap->abandoned_blocks++;
  record->heap->abandoned_bytes += hw_heap_bytes(record);
  return HW_CODE_KEPT;
}

static void forget_abandoned(hw_record_t *record, hw_record_state_t state) {
  if (state != HW_RECORD_ABANDONED && state != HW_RECORD_DOOMED) return;
  if (hw_record_is_range(record) && --record->parent->abandoned_ranges > 0) return;
  record->heap->abandoned_blocks--;
  record->heap->abandoned_bytes -= hw_heap_bytes(record);
}

hw_code_t hw_block_begin_free(hw_record_t *record, bool busy, bool refuse) {
  uint64_t word = hw_record_word(record);
  hw_code_t code = liveness(hw_word_state(word));
  if (code != HW_CODE_OK) return code;
  if (hw_word_leases(word) > 0) {
    return refuse ? HW_CODE_LEASED : abandon(record, word, HW_RECORD_DOOMED);
  }
  if (busy) return refuse ? HW_CODE_BUSY : abandon(record, word, HW_RECORD_ABANDONED);
  if (!hw_record_step(record, word, 0, HW_RECORD_REVOKING)) return HW_CODE_DETACHED;
  return HW_CODE_DETACH;
}

void hw_block_finish_free(hw_record_t *record) {
  uint64_t word = hw_record_word(record);
  hw_record_state_t state = hw_word_state(word);
  /* The runtime that finalises inside the detach has been here; nobody else will come. */
  bool ended = state == HW_RECORD_FINALIZED;
  if (!ended && state != HW_RECORD_REVOKING) return;
  if (!ended && !hw_record_step(record, word, 0, HW_RECORD_REVOKED)) return;
  hw_heap_let_go(record, false);
  if (ended) hw_record_recycle(record->table, record, word);
}

void hw_block_cancel_free(hw_record_t *record) {
  uint64_t word = hw_record_word(record);
  hw_record_state_t state = hw_word_state(word);
  if (state == HW_RECORD_REVOKING) hw_record_step(record, word, 0, HW_RECORD_LIVE);
  /* Finalised meanwhile: whatever the detach answered, nobody can reach the buffer any more. */
  if (state == HW_RECORD_FINALIZED) hw_block_finish_free(record);
}

hw_code_t hw_block_lease(hw_record_t *record) {
  uint64_t word = hw_record_word(record);
  uint32_t leases = hw_word_leases(word);
  hw_code_t code = liveness(hw_word_state(word));
  if (code != HW_CODE_OK) return code;
  if (leases == HW_MAX_LEASES) return HW_CODE_OUT_OF_MEMORY;
  if (!hw_record_step(record, word, leases + 1, HW_RECORD_LIVE)) return HW_CODE_DETACHED;
  if (leases == 0) record->heap->leased++;
  return HW_CODE_OK;
}

hw_code_t hw_block_end_lease(hw_record_t *record, bool busy) {
  uint64_t word = hw_record_word(record);
  uint32_t leases = hw_word_leases(word);
  hw_record_state_t state = hw_word_state(word);
  if (leases == 0 || (state != HW_RECORD_LIVE && state != HW_RECORD_DOOMED)) {
    return HW_CODE_DETACHED;
  }
  if (leases > 1 || state == HW_RECORD_LIVE) {
    if (!hw_record_step(record, word, leases - 1, state)) return HW_CODE_DETACHED;
    if (leases == 1) record->heap->leased--;
    return HW_CODE_OK;
  }
  hw_record_state_t to = busy ? HW_RECORD_ABANDONED : HW_RECORD_REVOKING;
  if (!hw_record_step(record, word, 0, to)) return HW_CODE_DETACHED;
  record->heap->leased--;
  if (busy) return HW_CODE_KEPT;
  forget_abandoned(record, HW_RECORD_DOOMED);
  return HW_CODE_DETACH;
}

void hw_block_abort(hw_record_t *record, uint32_t generation, bool finalizer_may_come) {
  uint64_t word = hw_record_word(record);
  if (hw_word_generation(word) != generation || hw_word_state(word) != HW_RECORD_LIVE) return;
  if (!hw_record_step(record, word, 0, HW_RECORD_REVOKED)) return;
  hw_heap_let_go(record, false);
  if (!finalizer_may_come) hw_record_recycle(record->table, record, hw_record_word(record));
}

void hw_block_finalize(hw_record_t *record, bool teardown) {
  hw_record_table_t *table = record->table;
  uint64_t word = hw_record_word(record);
  hw_record_state_t state = hw_word_state(word);
  if (state == HW_RECORD_REVOKED) {
    hw_record_recycle(table, record, word);
    return;
  }
  if (state == HW_RECORD_REVOKING && !teardown) {
    hw_record_step(record, word, 0, HW_RECORD_FINALIZED);
    return;
  }
  if (!hw_state_holds_memory(state)) return;
  /* The memory ends before the record is free to name another block: ORPHAN meanwhile, a state that
   * every other caller leaves alone. */
  if (!hw_record_step(record, word, 0, HW_RECORD_ORPHAN)) return;
  forget_abandoned(record, state);
  if (hw_word_leases(word) > 0) record->heap->leased--;
  hw_heap_let_go(record, teardown);
  if (!teardown) hw_record_recycle(table, record, hw_record_word(record));
}

void hw_heap_finalize_left(hw_record_table_t *table) {
  hw_record_t *record = hw_record_take_left(table);
  while (record != NULL) {
    hw_record_t *next = hw_record_at(table, record->next_free);
    hw_block_finalize(record, false);
    record = next;
  }
}

void hw_heap_orphan_all(hw_record_table_t *table) {
  for (uint32_t i = 0; i < table->used; i++) {
    hw_record_t *record = hw_record_at(table, i);
    /* A record that only waits for its finalizer goes on waiting: the table has to outlive it. */
    bool holds = hw_state_holds_memory(hw_word_state(hw_record_word(record)));
    if (holds && record->kind != HW_KIND_RAW) hw_block_finalize(record, true);
  }
  for (uint32_t i = 0; i < table->used; i++) {
    hw_record_t *record = hw_record_at(table, i);
    if (record->kind == HW_KIND_RAW) hw_raw_release(record);
  }
}
