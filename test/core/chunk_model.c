#include "chunk_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                                 \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      fprintf(stderr, "%s:%d: the model disagrees: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                                             \
    }                                                                                      \
  } while (0)

void chunk_model_begin(chunk_model_t *model, const hw_config_t *config) {
  hw_chunk_info_t info;
  memset(model, 0, sizeof *model);
  REQUIRE(hw_create("chunk", config, &model->heap) == HW_OK);
  REQUIRE(hw_chunk_info(model->heap, &info) == HW_OK);
  REQUIRE(info.chunk_count <= CHUNK_MODEL_CHUNKS);
  model->region = info.region;
  model->chunks = info.chunk_count;
  model->chunk_size = info.chunk_size;
  model->bitmap = config->chunk->bitmap;
  model->limit = config->limit;
}

static size_t chunks_of(const chunk_model_t *model, hw_layout_t layout) {
  return layout.size / model->chunk_size + (layout.size % model->chunk_size != 0);
}

static size_t first_of(const chunk_model_t *model, const chunk_model_block_t *block) {
  return (size_t)(block->ptr - model->region) / model->chunk_size;
}

static bool are_free(const chunk_model_t *model, size_t at, size_t count) {
  if (count > model->chunks || at > model->chunks - count) return false;
  for (size_t i = at; i < at + count; i++) {
    if (model->taken[i]) return false;
  }
  return true;
}

static bool has_room(const chunk_model_t *model, hw_layout_t layout) {
  if (layout.size == 0) return true;
  size_t count = chunks_of(model, layout), run = 0;
  for (size_t at = model->chunks; at-- > 0;) {
    run = model->taken[at] ? 0 : run + 1;
    uintptr_t address = (uintptr_t)(model->region + at * model->chunk_size);
    if (run >= count && (address & (layout.align - 1)) == 0) return true;
  }
  return false;
}

static void set_taken(chunk_model_t *model, const chunk_model_block_t *block, bool taken) {
  if (block->layout.size == 0) return;
  size_t at = first_of(model, block), count = chunks_of(model, block->layout);
  REQUIRE(!taken || are_free(model, at, count));
  for (size_t i = at; i < at + count; i++) model->taken[i] = taken;
}

static void check_bytes(const chunk_model_block_t *block, size_t size) {
  if (size == 0) return;
  REQUIRE(block->ptr[0] == block->mark && memcmp(block->ptr, block->ptr + 1, size - 1) == 0);
}

/* A block that is new, or where it is now: it lies where nothing is. */
static void admit(chunk_model_t *model, chunk_model_block_t *block) {
  REQUIRE(block->ptr != NULL && (uintptr_t)block->ptr % block->layout.align == 0);
  set_taken(model, block, true);
  block->mark = ++model->mark;
  if (block->layout.size > 0) memset(block->ptr, block->mark, block->layout.size);
  model->bytes += block->layout.size;
}

static hw_status_t expected(const chunk_model_t *model, size_t size, bool has_place) {
  if (size > model->limit - model->bytes) return HW_ERR_LIMIT;
  return has_place ? HW_OK : HW_ERR_OUT_OF_MEMORY;
}

void chunk_model_allocate(chunk_model_t *model, uint32_t owner, hw_layout_t layout,
                          uint32_t flags) {
  if (model->count == CHUNK_MODEL_BLOCKS) return;
  void *out = NULL;
  hw_status_t should = expected(model, layout.size, has_room(model, layout));
  hw_status_t status = owner == 0 ? hw_allocate(model->heap, layout, flags, &out)
                                  : hw_chunk_allocate_as(model->heap, owner, layout, flags, &out);
  REQUIRE(status == should && (out == NULL) == (status != HW_OK));
  if (status != HW_OK) {
    model->failures++;
    return;
  }
  chunk_model_block_t *block = &model->blocks[model->count++];
  *block = (chunk_model_block_t){.ptr = out, .layout = layout, .owner = owner};
  if (flags & HW_ZEROED) check_bytes(block, layout.size);
  admit(model, block);
}

static void forget(chunk_model_t *model, size_t index) {
  chunk_model_block_t *block = &model->blocks[index];
  set_taken(model, block, false);
  model->bytes -= block->layout.size;
  model->last_freed = *block;
  model->count--;
  memmove(block, block + 1, (model->count - index) * sizeof *block);
}

