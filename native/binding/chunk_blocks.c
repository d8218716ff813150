#include "base/align.h"
#include "base/check.h"
#include "chunk/chunk.h"
#include "chunk_parts.h"
#include "heap_parts.h"

#include <stdlib.h>

static uint64_t handle_of(const hw_share_t *share, size_t index, uint64_t generation) {
  uint64_t shown = (generation + share->seed) & hw_share_generations(share);
  return (shown << share->index_bits) | index;
}

/* The record that a handle names, or NULL; *generation is the one it has to have. */
static hw_chunk_record_t *record_of(const hw_share_t *share, uint64_t handle, size_t *index,
                                    uint64_t *generation) {
  *index = (size_t)(handle & (((uint64_t)1 << share->index_bits) - 1));
  *generation = ((handle >> share->index_bits) - share->seed) & hw_share_generations(share);
  bool names_one = *index < share->slots && handle >> 53 == 0;
  return names_one ? &share->records[*index] : NULL;
}

static uint64_t load(const _Atomic uint64_t *word) {
  return atomic_load_explicit(word, memory_order_acquire);
}

static bool step(hw_chunk_record_t *record, uint64_t seen, uint64_t next) {
  return atomic_compare_exchange_strong_explicit(&record->word, &seen, next, memory_order_acq_rel,
                                                 memory_order_acquire);
}

/* What a record answers to who wants a live block of that generation. */
static hw_code_t liveness(uint64_t word, uint64_t generation) {
  if (word >> 24 != generation) return HW_CODE_DETACHED;
  switch (hw_chunk_state(word)) {
    case HW_CHUNK_LIVE: return HW_CODE_OK;
    case HW_CHUNK_DOOMED: return HW_CODE_ABANDONED;
    case HW_CHUNK_CLAIMED: return HW_CODE_BUSY;
    default: return HW_CODE_DETACHED;
  }
}

void *hw_share_address(const hw_share_t *share, size_t index, uint64_t shape) {
  if (index < share->chunks) return share->region + (index << share->shift);
  /* As chunk/empty.c says. */
  return (void *)(hw_chunk_layout(shape).align * (2 * (index - share->chunks) + 3));
}

/* Whether no chunk, or not every one that should, has an alignment: where the region itself does
 * not begin at a multiple of a chunk. */
static bool is_spaced(const hw_share_t *share, hw_layout_t layout) {
  return layout.size > 0 && layout.align > share->natural &&
         share->natural < (size_t)1 << share->shift;
}

static hw_layout_t heap_layout(const hw_share_t *share, hw_layout_t layout) {
  if (!is_spaced(share, layout)) return layout;
  return (hw_layout_t){layout.size + (layout.align - share->natural), share->natural};
}

hw_layout_t hw_share_layout(const hw_member_t *member, hw_layout_t layout) {
  return heap_layout(member->share, layout);
}

/* Where a block's bytes begin, from the region's begin. */
static uint64_t offset_of(const hw_share_t *share, size_t index, hw_layout_t layout) {
  if (index >= share->chunks) {
    /* An empty block has no bytes, but it may be asked for its address. */
    size_t ahead = (size_t)(-(uintptr_t)share->region) & (layout.align - 1);
    return ahead <= share->size ? ahead : 0;
  }
  uintptr_t address = (uintptr_t)(share->region + (index << share->shift));
  if (is_spaced(share, layout)) address = hw_align_up(address, layout.align);
  return address - (uintptr_t)share->region;
}

/* The block's memory is free. Its record was freed before, so that nobody else frees it; and it
 * names nothing else meanwhile, because its chunk is still in use. */
static void end_memory(hw_share_t *share, size_t index, uint64_t shape) {
  void *address = hw_share_address(share, index, shape);
  hw_layout_t layout = heap_layout(share, hw_chunk_layout(shape));
  hw_status_t status = hw_deallocate(share->allocator, address, layout);
  HW_ASSERT(status == HW_OK);
  (void)status;
}

static void count_doomed(hw_share_t *share, uint64_t shape, bool begins) {
  uint64_t bytes = heap_layout(share, hw_chunk_layout(shape)).size;
  atomic_fetch_add_explicit(&share->doomed_blocks, begins ? 1 : -(uint64_t)1, memory_order_relaxed);
  atomic_fetch_add_explicit(&share->doomed_bytes, begins ? bytes : -bytes, memory_order_relaxed);
}

/* From a live word that was seen: freed, or doomed where there are leases. KEPT for that. BUSY:
 * somebody was faster. */
