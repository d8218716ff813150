/* What chunk_share.c and chunk_blocks.c share: a share and its records. */
#pragma once

#include "chunk_share.h"

typedef enum hw_chunk_state {
  HW_CHUNK_FREE = 0,
  HW_CHUNK_LIVE,
  HW_CHUNK_DOOMED,
  HW_CHUNK_CLAIMED,
} hw_chunk_state_t;

struct hw_share {
  hw_share_t *next, *previous; /* in the list of shares */
  char id[HW_SHARE_ID_LENGTH];
  bool joinable;
  uint32_t references; /* members; with the list's lock held */
  hw_allocator_t *allocator;
  uint8_t *region;
  size_t size;
  uint8_t shift;      /* lg of a chunk's bytes */
  uint8_t index_bits; /* of a handle */
  size_t natural;     /* the alignment that every chunk has */
  uint64_t seed;
  size_t chunks, slots; /* records: the chunks, then the empty blocks */
  hw_chunk_record_t *records;
  uint8_t *numbers; /* of members: hw_number_t; with the list's lock held */
  uint32_t last_number;
  _Atomic uint64_t doomed_blocks, doomed_bytes;
};

#define HW_CHUNK_SIZE_BITS 42
#define HW_CHUNK_LEASES_MOST 0xFFFFu

static inline uint64_t hw_chunk_word(uint64_t generation, uint32_t leases, hw_chunk_state_t state) {
  return (generation << 24) | ((uint64_t)leases << 8) | (uint64_t)state;
}

static inline uint32_t hw_chunk_leases(uint64_t word) {
  return (uint32_t)(word >> 8) & HW_CHUNK_LEASES_MOST;
}

static inline hw_chunk_state_t hw_chunk_state(uint64_t word) {
  return (hw_chunk_state_t)(word & 0xFF);
}

static inline uint64_t hw_chunk_shape(hw_layout_t layout, uint32_t owner) {
  return (uint64_t)layout.size | ((uint64_t)__builtin_ctzll(layout.align) << HW_CHUNK_SIZE_BITS) |
         ((uint64_t)owner << 48);
}

static inline hw_layout_t hw_chunk_layout(uint64_t shape) {
  return (hw_layout_t){(size_t)(shape & (((uint64_t)1 << HW_CHUNK_SIZE_BITS) - 1)),
                       (size_t)1 << ((shape >> HW_CHUNK_SIZE_BITS) & 63)};
}

static inline uint32_t hw_chunk_owner(uint64_t shape) {
  return (uint32_t)(shape >> 48);
}

/* Generations of a share count to here. */
static inline uint64_t hw_share_generations(const hw_share_t *share) {
  return ((uint64_t)1 << (53 - share->index_bits)) - 1;
}

/* The generation behind another one. */
static inline uint64_t hw_share_next(const hw_share_t *share, uint64_t word) {
  return ((word >> 24) + 1) & hw_share_generations(share);
}

/* The address that the heap knows the block of record `index` by. */
void *hw_share_address(const hw_share_t *share, size_t index, uint64_t shape);

/* Frees the block of a record if it is live and that owner's; under a lease, at the lease's end.
 * False: it is not. */
bool hw_share_end_block(hw_share_t *share, size_t index, uint32_t owner);

/* One lease less. */
hw_code_t hw_share_drop_lease(hw_share_t *share, uint64_t handle);
