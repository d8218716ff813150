/* The record of one block that JavaScript can see: who owns it, how large it is, and one 64-bit
 * word that says what may happen to it next.
 *
 *     63            32 31             8 7       0
 *     | generation    | leases         | state   |
 *
 * Every transition is one compare-and-swap of the whole word; who loses the race changes nothing.
 * A stamp in JavaScript is (index, generation): a record is used again only after its buffer's
 * finalizer ran, with the next generation, so an old stamp can never name a new block.
 *
 *     FREE -> LIVE -> REVOKING -> REVOKED -> FREE      freed while the loop was idle
 *             LIVE -> ABANDONED -> FREE                freed while requests were active
 *             LIVE -> DOOMED -> REVOKING | ABANDONED   freed under a lease, decided at its end
 *             LIVE -> FREE                             dropped and collected
 *     REVOKING -> FINALIZED -> FREE    the runtime finalised inside the detach (Bun, Deno)
 *     REVOKING -> LIVE                 the detach was refused
 *     any state that holds memory -> ORPHAN            its environment ended first
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "heapwright.h"

typedef enum hw_record_state {
  HW_RECORD_FREE = 0,
  HW_RECORD_LIVE,
  HW_RECORD_DOOMED,
  HW_RECORD_ABANDONED,
  HW_RECORD_REVOKING,
  HW_RECORD_FINALIZED,
  HW_RECORD_REVOKED,
  HW_RECORD_ORPHAN,
} hw_record_state_t;

typedef enum hw_record_kind {
  HW_KIND_BLOCK = 0, /* one allocation, one ArrayBuffer */
  HW_KIND_SLAB,      /* a range of raw memory that a pool cuts up */
  HW_KIND_SCOPE,     /* a range of raw memory that a scope hands out */
  HW_KIND_RAW,       /* memory without an ArrayBuffer; slabs and scopes are ranges of it */
} hw_record_kind_t;

typedef struct hw_heap hw_heap_t;
struct hw_record_table;

typedef struct hw_record {
  _Alignas(64) _Atomic uint64_t word;
  void *address;
  size_t size;
  hw_heap_t *heap;          /* valid while the record holds memory */
  struct hw_record_table *table;
  struct hw_record *parent; /* of a range: its raw memory; of each of the two blocks in a
                               reallocation: the other; NULL for what owns its memory */
  uint32_t index;
  union {
    uint32_t next_free;
    uint32_t abandoned_ranges; /* of raw memory, which no finalizer comes for */
  };
  uint32_t ranges; /* of raw memory: ranges that still hold it */
  uint8_t lg_align;
  uint8_t kind;
  bool has_orphans : 1; /* of raw memory: a range was orphaned, so the whole must be */
  bool gave_memory : 1; /* in a reallocation, while `parent` is set: had the memory before */
  bool shrinks : 1;     /* of that record: the allocator does not know of the new layout yet */
} hw_record_t;

/* A table holds 1,024 to a 64 KiB segment and finds them by shift and mask. */
_Static_assert(sizeof(hw_record_t) == 64, "a record is one cache line");

#define HW_MAX_LEASES 0xFFFFFFu
/* Stays a small integer in V8. A record that used them all is never used again. */
#define HW_MAX_GENERATION 0x7FFFFFFEu

static inline uint64_t hw_word_make(uint32_t generation, uint32_t leases, hw_record_state_t state) {
  return ((uint64_t)generation << 32) | ((uint64_t)leases << 8) | (uint64_t)state;
}

static inline uint32_t hw_word_generation(uint64_t word) {
  return (uint32_t)(word >> 32);
}

static inline uint32_t hw_word_leases(uint64_t word) {
  return (uint32_t)(word >> 8) & HW_MAX_LEASES;
}

static inline hw_record_state_t hw_word_state(uint64_t word) {
  return (hw_record_state_t)(word & 0xFF);
}

static inline uint64_t hw_record_word(const hw_record_t *record) {
  return atomic_load_explicit(&record->word, memory_order_acquire);
}

/* From exactly `seen` to the same generation with other leases and state. False: somebody else was
 * faster. */
static inline bool hw_record_step(hw_record_t *record, uint64_t seen, uint32_t leases,
                                  hw_record_state_t to) {
  uint64_t next = hw_word_make(hw_word_generation(seen), leases, to);
  return atomic_compare_exchange_strong_explicit(&record->word, &seen, next, memory_order_acq_rel,
                                                 memory_order_acquire);
}

/* Whether the record's memory has not been given back, handed on or retired yet. */
static inline bool hw_state_holds_memory(hw_record_state_t state) {
  return state == HW_RECORD_LIVE || state == HW_RECORD_DOOMED || state == HW_RECORD_ABANDONED ||
         state == HW_RECORD_REVOKING || state == HW_RECORD_FINALIZED;
}

/* Whether the buffer was not yet taken away by a free: it may still be read and written. */
static inline bool hw_state_is_attached(hw_record_state_t state) {
  return state == HW_RECORD_LIVE || state == HW_RECORD_DOOMED || state == HW_RECORD_ABANDONED;
}

/* Whether the record is part of raw memory. */
static inline bool hw_record_is_range(const hw_record_t *record) {
  return record->parent != NULL && record->parent->kind == HW_KIND_RAW;
}

static inline hw_layout_t hw_record_layout(const hw_record_t *record) {
  return (hw_layout_t){record->size, (size_t)1 << record->lg_align};
}