static hw_code_t end_from(hw_share_t *share, size_t index, uint64_t word) {
  hw_chunk_record_t *record = &share->records[index];
  uint64_t shape = load(&record->shape);
  uint32_t leases = hw_chunk_leases(word);
  if (leases > 0) {
    count_doomed(share, shape, true);
    if (step(record, word, hw_chunk_word(word >> 24, leases, HW_CHUNK_DOOMED))) return HW_CODE_KEPT;
    count_doomed(share, shape, false);
    return HW_CODE_BUSY;
  }
  uint64_t next = hw_chunk_word(hw_share_next(share, word), 0, HW_CHUNK_FREE);
  if (!step(record, word, next)) return HW_CODE_BUSY;
  end_memory(share, index, shape);
  return HW_CODE_OK;
}

bool hw_share_end_block(hw_share_t *share, size_t index, uint32_t owner) {
  for (;;) {
    uint64_t word = load(&share->records[index].word);
    hw_chunk_state_t state = hw_chunk_state(word);
    if (state == HW_CHUNK_CLAIMED) continue; /* for the length of a call */
    if (state != HW_CHUNK_LIVE) return false;
    /* If it is not that word's, the word has changed and nothing is freed. */
    if (hw_chunk_owner(load(&share->records[index].shape)) != owner) return false;
    if (end_from(share, index, word) != HW_CODE_BUSY) return true;
  }
}

hw_code_t hw_share_allocate(hw_member_t *member, hw_layout_t layout, uint64_t *handle,
                            uint64_t *offset) {
  hw_share_t *share = member->share;
  void *address = NULL;
  hw_status_t status = hw_allocate(share->allocator, heap_layout(share, layout), 0, &address);
  if (status != HW_OK) return hw_heap_code_of(status);

  size_t index = layout.size == 0 ? share->chunks + hw_empty_slot(address)
                                  : (size_t)((uint8_t *)address - share->region) >> share->shift;
  *offset = offset_of(share, index, layout);
  hw_chunk_record_t *record = &share->records[index];
  /* The chunk is ours, and so is its record until the word says that it is live. */
  uint64_t generation = load(&record->word) >> 24;
  atomic_store_explicit(&record->shape, hw_chunk_shape(layout, member->number),
                        memory_order_relaxed);
  atomic_store_explicit(&record->word, hw_chunk_word(generation, 0, HW_CHUNK_LIVE),
                        memory_order_release);
  *handle = handle_of(share, index, generation);
  return HW_CODE_OK;
}

hw_code_t hw_share_free(hw_member_t *member, uint64_t handle, const hw_layout_t *layout,
                        bool refuse) {
  size_t index = 0;
  uint64_t generation = 0;
  hw_chunk_record_t *record = record_of(member->share, handle, &index, &generation);
  if (record == NULL) return HW_CODE_NOT_OWNED;
  for (;;) {
    uint64_t word = load(&record->word);
    hw_code_t code = liveness(word, generation);
    if (code != HW_CODE_OK) return code;
    if (layout != NULL) {
      hw_layout_t own = hw_chunk_layout(load(&record->shape));
      bool same = own.size == layout->size && own.align == layout->align;
      if (!same) return HW_CODE_LAYOUT_MISMATCH;
    }
    if (refuse && hw_chunk_leases(word) > 0) return HW_CODE_LEASED;
    code = end_from(member->share, index, word);
    if (code != HW_CODE_BUSY) return code;
  }
}

hw_code_t hw_share_look(hw_member_t *member, uint64_t handle, hw_share_block_t *out) {
  const hw_share_t *share = member->share;
  size_t index = 0;
  uint64_t generation = 0;
  const hw_chunk_record_t *record = record_of(share, handle, &index, &generation);
  if (record == NULL) return HW_CODE_NOT_OWNED;
  uint64_t word = load(&record->word);
  hw_code_t code = liveness(word, generation);
  if (code != HW_CODE_OK && code != HW_CODE_ABANDONED) return code;
  uint64_t shape = load(&record->shape);
  /* A shape belongs to the word that was there before and after it was read. */
  if (load(&record->word) >> 24 != generation) return HW_CODE_DETACHED;
  hw_layout_t layout = hw_chunk_layout(shape);
  *out = (hw_share_block_t){
      .offset = offset_of(share, index, layout),
      .layout = layout,
      .start = index < share->chunks ? (uint64_t)index << share->shift : 0,
      .usable = heap_layout(share, layout).size,
      .owner = hw_chunk_owner(shape),
      .leases = hw_chunk_leases(word),
      .doomed = code == HW_CODE_ABANDONED,
  };
  return code;
}

