/* A heap: one allocator instance of one environment, the memory its records hold, and the free of
 * a block in two steps around the detach. Knows nothing of JavaScript; tested in C.
 *
 * Used from the environment's own thread only. */
#pragma once

#include "codes.h"
#include "record_table.h"

struct hw_heap {
  hw_allocator_t *allocator;
  hw_record_table_t *table;
  uint32_t id;
  bool closed;              /* no new blocks; ends with the last record that holds memory */
  uint32_t held;            /* records that hold memory */
  uint32_t leased;          /* records with at least one lease */
  uint64_t abandoned_blocks; /* freed (ABANDONED or DOOMED), memory not back yet */
  uint64_t abandoned_bytes;
  uint64_t pressed_bytes; /* abandoned bytes when HIGH was last acted on, 0 below HIGH */
  void (*on_end)(hw_heap_t *heap, void *context); /* the allocator is gone; last call */
  void *context;
};

/* What a record's memory counts for: the bytes that the allocator says it takes, for a range those
 * of the whole. */
static inline size_t hw_heap_bytes(const hw_record_t *record) {
  const hw_record_t *whole = hw_record_is_range(record) ? record->parent : record;
  return hw_usable_size(record->heap->allocator, hw_record_layout(whole));
}

/* Takes over `allocator`. */
void hw_heap_init(hw_heap_t *heap, hw_allocator_t *allocator, hw_record_table_t *table);

/* No more blocks. Destroys the allocator and calls on_end now, or when the last memory is back. */
void hw_heap_close(hw_heap_t *heap);

/* Memory for a block or for raw use, with its record. */
hw_code_t hw_heap_allocate(hw_heap_t *heap, hw_layout_t layout, uint32_t flags,
                           hw_record_kind_t kind, hw_record_t **out);

/* A range of live raw memory as a record of its own; the raw memory stays until it is released. */
hw_code_t hw_heap_open_range(hw_record_t *raw, size_t offset, size_t size, hw_record_kind_t kind,
                             hw_record_t **out);

/* A second record over a live block's memory in its new layout, where the allocator can change it
 * in place; with HW_ZEROED new bytes read zero. The caller wraps it and then ends the old record,
 * or calls hw_heap_undo. Until one of the two no byte of the old layout is given up. */
hw_code_t hw_heap_reallocate_in_place(hw_record_t *record, hw_layout_t next, uint32_t flags,
                                      hw_record_t **out);
/* The same with other memory that the block's pages move to, where the allocator has that: the
 * bytes of the old record are undefined until hw_heap_undo. NOT_IN_PLACE: they are to be copied. */
hw_code_t hw_heap_move(hw_record_t *record, hw_layout_t next, uint32_t flags, hw_record_t **out);
/* The old block is as it was, with all its bytes, whatever became of the successor. */
void hw_heap_undo(hw_record_t *record, hw_record_t *successor);

/* What may be done with the block that a stamp names, if `heap` owns it and `layout` is its own
 * (NULL: any). HW_CODE_OK, or the refusal. Changes nothing. */
hw_code_t hw_block_check(const hw_heap_t *heap, hw_record_table_t *table, uint32_t index,
                         uint32_t generation, const hw_layout_t *layout, hw_record_t **out);

/* First half of a free, for a block that hw_block_check let pass: HW_CODE_DETACH (now REVOKING:
 * detach, then finish or cancel), HW_CODE_KEPT, or, with `refuse`, HW_CODE_LEASED or HW_CODE_BUSY.
 */
hw_code_t hw_block_begin_free(hw_record_t *record, bool busy, bool refuse);
/* The buffer is detached: its memory goes back. */
void hw_block_finish_free(hw_record_t *record);
/* The detach was refused: the block lives on. */
void hw_block_cancel_free(hw_record_t *record);

/* The record of `generation` got no buffer. `finalizer_may_come`: the runtime may have made one and
 * lost it, or may have finalised it already; the record then waits for that finalizer. */
void hw_block_abort(hw_record_t *record, uint32_t generation, bool finalizer_may_come);

hw_code_t hw_block_lease(hw_record_t *record);
/* HW_CODE_OK: nothing more to do. At the last lease of a freed block: as hw_block_begin_free. */
hw_code_t hw_block_end_lease(hw_record_t *record, bool busy);

/* The collector found the buffer dead (or the environment ends: `teardown`, then somebody else may
 * still hold its memory). Idempotent. */
void hw_block_finalize(hw_record_t *record, bool teardown);

/* Finalizes all that hw_record_leave left. The environment goes on. */
void hw_heap_finalize_left(hw_record_table_t *table);

/* Ends raw memory: at once, or with its last range. */
void hw_raw_release(hw_record_t *raw);

/* The environment ends: every block that still holds memory becomes an orphan, raw memory that no
 * orphan lies in is given back. */
void hw_heap_orphan_all(hw_record_table_t *table);

/* How much the freed bytes that wait for the collector take of what is left to the limit. */
typedef enum hw_pressure {
  HW_PRESSURE_NONE = 0, /* at most half */
  HW_PRESSURE_HALF, /* more than half: a collection should begin */
  HW_PRESSURE_HIGH, /* more than three quarters: it should be over */
} hw_pressure_t;

hw_pressure_t hw_heap_pressure(const hw_heap_t *heap);

/* The same for a caller that acts on it: HIGH is said once, and again only when the bytes fell
 * below in between or grew by half of what was left. What the program still reaches no collection
 * brings back, and a whole one a tick would stall it. */
hw_pressure_t hw_heap_act_on_pressure(hw_heap_t *heap);
/* Nobody could: it is said again the next time. */
void hw_heap_forget_pressure(hw_heap_t *heap);

/* The allocator's own verify, and its live bytes against the sum over the records. */
hw_code_t hw_heap_verify(const hw_heap_t *heap, const char **broken);
