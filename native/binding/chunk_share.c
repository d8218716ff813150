#define _POSIX_C_SOURCE 200809L /* nanosleep */

#include "chunk_share.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/align.h"
#include "base/check.h"
#include "base/config.h"
#include "base/lock.h"
#include "chunk_parts.h"
#include "heap_parts.h"

/* How often `verify` looks again while others are in the middle of a call, a millisecond apart. */
#define LOOKS 200

typedef enum hw_number {
  HW_NUMBER_FREE = 0,
  HW_NUMBER_ATTACHED,
  HW_NUMBER_GONE, /* blocks may be left */
} hw_number_t;

/* All shares of the process. */
static struct {
  pthread_mutex_t lock;
  hw_share_t *first;
  size_t count;
} list = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void before_fork(void) {
  pthread_mutex_lock(&list.lock);
}

static void in_parent(void) {
  pthread_mutex_unlock(&list.lock);
}

/* The lock may be that of a thread that is gone. */
static void in_child(void) {
  pthread_mutex_init(&list.lock, NULL);
}

/* Fails only for lack of memory; then a child that forks while shares come and go may hang. */
__attribute__((constructor(HW_FORK_ORDER_BINDING))) static void hold_over_forks(void) {
  (void)pthread_atfork(before_fork, in_parent, in_child);
}

static void enlist(hw_share_t *share) {
  share->next = list.first;
  if (list.first != NULL) list.first->previous = share;
  list.first = share;
  list.count++;
}

static void delist(hw_share_t *share) {
  if (share->next != NULL) share->next->previous = share->previous;
  if (share->previous != NULL) share->previous->next = share->next;
  if (list.first == share) list.first = share->next;
  list.count--;
}

size_t hw_share_count(void) {
  pthread_mutex_lock(&list.lock);
  size_t count = list.count;
  pthread_mutex_unlock(&list.lock);
  return count;
}

static hw_share_t *find(const char *id) {
  for (hw_share_t *share = list.first; share != NULL; share = share->next) {
    if (share->joinable && memcmp(share->id, id, HW_SHARE_ID_LENGTH) == 0) return share;
  }
  return NULL;
}

/* Whether a share that others can join has any of these bytes. The lock is held. */
static bool is_shared(const uint8_t *region, size_t size) {
  for (const hw_share_t *share = list.first; share != NULL; share = share->next) {
    bool overlaps = share->region < region + size && region < share->region + share->size;
    if (share->joinable && overlaps) return true;
  }
  return false;
}

static void drop_share(hw_share_t *share) {
  free(share->records);
  free(share->numbers);
  free(share);
}

/* The lock is not needed: nobody else knows the share any more. */
static void end_share(hw_share_t *share) {
  hw_status_t status = hw_chunk_reset(share->allocator);
  if (status == HW_OK) status = hw_destroy(share->allocator);
  HW_ASSERT(status == HW_OK);
  (void)status;
  drop_share(share);
}

/* All but its allocator. */
static hw_share_t *make_share(const hw_chunk_options_t *options) {
  hw_share_t *share = calloc(1, sizeof *share);
  if (share == NULL) return NULL;
  share->region = options->region;
  share->size = options->region_size;
  share->shift = (uint8_t)__builtin_ctzll(options->chunk_size);
  share->natural = (size_t)1 << __builtin_ctzll((uintptr_t)share->region | options->chunk_size);
  share->chunks = share->size >> share->shift;
  share->slots = share->chunks + HW_CHUNK_EMPTIES;
  share->index_bits = (uint8_t)(64 - __builtin_clzll(share->slots - 1));
  share->records = calloc(share->slots, sizeof *share->records);
  share->numbers = calloc(HW_MEMBER_MOST + 1, 1);
  if (share->records != NULL && share->numbers != NULL) return share;
  drop_share(share);
  return NULL;
}

/* --- members --- */

