/* What a ChunkPool is behind JavaScript: a heap of chunks over memory of the program's, used by one
 * thread or, over shared memory, by several. Knows nothing of JavaScript; tested in C.
 *
 * A share is the heap, and a record for each chunk that a block can begin at. It lives in memory
 * that no JavaScript reaches, as long as it has members: one for each pool, of the thread that
 * made or joined it. Its region is a range of numbers here: nothing in these files reads or writes
 * a byte of it, so that nothing can happen when it is detached, moved or scribbled over.
 *
 * A record is one 64-bit word, and a second one with what the block is like:
 *
 *     63        24 23     8 7     0        63       48 47     42 41      0
 *     | generation | leases | state |      | owner    | lg align | size  |
 *
 *     FREE -> LIVE -> FREE         freed: by anyone, and once, for the generation moves on
 *             LIVE -> DOOMED -> FREE   freed under a lease, whose end decides
 *             LIVE -> CLAIMED -> LIVE  being reallocated in place, as another generation
 *
 * Every transition is one compare-and-swap; who loses it changes nothing. A handle is a generation
 * and the number of a record, together below 2^53. Generations begin at a number that is drawn for
 * each share, so that a handle of another one names nothing; they wrap after at least 2^20 blocks
 * at one and the same chunk, and after 2^36 in a heap of up to 65,536 chunks.
 *
 * Memory of a program's lies where it lies, and a heap's blocks begin at a chunk. An alignment that
 * no chunk might have is served out of a block with room to spare, at the first address in it that
 * has the alignment.
 *
 * Threads. A member is used by its own thread only. The heap's lock, and the one over the list of
 * shares, are held within single calls, which run to their end whatever becomes of the JavaScript
 * that made them: a worker that is terminated leaves no lock behind. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "codes.h"
#include "heapwright.h"

/* Members have numbers from 1 on; a number is given again when its blocks were reclaimed. */
#define HW_MEMBER_MOST 65534u
/* A region's bytes are fewer, so that a record has room for the size of a block. */
#define HW_SHARE_MOST ((size_t)1 << 42)
/* The most chunks: a handle has room for their numbers. */
#define HW_SHARE_CHUNKS_MOST ((size_t)1 << 32)
/* Nobody guesses it. */
#define HW_SHARE_ID_LENGTH 32

typedef struct hw_share hw_share_t;

typedef struct hw_chunk_record {
  _Atomic uint64_t word, shape;
} hw_chunk_record_t;

/* A lease that a member holds, so that its end ends it. */
typedef struct hw_member_lease {
  uint64_t handle;
} hw_member_lease_t;

typedef struct hw_member {
  hw_share_t *share;
  uint32_t number;
  hw_member_lease_t *leases;
  size_t lease_count, lease_capacity;
} hw_member_t;

/* A block as a handle names it. */
typedef struct hw_share_block {
  uint64_t offset; /* in the region; 0 of an empty block */
  hw_layout_t layout;
  uint64_t start; /* of its first chunk */
  size_t usable; /* bytes that it takes up, from there on */
  uint32_t owner;
  uint32_t leases;
  bool doomed;
} hw_share_block_t;

/* --- shares and members (chunk_share.c) --- */

/* A share over the region of `options`, and its first member. `id` NULL: nobody can join it;
 * `seed` is where generations begin. BUSY: there is one to join that has some of these bytes. */
hw_code_t hw_share_create(const hw_chunk_options_t *options, const char *id, uint64_t seed,
                          hw_member_t **out);
/* Another member of the share of that id over that region. CLOSED: there is no such share;
 * NOT_OWNED: it is over another region. */
hw_code_t hw_share_join(const char *id, const void *region, size_t size, hw_member_t **out);
/* Ends a member and its leases. Its blocks stay until they are reclaimed; with the last member the
 * share ends. */
void hw_share_leave(hw_member_t *member);
/* Frees the blocks of a member that has left: *blocks. BUSY: it has not. */
hw_code_t hw_share_reclaim(hw_member_t *member, uint32_t number, size_t *blocks);
/* Frees the member's own blocks. */
void hw_share_reset(hw_member_t *member);
/* HW_CODE_CORRUPTED with the broken invariant's name. */
hw_code_t hw_share_verify(hw_member_t *member, const char **broken);
hw_allocator_t *hw_share_allocator(const hw_member_t *member);
/* Shares of the whole process. */
size_t hw_share_count(void);

/* --- blocks (chunk_blocks.c) --- */

hw_code_t hw_share_allocate(hw_member_t *member, hw_layout_t layout, uint64_t *handle,
                            uint64_t *offset);
/* `layout` NULL: any. OK, or KEPT: a lease holds the memory (`refuse`: LEASED instead). */
hw_code_t hw_share_free(hw_member_t *member, uint64_t handle, const hw_layout_t *layout,
                        bool refuse);
/* OK or ABANDONED with what there is to say; DETACHED, NOT_OWNED. */
hw_code_t hw_share_look(hw_member_t *member, uint64_t handle, hw_share_block_t *out);
/* The block in place as a new one; NOT_IN_PLACE. */
hw_code_t hw_share_resize(hw_member_t *member, uint64_t handle, hw_layout_t next, uint64_t *out);
hw_code_t hw_share_lease(hw_member_t *member, uint64_t handle);
/* KEPT: other leases are left on a block that was freed. */
hw_code_t hw_share_end_lease(hw_member_t *member, uint64_t handle);
/* What the heap is asked for to serve a layout. */
hw_layout_t hw_share_layout(const hw_member_t *member, hw_layout_t layout);
/* Whether a byte lies in a live block. */
bool hw_share_owns(const hw_member_t *member, uint64_t offset);
/* Blocks that were freed and wait for a lease. */
void hw_share_doomed(const hw_member_t *member, uint64_t *blocks, uint64_t *bytes);
