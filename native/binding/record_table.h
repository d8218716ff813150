/* All records of one environment, by index. Records lie in guarded segments that are mapped as
 * needed and unmapped only together, when no finalizer can come any more.
 *
 * Used from the environment's own thread only, but for hw_record_leave. */
#pragma once

#include "record.h"
#include "segment/segment.h"

typedef struct hw_record_table {
  const hw_os_t *os;
  hw_segment_t directory; /* hw_record_t *[], one a segment */
  uint32_t capacity;      /* records in mapped segments */
  uint32_t used;          /* records ever claimed; those above were never touched */
  uint32_t first_free;    /* HW_NO_RECORD when none is waiting */
  uint32_t busy;          /* records that are not FREE: a finalizer may still come for them */
  _Atomic uint32_t left;  /* the last one of hw_record_leave, HW_NO_RECORD when none */
} hw_record_table_t;

#define HW_NO_RECORD UINT32_MAX

HW_MUST_CHECK hw_status_t hw_record_table_init(hw_record_table_t *table, const hw_os_t *os);

/* Unmaps everything; HW_ERR_BUSY (nothing changed) while a record is in use. */
HW_MUST_CHECK hw_status_t hw_record_table_destroy(hw_record_table_t *table);

/* A record in state LIVE with a fresh generation, or NULL: out of memory. */
hw_record_t *hw_record_claim(hw_record_table_t *table);

/* Whether the next claim makes no OS call. */
bool hw_record_at_hand(const hw_record_table_t *table);

/* To FREE, and ready for the next claim. `seen` is the word that the caller read. False: somebody
 * else changed the record first. */
bool hw_record_recycle(hw_record_table_t *table, hw_record_t *record, uint64_t seen);

/* Leaves a record in use for hw_record_take_left: for a finalizer that comes on a thread of the
 * collector, or in the middle of a collection. Once for a record, until that was taken. */
void hw_record_leave(hw_record_t *record);

static inline bool hw_record_any_left(const hw_record_table_t *table) {
  return atomic_load_explicit(&table->left, memory_order_relaxed) != HW_NO_RECORD;
}

/* All that were left: the first one, or NULL, and through `next_free` the index of the next. */
hw_record_t *hw_record_take_left(hw_record_table_t *table);

/* NULL for an index that was never claimed. */
hw_record_t *hw_record_at(const hw_record_table_t *table, uint32_t index);