hw_code_t hw_share_resize(hw_member_t *member, uint64_t handle, hw_layout_t next, uint64_t *out) {
  hw_share_t *share = member->share;
  size_t index = 0;
  uint64_t generation = 0;
  hw_chunk_record_t *record = record_of(share, handle, &index, &generation);
  if (record == NULL) return HW_CODE_NOT_OWNED;
  uint64_t word = load(&record->word);
  hw_code_t code = liveness(word, generation);
  if (code != HW_CODE_OK) return code;
  if (hw_chunk_leases(word) > 0) return HW_CODE_LEASED;
  if (!step(record, word, hw_chunk_word(generation, 0, HW_CHUNK_CLAIMED))) return HW_CODE_BUSY;

  uint64_t shape = load(&record->shape);
  hw_layout_t layout = hw_chunk_layout(shape);
  hw_status_t status = HW_ERR_NOT_IN_PLACE;
  if (offset_of(share, index, next) == offset_of(share, index, layout)) {
    status = hw_reallocate_in_place(share->allocator, hw_share_address(share, index, shape),
                                    heap_layout(share, layout), heap_layout(share, next));
  }
  if (status == HW_OK) {
    generation = hw_share_next(share, word);
    atomic_store_explicit(&record->shape, hw_chunk_shape(next, hw_chunk_owner(shape)),
                          memory_order_relaxed);
    *out = handle_of(share, index, generation);
  }
  atomic_store_explicit(&record->word, hw_chunk_word(generation, 0, HW_CHUNK_LIVE),
                        memory_order_release);
  return hw_heap_code_of(status);
}

/* Room for one lease more. */
static bool provide_lease(hw_member_t *member) {
  if (member->lease_count < member->lease_capacity) return true;
  size_t capacity = member->lease_capacity == 0 ? 8 : member->lease_capacity * 2;
  hw_member_lease_t *leases = realloc(member->leases, capacity * sizeof *leases);
  if (leases == NULL) return false;
  member->leases = leases;
  member->lease_capacity = capacity;
  return true;
}

hw_code_t hw_share_lease(hw_member_t *member, uint64_t handle) {
  size_t index = 0;
  uint64_t generation = 0;
  hw_chunk_record_t *record = record_of(member->share, handle, &index, &generation);
  if (record == NULL) return HW_CODE_NOT_OWNED;
  if (!provide_lease(member)) return HW_CODE_OUT_OF_MEMORY;
  for (;;) {
    uint64_t word = load(&record->word);
    uint32_t leases = hw_chunk_leases(word);
    hw_code_t code = liveness(word, generation);
    if (code != HW_CODE_OK) return code;
    if (leases == HW_CHUNK_LEASES_MOST) return HW_CODE_OUT_OF_MEMORY;
    if (step(record, word, hw_chunk_word(generation, leases + 1, HW_CHUNK_LIVE))) break;
  }
  member->leases[member->lease_count++].handle = handle;
  return HW_CODE_OK;
}

hw_code_t hw_share_drop_lease(hw_share_t *share, uint64_t handle) {
  size_t index = 0;
  uint64_t generation = 0;
  hw_chunk_record_t *record = record_of(share, handle, &index, &generation);
  HW_ASSERT(record != NULL);
  for (;;) {
    uint64_t word = load(&record->word), shape = load(&record->shape);
    uint32_t leases = hw_chunk_leases(word);
    hw_chunk_state_t state = hw_chunk_state(word);
    HW_ASSERT(word >> 24 == generation && leases > 0);
    bool ends = state == HW_CHUNK_DOOMED && leases == 1;
    uint64_t next = ends ? hw_chunk_word(hw_share_next(share, word), 0, HW_CHUNK_FREE)
                         : hw_chunk_word(generation, leases - 1, state);
    if (!step(record, word, next)) continue;
    if (!ends) return state == HW_CHUNK_DOOMED ? HW_CODE_KEPT : HW_CODE_OK;
    count_doomed(share, shape, false);
    end_memory(share, index, shape);
    return HW_CODE_OK;
  }
}

hw_code_t hw_share_end_lease(hw_member_t *member, uint64_t handle) {
  for (size_t at = member->lease_count; at-- > 0;) {
    if (member->leases[at].handle != handle) continue;
    member->leases[at] = member->leases[--member->lease_count];
    return hw_share_drop_lease(member->share, handle);
  }
  return HW_CODE_DETACHED;
}

bool hw_share_owns(const hw_member_t *member, uint64_t offset) {
  const hw_share_t *share = member->share;
  return offset < share->size && hw_owns(share->allocator, share->region + offset) == HW_OWNS_YES;
}

void hw_share_doomed(const hw_member_t *member, uint64_t *blocks, uint64_t *bytes) {
  *blocks = load(&member->share->doomed_blocks);
  *bytes = load(&member->share->doomed_bytes);
}
