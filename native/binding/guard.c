#include "guard.h"

#include <string.h>

#include "allocator/account.h"
#include "allocator/allocator.h"
#include "base/align.h"
#include "range_tree.h"

/* A block with bytes. Empty ones are only counted: their addresses need not differ. */
typedef struct hw_guarded {
  hw_range_t range; /* the bytes that the inner allocator holds for it */
  hw_layout_t layout; /* as the caller knows it, at most that large */
  hw_layout_t before; /* before it last changed: the way back is always open */
  hw_layout_t told; /* as the inner allocator knows it */
  bool retired; /* never given back, its addresses never handed out again */
} hw_guarded_t;

typedef struct hw_guard {
  hw_allocator_t base;
  hw_allocator_ops_t ops; /* with the capabilities of the inner one */
  hw_allocator_t *inner;
  const hw_os_t *os;
  hw_account_t account;
  hw_range_tree_t blocks;
  size_t empty; /* live blocks without bytes */
  size_t retired;
  size_t refused; /* frees that the inner allocator refused: those blocks are retired */
} hw_guard_t;

static hw_guard_t *guard_of(hw_allocator_t *self) {
  return (hw_guard_t *)self;
}

static bool can(const hw_guard_t *guard, uint32_t capability) {
  return (guard->inner->ops->capabilities & capability) != 0;
}

/* --- what the inner allocator answers --- */

/* A status that says no, and nothing else. */
static hw_status_t refusal(hw_status_t status) {
  bool is_plain =
      status == HW_ERR_OUT_OF_MEMORY || status == HW_ERR_LIMIT || status == HW_ERR_NOWAIT;
  return is_plain ? status : HW_ERR_CORRUPTED;
}

static bool is_range(const void *ptr, size_t size) {
  return (uintptr_t)ptr <= UINTPTR_MAX - size;
}

static bool is_block(const hw_guard_t *guard, const void *ptr, hw_layout_t layout) {
  if (ptr == NULL || !hw_is_aligned(ptr, layout.align)) return false;
  if (layout.size == 0) return true;
  return is_range(ptr, layout.size) &&
         !hw_range_overlaps(&guard->blocks, (uintptr_t)ptr, layout.size, NULL);
}

static hw_status_t fetch(hw_guard_t *guard, hw_layout_t layout, uint32_t flags, void **out) {
  *out = NULL;
  hw_status_t status = hw_allocate(guard->inner, layout, flags & ~(uint32_t)HW_ZEROED, out);
  if (status != HW_OK) return refusal(status);
  return is_block(guard, *out, layout) ? HW_OK : HW_ERR_CORRUPTED;
}

/* --- blocks --- */

static void enter(hw_guard_t *guard, hw_guarded_t *block, void *ptr, hw_layout_t layout) {
  if (block == NULL) {
    guard->empty++;
    return;
  }
  *block = (hw_guarded_t){.layout = layout, .before = layout, .told = layout};
  block->range.start = (uintptr_t)ptr;
  block->range.size = layout.size;
  hw_range_insert(&guard->blocks, &block->range);
}

static hw_status_t guard_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags,
                                  void **out) {
  hw_guard_t *guard = guard_of(self);
  if ((flags & HW_NOWAIT) != 0 && !can(guard, HW_CAN_NOWAIT)) {
    hw_account_fail(&guard->account);
    return HW_ERR_NOWAIT;
  }
  hw_status_t status = hw_account_charge(&guard->account, layout.size);
  if (status != HW_OK) return status;
  /* The node first: what was fetched might not be taken back. */
  hw_guarded_t *block = layout.size == 0 ? NULL : guard->os->heap_allocate(sizeof *block);
  bool has_node = block != NULL || layout.size == 0;
  void *ptr = NULL;
  status = has_node ? fetch(guard, layout, flags, &ptr) : HW_ERR_OUT_OF_MEMORY;
  if (status != HW_OK) {
    if (block != NULL) guard->os->heap_free(block);
    hw_account_refund(&guard->account, layout.size);
    hw_account_fail(&guard->account);
    return status;
  }
  if ((flags & HW_ZEROED) != 0 && layout.size > 0) memset(ptr, 0, layout.size);
  enter(guard, block, ptr, layout);
  hw_account_open(&guard->account);
  *out = ptr;
  return HW_OK;
}

