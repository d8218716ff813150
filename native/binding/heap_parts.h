/* What heap.c and heap_reallocation.c share: the memory behind a record. */
#pragma once

#include "heap.h"

hw_code_t hw_heap_code_of(hw_status_t status);

/* A record of the heap in state LIVE, or NULL: out of memory. */
hw_record_t *hw_heap_open_record(hw_heap_t *heap, void *address, hw_layout_t layout,
                                 hw_record_kind_t kind);
/* Claimed in the same call, so the word is the caller's. */
void hw_heap_drop_record(hw_record_t *record);

void hw_heap_end_memory(hw_record_t *record, bool retire);

/* The record's share of its heap ends; its word was changed before, by the one who calls this. */
void hw_heap_let_go(hw_record_t *record, bool retire);

/* One of the two records of a reallocation goes, the other one stays with the block's bytes. */
void hw_heap_part(hw_record_t *record, hw_record_t *other, bool retire);
