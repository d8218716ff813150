/* The heap's own books against its records. */
#include "heap.h"

/* In a reallocation in place one of the two records has the layout that the allocator knows. */
static bool is_other_layout(const hw_record_t *record) {
  const hw_record_t *other = record->parent;
  if (other == NULL || other->address != record->address) return false;
  return record->gave_memory ? !record->shrinks : other->shrinks;
}

hw_code_t hw_heap_verify(const hw_heap_t *heap, const char **broken) {
  *broken = NULL;
  if (hw_verify(heap->allocator, broken) != HW_OK) return HW_CODE_CORRUPTED;
  uint64_t bytes = 0, abandoned_bytes = 0, abandoned_blocks = 0;
  uint64_t abandoned_ranges = 0, counted_ranges = 0;
  uint32_t held = 0, leased = 0;
  for (uint32_t i = 0; i < heap->table->used; i++) {
    const hw_record_t *record = hw_record_at(heap->table, i);
    uint64_t word = hw_record_word(record);
    hw_record_state_t state = hw_word_state(word);
    if (!hw_state_holds_memory(state) || record->heap != heap) continue;
    held++;
    if (hw_word_leases(word) > 0) leased++;
    bool freed = state == HW_RECORD_ABANDONED || state == HW_RECORD_DOOMED;
    bool is_raw = record->kind == HW_KIND_RAW, is_range = hw_record_is_range(record);
    abandoned_ranges += freed && is_range;
    if (is_raw) counted_ranges += record->abandoned_ranges;
    if (is_raw ? record->abandoned_ranges > 0 : freed && !is_range) {
      abandoned_blocks++;
      abandoned_bytes += hw_heap_bytes(record);
    }
    if (!is_range && !is_other_layout(record)) bytes += hw_heap_bytes(record);
  }
  hw_stats_t stats;
  if (hw_stats(heap->allocator, &stats) != HW_OK) *broken = "the allocator answers";
  if (held != heap->held) *broken = "every record of the heap is counted";
  if (leased != heap->leased) *broken = "every leased record is counted";
  if (abandoned_blocks != heap->abandoned_blocks) *broken = "every abandoned block is counted";
  if (abandoned_bytes != heap->abandoned_bytes) *broken = "every abandoned byte is counted";
  if (abandoned_ranges != counted_ranges) *broken = "every abandoned range is counted";
  if (bytes != stats.live_bytes) *broken = "the records' bytes are the allocator's live bytes";
  return *broken == NULL ? HW_CODE_OK : HW_CODE_CORRUPTED;
}