/* The live block that starts at `ptr`. */
static hw_status_t find(const hw_guard_t *guard, const void *ptr, hw_layout_t layout,
                        hw_guarded_t **out) {
  hw_range_t *range = hw_range_up_to(&guard->blocks, (uintptr_t)ptr);
  if (range == NULL || (uintptr_t)ptr - range->start >= range->size) return HW_ERR_NOT_OWNED;
  hw_guarded_t *block = (hw_guarded_t *)range;
  if (block->retired) return HW_ERR_NOT_LIVE;
  if (range->start != (uintptr_t)ptr) return HW_ERR_INTERIOR;
  bool same = block->layout.size == layout.size && block->layout.align == layout.align;
  *out = block;
  return same ? HW_OK : HW_ERR_LAYOUT_MISMATCH;
}

static hw_status_t end_empty(hw_guard_t *guard, void *ptr, hw_layout_t layout) {
  if (guard->empty == 0) return HW_ERR_NOT_OWNED;
  guard->empty--;
  if (hw_deallocate(guard->inner, ptr, layout) != HW_OK) guard->refused++;
  hw_account_close(&guard->account, 0);
  return HW_OK;
}

static hw_status_t guard_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  hw_guard_t *guard = guard_of(self);
  if (layout.size == 0) return end_empty(guard, ptr, layout);
  hw_guarded_t *block = NULL;
  hw_status_t status = find(guard, ptr, layout, &block);
  if (status != HW_OK) return status;
  hw_account_close(&guard->account, layout.size);
  if (hw_deallocate(guard->inner, ptr, block->told) == HW_OK) {
    hw_range_remove(&guard->blocks, &block->range);
    guard->os->heap_free(block);
    return HW_OK;
  }
  /* The caller's part of a free is done and cannot be undone: the memory is lost, and verify says
   * so from now on. */
  block->retired = true;
  guard->refused++;
  return HW_OK;
}

static hw_status_t guard_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  hw_guard_t *guard = guard_of(self);
  hw_guarded_t *block = NULL;
  if (layout.size == 0) {
    if (guard->empty == 0) return HW_ERR_NOT_OWNED;
    guard->empty--;
  } else {
    hw_status_t status = find(guard, ptr, layout, &block);
    if (status != HW_OK) return status;
    block->retired = true;
    if (hw_retire(guard->inner, ptr, block->told) != HW_OK) memset(ptr, 0, block->told.size);
  }
  guard->retired++;
  hw_account_retire(&guard->account, layout.size);
  return HW_OK;
}

/* --- in place --- */

/* Within the bytes that the block has already. The inner allocator is not told: it could refuse the
 * way back. So much less is worth a move that it gives back half of them. */
static bool fits(const hw_guarded_t *block, hw_layout_t next) {
  if (next.size > block->told.size) return false;
  bool is_back = next.size == block->before.size && next.align == block->before.align;
  return is_back || next.size >= block->told.size / 2;
}

static hw_status_t extend(hw_guard_t *guard, hw_guarded_t *block, hw_layout_t next) {
  void *ptr = (void *)block->range.start;
  if (next.size <= block->told.size || !can(guard, HW_CAN_IN_PLACE)) return HW_ERR_NOT_IN_PLACE;
  if (!is_range(ptr, next.size)) return HW_ERR_NOT_IN_PLACE;
  hw_layout_t told = {next.size, block->told.align};
  if (hw_reallocate_in_place(guard->inner, ptr, block->told, told) != HW_OK) {
    return HW_ERR_NOT_IN_PLACE;
  }
  if (hw_range_overlaps(&guard->blocks, block->range.start, told.size, &block->range)) {
    /* Bytes of another block. If it does not take them back either, it only believes to own them.
     */
    hw_status_t undone = hw_reallocate_in_place(guard->inner, ptr, told, block->told);
    (void)undone;
    return HW_ERR_CORRUPTED;
  }
  block->told = told;
  block->range.size = told.size;
  return HW_OK;
}

static hw_status_t guard_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                  hw_layout_t next) {
  hw_guard_t *guard = guard_of(self);
  if (layout.size == 0 || next.size == 0) {
    return hw_default_reallocate_in_place(self, ptr, layout, next);
  }
  hw_guarded_t *block = NULL;
  hw_status_t status = find(guard, ptr, layout, &block);
  if (status != HW_OK) return status;
  if (!hw_is_aligned(ptr, next.align)) return HW_ERR_NOT_IN_PLACE;

  size_t growth = next.size > layout.size ? next.size - layout.size : 0;
  status = hw_account_charge(&guard->account, growth);
  if (status != HW_OK) return status;
  status = fits(block, next) ? HW_OK : extend(guard, block, next);
  if (status != HW_OK) {
    hw_account_refund(&guard->account, growth);
    return status;
  }
  hw_account_raise_peak(&guard->account);
  if (growth == 0) hw_account_refund(&guard->account, layout.size - next.size);
  block->before = block->layout;
  block->layout = next;
  return HW_OK;
}

