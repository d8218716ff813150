/* Empty blocks. They own no byte, so their addresses need no memory, only to differ and to be
 * aligned: slot s at alignment a is the number a * (2 * s + 3). Its lowest bit is the alignment and
 * its odd part the slot, so any address says which empty block it would be, and at what alignment.
 * It is never a power of two, which is the address of an empty block of `system`. */
#include "chunk/chunk.h"

/* Slots whose addresses at this alignment are numbers at all. */
static size_t room_for(size_t align) {
  size_t odd_most = SIZE_MAX / align;
  return odd_most < 3 ? 0 : hw_min((odd_most - 3) / 2 + 1, HW_CHUNK_EMPTIES);
}

size_t hw_empty_slot(const void *ptr) {
  uint64_t number = (uintptr_t)ptr;
  uint64_t odd = number >> hw_lowest_bit(number);
  if (odd < 3 || (odd - 3) / 2 >= HW_CHUNK_EMPTIES) return HW_NO_CHUNK;
  return (size_t)(odd - 3) / 2;
}

bool hw_empty_is_live(const hw_chunk_t *chunk, const void *ptr) {
  size_t slot = hw_empty_slot(ptr);
  return slot != HW_NO_CHUNK && chunk->empties[slot] == 1 + hw_lowest_bit((uintptr_t)ptr);
}

void *hw_empty_begin(hw_chunk_t *chunk, size_t align, uint16_t owner) {
  size_t room = chunk->empty_count < HW_CHUNK_EMPTIES ? room_for(align) : 0;
  /* From behind the last one on, so that a slot is used again as late as can be. */
  size_t slot = chunk->empty_hint < room ? chunk->empty_hint : 0;
  for (size_t looked = 0; looked < room; looked++) {
    if (chunk->empties[slot] == 0) {
      chunk->empties[slot] = (uint8_t)(1 + hw_lowest_bit(align));
      if (owner != 0) hw_chunk_admit_owners(chunk);
      if (chunk->has_owner) chunk->empty_owners[slot] = owner;
      chunk->empty_hint = (slot + 1) % HW_CHUNK_EMPTIES;
      chunk->empty_count++;
      if (slot >= chunk->empty_end) chunk->empty_end = slot + 1;
      return (void *)(align * (2 * slot + 3));
    }
    slot = slot + 1 < room ? slot + 1 : 0;
  }
  return NULL;
}

void hw_empty_end(hw_chunk_t *chunk, const void *ptr) {
  chunk->empties[hw_empty_slot(ptr)] = 0;
  chunk->empty_count--;
}

hw_status_t hw_empty_check(const hw_chunk_t *chunk, const void *ptr, hw_layout_t layout) {
  size_t slot = hw_empty_slot(ptr);
  if (slot == HW_NO_CHUNK) return HW_ERR_NOT_OWNED;
  if (!hw_empty_is_live(chunk, ptr)) return HW_ERR_NOT_LIVE;
  bool fits = layout.size == 0 && layout.align == (size_t)1 << hw_lowest_bit((uintptr_t)ptr);
  return fits ? HW_OK : HW_ERR_LAYOUT_MISMATCH;
}
