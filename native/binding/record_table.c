#include "record_table.h"

#include "base/check.h"
#include "base/config.h"

#define RECORDS_PER_SEGMENT (HW_RECORD_SEGMENT_BYTES / sizeof(hw_record_t))

static hw_record_t **segments_of(const hw_record_table_t *table) {
  return (hw_record_t **)table->directory.base;
}

static uint32_t segment_count(const hw_record_table_t *table) {
  return table->capacity / (uint32_t)RECORDS_PER_SEGMENT;
}

hw_status_t hw_record_table_init(hw_record_table_t *table, const hw_os_t *os) {
  *table = (hw_record_table_t){.os = os, .first_free = HW_NO_RECORD, .left = HW_NO_RECORD};
  return hw_segment_map(os, HW_RECORD_DIRECTORY_BYTES, &table->directory);
}

hw_status_t hw_record_table_destroy(hw_record_table_t *table) {
  if (table->busy != 0) return HW_ERR_BUSY;
  for (uint32_t i = 0; i < segment_count(table); i++) {
    hw_segment_t segment = {segments_of(table)[i], HW_RECORD_SEGMENT_BYTES};
    hw_segment_unmap(table->os, &segment);
  }
  hw_segment_unmap(table->os, &table->directory);
  table->capacity = 0;
  table->used = 0;
  table->first_free = HW_NO_RECORD;
  return HW_OK;
}

static bool grow(hw_record_table_t *table) {
  uint32_t count = segment_count(table);
  if (count == table->directory.size / sizeof(hw_record_t *)) return false;
  hw_segment_t segment;
  if (hw_segment_map(table->os, HW_RECORD_SEGMENT_BYTES, &segment) != HW_OK) return false;
  segments_of(table)[count] = segment.base;
  table->capacity += (uint32_t)RECORDS_PER_SEGMENT;
  return true;
}

static hw_record_t *slot(const hw_record_table_t *table, uint32_t index) {
  return segments_of(table)[index / RECORDS_PER_SEGMENT] + index % RECORDS_PER_SEGMENT;
}

hw_record_t *hw_record_at(const hw_record_table_t *table, uint32_t index) {
  return index < table->used ? slot(table, index) : NULL;
}

bool hw_record_at_hand(const hw_record_table_t *table) {
  return table->first_free != HW_NO_RECORD || table->used < table->capacity;
}

hw_record_t *hw_record_claim(hw_record_table_t *table) {
  hw_record_t *record;
  if (table->first_free != HW_NO_RECORD) {
    record = slot(table, table->first_free);
    table->first_free = record->next_free;
  } else {
    if (table->used == table->capacity && !grow(table)) return NULL;
    record = slot(table, table->used);
    record->index = table->used++;
  }
  uint64_t word = hw_record_word(record);
  HW_ASSERT(hw_word_state(word) == HW_RECORD_FREE);
  record->table = table;
  record->parent = NULL;
  record->abandoned_ranges = 0;
  record->ranges = 0;
  record->has_orphans = false;
  record->gave_memory = false;
  record->shrinks = false;
  atomic_store_explicit(&record->word,
                        hw_word_make(hw_word_generation(word) + 1, 0, HW_RECORD_LIVE),
                        memory_order_release);
  table->busy++;
  return record;
}

bool hw_record_recycle(hw_record_table_t *table, hw_record_t *record, uint64_t seen) {
  if (!hw_record_step(record, seen, 0, HW_RECORD_FREE)) return false;
  table->busy--;
  if (hw_word_generation(seen) < HW_MAX_GENERATION) {
    record->next_free = table->first_free;
    table->first_free = record->index;
  }
  return true;
}

void hw_record_leave(hw_record_t *record) {
  hw_record_table_t *table = record->table;
  uint32_t last = atomic_load_explicit(&table->left, memory_order_relaxed);
  do {
    record->next_free = last; /* of no use to a record in use */
  } while (!atomic_compare_exchange_weak_explicit(&table->left, &last, record->index,
                                                  memory_order_release, memory_order_relaxed));
}

hw_record_t *hw_record_take_left(hw_record_table_t *table) {
  return hw_record_at(table,
                      atomic_exchange_explicit(&table->left, HW_NO_RECORD, memory_order_acquire));
}