/* Numbers of members that have gone and left no block are free again. The lock is held. */
static void free_numbers(hw_share_t *share) {
  uint8_t *has_blocks = calloc(HW_MEMBER_MOST + 2, 1);
  if (has_blocks == NULL) return;
  for (size_t index = 0; index < share->slots; index++) {
    if (hw_chunk_state(share->records[index].word) == HW_CHUNK_FREE) continue;
    has_blocks[hw_chunk_owner(share->records[index].shape)] = 1;
  }
  for (uint32_t number = 1; number <= HW_MEMBER_MOST; number++) {
    if (share->numbers[number] == HW_NUMBER_GONE && !has_blocks[number]) {
      share->numbers[number] = HW_NUMBER_FREE;
    }
  }
  free(has_blocks);
}

static uint32_t find_number(const hw_share_t *share) {
  for (uint32_t step = 1; step <= HW_MEMBER_MOST; step++) {
    uint32_t number = (share->last_number + step - 1) % HW_MEMBER_MOST + 1;
    if (share->numbers[number] == HW_NUMBER_FREE) return number;
  }
  return 0;
}

/* The lock is held. */
static bool add_member(hw_share_t *share, hw_member_t *member) {
  uint32_t number = find_number(share);
  if (number == 0) {
    free_numbers(share);
    number = find_number(share);
  }
  if (number == 0) return false;
  share->numbers[number] = HW_NUMBER_ATTACHED;
  share->last_number = number;
  share->references++;
  member->share = share;
  member->number = number;
  return true;
}

static bool is_sane(const hw_chunk_options_t *options) {
  size_t chunk_size = options->chunk_size;
  return options->region != NULL && options->region_size < HW_SHARE_MOST &&
         hw_is_power_of_two(chunk_size) &&
         options->region_size / chunk_size <= HW_SHARE_CHUNKS_MOST;
}

hw_code_t hw_share_create(const hw_chunk_options_t *options, const char *id, uint64_t seed,
                          hw_member_t **out) {
  if (!is_sane(options)) return HW_CODE_INVALID_ARG;
  hw_config_t config = {.limit = HW_NO_LIMIT, .chunk = options};
  hw_allocator_t *allocator = NULL;
  hw_status_t status = hw_create("chunk", &config, &allocator);
  if (status != HW_OK) return hw_heap_code_of(status);

  hw_member_t *member = calloc(1, sizeof *member);
  hw_share_t *share = member == NULL ? NULL : make_share(options);
  if (share == NULL) {
    free(member);
    status = hw_destroy(allocator);
    HW_ASSERT(status == HW_OK);
    (void)status;
    return HW_CODE_OUT_OF_MEMORY;
  }
  share->allocator = allocator;
  share->seed = seed;
  share->joinable = id != NULL;
  if (id != NULL) memcpy(share->id, id, HW_SHARE_ID_LENGTH);
  pthread_mutex_lock(&list.lock);
  bool is_free = id == NULL || !is_shared(share->region, share->size);
  bool added = is_free && add_member(share, member);
  HW_ASSERT(added == is_free);
  if (added) enlist(share);
  pthread_mutex_unlock(&list.lock);
  if (added) {
    *out = member;
    return HW_CODE_OK;
  }
  end_share(share);
  free(member);
  return HW_CODE_BUSY;
}

hw_code_t hw_share_join(const char *id, const void *region, size_t size, hw_member_t **out) {
  hw_member_t *member = calloc(1, sizeof *member);
  if (member == NULL) return HW_CODE_OUT_OF_MEMORY;
  hw_code_t code = HW_CODE_OK;
  pthread_mutex_lock(&list.lock);
  hw_share_t *share = find(id);
  if (share == NULL) {
    code = HW_CODE_CLOSED;
  } else if (share->region != region || share->size != size) {
    code = HW_CODE_NOT_OWNED;
  } else if (!add_member(share, member)) {
    code = HW_CODE_LIMIT;
  }
  pthread_mutex_unlock(&list.lock);
  if (code == HW_CODE_OK) *out = member;
  if (code != HW_CODE_OK) free(member);
  return code;
}