void chunk_model_free(chunk_model_t *model, size_t index) {
  if (index >= model->count) return;
  chunk_model_block_t *block = &model->blocks[index];
  check_bytes(block, block->layout.size);
  REQUIRE(hw_deallocate(model->heap, block->ptr, block->layout) == HW_OK);
  forget(model, index);
}

/* Whether the block takes the layout where it stands. */
static bool fits_in_place(const chunk_model_t *model, const chunk_model_block_t *block,
                          hw_layout_t next) {
  if (block->layout.size == 0 || next.size == 0) {
    return block->layout.size == next.size && block->layout.align == next.align;
  }
  size_t has = chunks_of(model, block->layout), wants = chunks_of(model, next);
  if ((uintptr_t)block->ptr % next.align != 0) return false;
  return wants <= has || are_free(model, first_of(model, block) + has, wants - has);
}

/* The block has `next` at `ptr` now; bytes that it had are kept. */
static void change(chunk_model_t *model, chunk_model_block_t *block, void *ptr, hw_layout_t next,
                   bool zeroed) {
  size_t had = block->layout.size, kept = had < next.size ? had : next.size;
  set_taken(model, block, false);
  model->bytes -= had;
  block->ptr = ptr;
  block->layout = next;
  check_bytes(block, kept);
  for (size_t i = kept; zeroed && i < next.size; i++) REQUIRE(block->ptr[i] == 0);
  admit(model, block);
}

void chunk_model_reallocate(chunk_model_t *model, size_t index, hw_layout_t next, uint32_t flags) {
  if (index >= model->count) return;
  chunk_model_block_t *block = &model->blocks[index];
  bool stays = fits_in_place(model, block, next);
  hw_status_t should = HW_OK;
  if (stays) {
    size_t growth = next.size > block->layout.size ? next.size - block->layout.size : 0;
    should = expected(model, growth, true);
  } else {
    should = expected(model, next.size, has_room(model, next));
  }
  void *out = NULL;
  hw_status_t status = hw_reallocate(model->heap, block->ptr, block->layout, next, flags, &out);
  REQUIRE(status == should);
  if (status != HW_OK) {
    model->failures++;
    check_bytes(block, block->layout.size);
    return;
  }
  REQUIRE((out == block->ptr) == stays);
  change(model, block, out, next, (flags & HW_ZEROED) != 0);
}

void chunk_model_resize(chunk_model_t *model, size_t index, hw_layout_t next) {
  if (index >= model->count) return;
  chunk_model_block_t *block = &model->blocks[index];
  size_t growth = next.size > block->layout.size ? next.size - block->layout.size : 0;
  hw_status_t should = HW_ERR_NOT_IN_PLACE;
  if (fits_in_place(model, block, next)) should = expected(model, growth, true);
  REQUIRE(hw_reallocate_in_place(model->heap, block->ptr, block->layout, next) == should);
  model->failures += should == HW_ERR_LIMIT;
  if (should == HW_OK) change(model, block, block->ptr, next, false);
}

void chunk_model_reclaim(chunk_model_t *model, uint32_t owner) {
  size_t should = 0, blocks = SIZE_MAX;
  for (size_t i = model->count; i-- > 0;) {
    if (model->blocks[i].owner != owner) continue;
    forget(model, i);
    should++;
  }
  REQUIRE(hw_chunk_reclaim(model->heap, owner, &blocks) == HW_OK && blocks == should);
}

/* Whether a live block lies where a dead one began. */
static bool has_tenant(const chunk_model_t *model, const chunk_model_block_t *dead) {
  if (dead->layout.size > 0) return model->taken[first_of(model, dead)];
  for (size_t i = 0; i < model->count; i++) {
    if (model->blocks[i].ptr == dead->ptr) return true;
  }
  return false;
}

