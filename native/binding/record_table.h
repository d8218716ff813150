/* All records of one environment, by index. Records lie in guarded segments that are mapped as
 * needed and unmapped only together, when no finalizer can come any more.
 *
 * Used from the environment's own thread only. */
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
} hw_record_table_t;

#define HW_NO_RECORD UINT32_MAX

HW_MUST_CHECK hw_status_t hw_record_table_init(hw_record_table_t *table, const hw_os_t *os);

/* Unmaps everything; HW_ERR_BUSY (nothing changed) while a record is in use. */
HW_MUST_CHECK hw_status_t hw_record_table_destroy(hw_record_table_t *table);

/* A record in state LIVE with a fresh generation, or NULL: out of memory. */
hw_record_t *hw_record_claim(hw_record_table_t *table);

/* To FREE, and ready for the next claim. `seen` is the word that the caller read. False: somebody
 * else changed the record first. */
bool hw_record_recycle(hw_record_table_t *table, hw_record_t *record, uint64_t seen);

/* NULL for an index that was never claimed. */
hw_record_t *hw_record_at(const hw_record_table_t *table, uint32_t index);