void hw_share_leave(hw_member_t *member) {
  hw_share_t *share = member->share;
  while (member->lease_count > 0) {
    (void)hw_share_drop_lease(share, member->leases[--member->lease_count].handle);
  }
  pthread_mutex_lock(&list.lock);
  share->numbers[member->number] = HW_NUMBER_GONE;
  bool last = --share->references == 0;
  if (last) delist(share);
  pthread_mutex_unlock(&list.lock);
  if (last) end_share(share);
  free(member->leases);
  free(member);
}

/* --- all blocks of a member --- */

static size_t end_blocks(hw_share_t *share, uint32_t number) {
  size_t ended = 0;
  for (size_t index = 0; index < share->slots; index++) {
    if (hw_share_end_block(share, index, number)) ended++;
  }
  return ended;
}

hw_code_t hw_share_reclaim(hw_member_t *member, uint32_t number, size_t *blocks) {
  hw_share_t *share = member->share;
  hw_code_t code = HW_CODE_OK;
  *blocks = 0;
  if (number == 0 || number > HW_MEMBER_MOST) return HW_CODE_INVALID_ARG;
  pthread_mutex_lock(&list.lock);
  if (share->numbers[number] == HW_NUMBER_ATTACHED) {
    code = HW_CODE_BUSY;
  } else if (share->numbers[number] == HW_NUMBER_GONE) {
    *blocks = end_blocks(share, number);
    share->numbers[number] = HW_NUMBER_FREE;
  }
  pthread_mutex_unlock(&list.lock);
  return code;
}

void hw_share_reset(hw_member_t *member) {
  (void)end_blocks(member->share, member->number);
}

/* --- looking --- */

hw_allocator_t *hw_share_allocator(const hw_member_t *member) {
  return member->share->allocator;
}

static bool is_used(const hw_stats_t *before, const hw_stats_t *after) {
  return before->allocations != after->allocations || before->deallocations != after->deallocations;
}

/* Blocks that records know of; false if one of them is none of the heap's. */
static bool count_blocks(const hw_share_t *share, uint64_t *blocks) {
  *blocks = 0;
  for (size_t index = 0; index < share->slots; index++) {
    const hw_chunk_record_t *record = &share->records[index];
    uint64_t word = atomic_load_explicit(&record->word, memory_order_acquire);
    if (hw_chunk_state(word) == HW_CHUNK_FREE) continue;
    void *address = hw_share_address(share, index, record->shape);
    bool lives = hw_owns(share->allocator, address) == HW_OWNS_YES;
    bool same = atomic_load_explicit(&record->word, memory_order_acquire) == word;
    if (same && !lives) return false;
    *blocks += 1;
  }
  return true;
}

hw_code_t hw_share_verify(hw_member_t *member, const char **broken) {
  const hw_share_t *share = member->share;
  hw_status_t status = hw_verify(share->allocator, broken);
  if (status != HW_OK) return HW_CODE_CORRUPTED;
  for (unsigned look = 0; look < LOOKS; look++) {
    hw_stats_t before, after;
    uint64_t blocks = 0;
    *broken = "each record is of a block";
    if (hw_stats(share->allocator, &before) != HW_OK) return HW_CODE_CORRUPTED;
    if (!count_blocks(share, &blocks)) return HW_CODE_CORRUPTED;
    if (hw_stats(share->allocator, &after) != HW_OK) return HW_CODE_CORRUPTED;
    /* In use all the time: what can be said was said. */
    if (blocks == after.live_blocks || is_used(&before, &after)) return HW_CODE_OK;
    const struct timespec nap = {0, 1000000};
    (void)nanosleep(&nap, NULL);
  }
  *broken = "each block has a record";
  return HW_CODE_CORRUPTED;
}