void chunk_model_misuse(chunk_model_t *model, size_t index, unsigned sort) {
  if (index >= model->count) return;
  const chunk_model_block_t *block = &model->blocks[index];
  hw_layout_t layout = block->layout;
  uint8_t *ptr = block->ptr;
  hw_status_t should = HW_ERR_LAYOUT_MISMATCH;
  size_t at = 0;
  switch (sort % 6) {
    case 0: layout.size += 1 + sort / 6; break;
    case 1: layout.size = layout.size > 0 ? layout.size - 1 : 1; break;
    case 2: /* on the border of its last chunk, with what is left */
      if (chunks_of(model, layout) < 2) return;
      at = (chunks_of(model, layout) - 1) * model->chunk_size;
      ptr += at;
      layout = (hw_layout_t){layout.size - at, 1};
      should = HW_ERR_INTERIOR;
      break;
    case 3: /* inside a chunk, with what is left or with all */
      if (layout.size < 2) return;
      ptr++;
      layout = (hw_layout_t){layout.size - sort / 6 % 2, 1};
      should = HW_ERR_INTERIOR;
      break;
    case 4:
      ptr = model->region + model->chunks * model->chunk_size;
      if (layout.size == 0) return;
      should = HW_ERR_NOT_OWNED;
      break;
    default: /* a second free of the last one, unless it has a new tenant */
      if (model->last_freed.ptr == NULL || has_tenant(model, &model->last_freed)) return;
      ptr = model->last_freed.ptr;
      layout = model->last_freed.layout;
      should = HW_ERR_NOT_LIVE;
  }
  REQUIRE(hw_deallocate(model->heap, ptr, layout) == should);
  if (sort % 6 == 4) return;
  void *out = NULL;
  REQUIRE(hw_reallocate(model->heap, ptr, layout, layout, 0, &out) == should && out == NULL);
  REQUIRE(hw_reallocate_in_place(model->heap, ptr, layout, layout) == should);
}

void chunk_model_reset(chunk_model_t *model) {
  REQUIRE(hw_chunk_reset(model->heap) == HW_OK);
  while (model->count > 0) forget(model, model->count - 1);
}

static size_t longest_free(const chunk_model_t *model) {
  size_t longest = 0, run = 0;
  for (size_t i = 0; i < model->chunks; i++) {
    run = model->taken[i] ? 0 : run + 1;
    if (run > longest) longest = run;
  }
  return longest;
}

void chunk_model_check(chunk_model_t *model) {
  const char *broken = NULL;
  hw_stats_t stats;
  hw_chunk_info_t info;
  size_t longest = 0, used = 0;
  if (hw_verify(model->heap, &broken) != HW_OK) {
    fprintf(stderr, "not: %s\n", broken);
    abort();
  }
  REQUIRE(hw_stats(model->heap, &stats) == HW_OK);
  REQUIRE(hw_chunk_info(model->heap, &info) == HW_OK);
  REQUIRE(hw_chunk_largest_free_run(model->heap, &longest) == HW_OK);
  size_t asked = model->mark; /* a large heap is not asked for all its chunks */
  for (size_t i = 0; i < model->chunks; i++) {
    const uint8_t *address = model->region + i * model->chunk_size;
    used += model->taken[i];
    if (model->chunks <= 64 || i % 64 == asked % 64) {
      REQUIRE(hw_owns(model->heap, address) == (model->taken[i] ? HW_OWNS_YES : HW_OWNS_NO));
    }
    if (model->bitmap != NULL) REQUIRE((model->bitmap[i / 8] >> (i % 8) & 1) == model->taken[i]);
  }
  for (size_t i = model->chunks; model->bitmap != NULL && i % 8 != 0; i++) {
    REQUIRE((model->bitmap[i / 8] >> (i % 8) & 1) == 0);
  }
  for (size_t i = 0; i < model->count; i++) {
    check_bytes(&model->blocks[i], model->blocks[i].layout.size);
    REQUIRE(hw_owns(model->heap, model->blocks[i].ptr) == HW_OWNS_YES);
  }
  REQUIRE(stats.live_blocks == model->count && stats.live_bytes == model->bytes);
  REQUIRE(stats.failures == model->failures && stats.peak_bytes >= model->bytes);
  REQUIRE(info.free_chunks == model->chunks - used && longest == longest_free(model));
}

void chunk_model_end(chunk_model_t *model) {
  while (model->count > 0) chunk_model_free(model, model->count / 2);
  chunk_model_check(model);
  REQUIRE(hw_destroy(model->heap) == HW_OK);
}