/* --- looking --- */

static hw_ownership_t guard_owns(hw_allocator_t *self, const void *ptr) {
  hw_guard_t *guard = guard_of(self);
  const hw_range_t *range = hw_range_up_to(&guard->blocks, (uintptr_t)ptr);
  if (range == NULL || (uintptr_t)ptr - range->start >= range->size) return HW_OWNS_NO;
  return ((const hw_guarded_t *)range)->retired ? HW_OWNS_NO : HW_OWNS_YES;
}

static void guard_stats(hw_allocator_t *self, hw_stats_t *out) {
  hw_account_stats(&guard_of(self)->account, out);
}

/* The blocks among themselves, and against the account. */
static const char *broken_rule(const hw_guard_t *guard) {
  hw_stats_t stats;
  hw_account_stats(&guard->account, &stats);
  uint64_t blocks = guard->empty, bytes = 0, count = 0;
  uintptr_t end = 0;
  for (const hw_range_t *at = hw_range_after(&guard->blocks, 0); at != NULL;
       at = hw_range_after(&guard->blocks, at->start)) {
    const hw_guarded_t *block = (const hw_guarded_t *)at;
    if (at->start < end) return "no two blocks share a byte";
    if (block->layout.size > at->size) return "every block has its bytes";
    end = at->start + at->size;
    count++;
    if (block->retired) continue;
    blocks++;
    bytes += block->layout.size;
  }
  if (count != guard->blocks.count) return "every block is found by its address";
  if (blocks != stats.live_blocks) return "every block is counted";
  if (bytes != stats.live_bytes) return "every byte is counted";
  return guard->refused == 0 ? NULL : "the plug-in took back every block";
}

static hw_status_t guard_verify(hw_allocator_t *self, const char **broken) {
  hw_guard_t *guard = guard_of(self);
  hw_status_t status = hw_account_verify(&guard->account, broken);
  if (status != HW_OK) return status;
  *broken = broken_rule(guard);
  if (*broken != NULL) return HW_ERR_CORRUPTED;
  if (hw_verify(guard->inner, broken) == HW_OK) return HW_OK;
  if (*broken == NULL) *broken = "the plug-in's own verify";
  return HW_ERR_CORRUPTED;
}

/* --- the guard itself --- */

/* Of what was retired or refused the memory may still be used: then its owner has to live on. */
static void end_inner(hw_guard_t *guard) {
  if (guard->retired + guard->refused > 0) return;
  hw_status_t status = hw_destroy(guard->inner);
  (void)status; /* if it does not want to go it stays */
}

static hw_status_t guard_destroy(hw_allocator_t *self) {
  hw_guard_t *guard = guard_of(self);
  hw_stats_t stats;
  hw_account_stats(&guard->account, &stats);
  if (stats.live_blocks != 0) return HW_ERR_BUSY;
  end_inner(guard);
  while (guard->blocks.root != NULL) {
    hw_guarded_t *block = (hw_guarded_t *)guard->blocks.root;
    hw_range_remove(&guard->blocks, &block->range);
    guard->os->heap_free(block);
  }
  guard->os->heap_free(guard);
  return HW_OK;
}

hw_status_t hw_guard_create(hw_allocator_t *inner, size_t limit, const hw_os_t *os,
                            hw_allocator_t **out) {
  hw_guard_t *guard = os->heap_allocate(sizeof *guard);
  if (guard == NULL) return HW_ERR_OUT_OF_MEMORY;
  const uint32_t inherited = HW_CAN_IN_PLACE | HW_CAN_NOWAIT;
  *guard = (hw_guard_t){
      .ops =
          {
              .abi_version = HW_ABI_VERSION,
              .capabilities = HW_CAN_OWN | (inner->ops->capabilities & inherited),
              .name = "guard",
              .allocate = guard_allocate,
              .deallocate = guard_deallocate,
              .reallocate_in_place = guard_in_place,
              .owns = guard_owns,
              .retire = guard_retire,
              .stats = guard_stats,
              .verify = guard_verify,
              .destroy = guard_destroy,
          },
      .inner = inner,
      .os = os,
  };
  guard->base.ops = &guard->ops;
  hw_account_init(&guard->account, limit);
  hw_range_tree_init(&guard->blocks);
  *out = &guard->base;
  return HW_OK;
}
