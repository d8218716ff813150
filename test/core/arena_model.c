#include "arena_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/align.h"
#include "model_os.h"

#define MOST_BYTES ((uint64_t)48 << 20)
#define LIMIT ((size_t)3 << 20)
#define MAPPED_LIMIT ((size_t)24 << 20)

_Noreturn void model_disagree(const model_t *model, const char *file, int line, const char *what,
                              hw_status_t status) {
  fprintf(stderr, "%s:%d: step %llu: not %s (status %s)\n", file, line,
          (unsigned long long)model->steps, what, hw_status_name(status));
  fprintf(stderr, "exact %d tracked %d limit %zu mapped %zu decay %lld own %d faults %d\n",
          model->exact, model->tracked, model->config.limit, model->options.mapped_limit,
          (long long)model->options.decay_ms, model->own_os, model->has_faults);
  abort();
}

/* xorshift64*, as in the harness, which wants cmocka. */
static uint64_t next_random(choices_t *choices) {
  choices->state ^= choices->state >> 12;
  choices->state ^= choices->state << 25;
  choices->state ^= choices->state >> 27;
  return choices->state * UINT64_C(0x2545F4914F6CDD1D);
}

size_t choose(choices_t *choices, size_t bound) {
  if (choices->bytes == NULL) return (size_t)((next_random(choices) >> 11) % bound);
  size_t value = 0;
  for (size_t most = 1; most < bound && choices->left > 0; most <<= 8) {
    value = value << 8 | *choices->bytes++;
    choices->left--;
  }
  return value % bound;
}

hw_allocator_t *model_any(model_t *model) {
  size_t which = choose(&model->from, 5);
  hw_allocator_t *cache = which < 4 ? model->caches[which & 1] : NULL;
  return cache != NULL ? cache : model->arena;
}

hw_layout_t model_layout(model_t *model) {
  static const struct {
    size_t least, bound;
  } sizes[] = {{0, 129},      {0, 129},        {1, 1024},        {1, 4200},         {4000, 30000},
               {32000, 2000}, {32769, 250000}, {500000, 100000}, {1000000, 1500000}};
  size_t kind = choose(&model->from, 64);
  /* Three quarters are small: most calls are, in a program. */
  kind = kind < 48 ? kind % 5 : kind < 63 ? 4 + kind % 4 : 8;
  size_t size = sizes[kind].least + choose(&model->from, sizes[kind].bound);
  size_t power = choose(&model->from, 32);
  size_t align = power < 16 ? 16 : (size_t)1 << (power - 16);
  if (power == 31) align <<= choose(&model->from, 8);
  return (hw_layout_t){size, align};
}

/* Where contents are written and looked at: all of the first bytes, then one in 509, and the last.
 */
static size_t next_place(size_t at, size_t size) {
  if (at < 64) return at + 1;
  return at + 509 < size || at + 1 >= size ? at + 509 : size - 1;
}

static uint8_t byte_at(size_t at, uint64_t seed) {
  return (uint8_t)(((at + 1) * UINT64_C(0x9E3779B97F4A7C15) + seed) >> 56);
}

void model_stamp(model_block_t *block) {
  for (size_t at = 0; at < block->usable; at = next_place(at, block->usable)) {
    block->ptr[at] = byte_at(at, block->seed);
  }
}

bool model_is_stamped(const model_block_t *block, const uint8_t *ptr, size_t size) {
  for (size_t at = 0; at < size; at = next_place(at, block->usable)) {
    if (ptr[at] != byte_at(at, block->seed)) return false;
  }
  return true;
}

static bool is_zero(const uint8_t *ptr, size_t size) {
  return size == 0 || (ptr[0] == 0 && memcmp(ptr, ptr + 1, size - 1) == 0);
}

static void restamp(model_t *model, model_block_t *block) {
  block->seed = ++model->seed * UINT64_C(0xD1B54A32D192ED03);
  model_stamp(block);
}

static uint32_t some_flags(model_t *model) {
  size_t kind = choose(&model->from, 16);
  return (kind & 3 ? 0 : HW_ZEROED) | (kind == 5 || kind == 8 ? HW_NOWAIT : 0) |
         (kind == 6 ? HW_NOWARN : 0);
}

static bool fits(const model_t *model, size_t more) {
  return more <= model->config.limit - model->bytes;
}

/* Whether the status is one that such a call may answer with. `surely`: it fits by the limit;
 * `perhaps`: it does, should the block grow where it stands. True where it succeeded. */
static bool accept(model_t *model, hw_status_t status, uint32_t flags, bool surely, bool perhaps) {
  bool allowed = false;
  switch (status) {
    case HW_OK: allowed = perhaps; break;
    case HW_ERR_LIMIT: allowed = !surely || model->options.mapped_limit != HW_NO_LIMIT; break;
    case HW_ERR_NOWAIT: allowed = (flags & HW_NOWAIT) != 0; break;
    case HW_ERR_OUT_OF_MEMORY: allowed = model->own_os && model_os_has_failed(); break;
    default: break;
  }
  if (!allowed) model_disagree(model, __FILE__, __LINE__, "an allowed status", status);
  if (status != HW_OK) model->failures++;
  return status == HW_OK;
}

static void charge(model_t *model, size_t bytes) {
  model->bytes += bytes;
  if (model->bytes > model->peak) model->peak = model->bytes;
}

static void allocate(model_t *model) {
  hw_layout_t layout = model_layout(model);
  uint32_t flags = some_flags(model);
  hw_allocator_t *through = model_any(model);
  size_t usable = hw_usable_size(through, layout);
  REQUIRE(model, usable >= layout.size && usable > 0);
  if (model->count == MODEL_BLOCKS || model->bytes + usable > MOST_BYTES) return;
  void *ptr = NULL;
  hw_status_t status = hw_allocate(through, layout, flags, &ptr);
  if (!accept(model, status, flags, fits(model, usable), fits(model, usable))) {
    REQUIRE(model, ptr == NULL);
    return;
  }
  REQUIRE(model, ptr != NULL && hw_is_aligned(ptr, layout.align));
  if (flags & HW_ZEROED) REQUIRE(model, is_zero(ptr, layout.size));
  model_block_t *block = &model->blocks[model->count++];
  *block = (model_block_t){.ptr = ptr, .layout = layout, .usable = usable};
  restamp(model, block);
  charge(model, usable);
  model->allocations++;
}

void model_forget(model_t *model, model_block_t *block) {
  model->stale[model->nstale++ % MODEL_STALE] = *block;
  model->bytes -= block->usable;
  *block = model->blocks[--model->count];
}

static void deallocate(model_t *model, model_block_t *block) {
  REQUIRE(model, model_is_stamped(block, block->ptr, block->usable));
  REQUIRE_STATUS(model, HW_OK, hw_deallocate(model_any(model), block->ptr, block->layout));
  model->deallocations++;
  model_forget(model, block);
}

static void reallocate(model_t *model, model_block_t *block) {
  hw_layout_t next = model_layout(model);
  if (one_in(&model->from, 2)) next.size = block->layout.size + choose(&model->from, 65536);
  uint32_t flags = some_flags(model);
  hw_allocator_t *through = model_any(model);
  size_t usable = hw_usable_size(through, next);
  size_t growth = usable > block->usable ? usable - block->usable : 0;
  if (model->bytes + usable > MOST_BYTES) return;
  void *ptr = NULL;
  hw_status_t status = hw_reallocate(through, block->ptr, block->layout, next, flags, &ptr);
  if (!accept(model, status, flags, fits(model, usable), fits(model, growth))) {
    REQUIRE(model, ptr == NULL);
    REQUIRE(model, model_is_stamped(block, block->ptr, block->usable));
    return;
  }
  size_t kept = hw_min(block->layout.size, next.size);
  REQUIRE(model, ptr != NULL && hw_is_aligned(ptr, next.align));
  REQUIRE(model, model_is_stamped(block, ptr, kept));
  if (flags & HW_ZEROED) REQUIRE(model, is_zero((uint8_t *)ptr + kept, next.size - kept));
  bool moved = ptr != block->ptr;
  charge(model, moved ? usable : growth);
  model->bytes -= moved ? block->usable : block->usable + growth - usable;
  model->allocations += moved;
  model->deallocations += moved;
  *block = (model_block_t){.ptr = ptr, .layout = next, .usable = usable};
  restamp(model, block);
}

static void reallocate_in_place(model_t *model, model_block_t *block) {
  hw_layout_t next = one_in(&model->from, 3) ? block->layout : model_layout(model);
  hw_allocator_t *through = model_any(model);
  size_t usable = hw_usable_size(through, next);
  hw_status_t status = hw_reallocate_in_place(through, block->ptr, block->layout, next);
  REQUIRE(model, model_is_stamped(block, block->ptr, hw_min(block->layout.size, next.size)));
  bool same = next.size == block->layout.size && next.align == block->layout.align;
  if (same) REQUIRE_STATUS(model, HW_OK, status);
  if (status != HW_OK) {
    REQUIRE_STATUS(model, HW_ERR_NOT_IN_PLACE, status);
    return;
  }
  REQUIRE(model, hw_is_aligned(block->ptr, next.align));
  model->bytes -= block->usable;
  charge(model, usable);
  block->layout = next;
  block->usable = usable;
  restamp(model, block);
}

static void retire(model_t *model, model_block_t *block) {
  if (!model->may_retire || block->usable > 65536) return;
  REQUIRE_STATUS(model, HW_OK, hw_retire(model_any(model), block->ptr, block->layout));
  REQUIRE(model, is_zero(block->ptr, block->layout.size));
  model->retired_blocks++;
  model->retired_bytes += block->usable;
  model_forget(model, block);
}

/* What is no call about a block. */
static void housekeep(model_t *model) {
  size_t which = choose(&model->from, 2);
  hw_allocator_t **cache = &model->caches[which];
  bool more = false;
  switch (choose(&model->from, 8)) {
    case 0: REQUIRE_STATUS(model, HW_OK, hw_arena_tick(model->arena, &more)); break;
    case 1: REQUIRE_STATUS(model, HW_OK, hw_arena_purge(model->arena)); break;
    case 2:
      if (*cache != NULL) REQUIRE_STATUS(model, HW_OK, hw_cache_flush(*cache));
      break;
    case 3:
      if (*cache != NULL) {
        REQUIRE_STATUS(model, HW_OK, hw_destroy(*cache));
        *cache = NULL;
      }
      break;
    case 4:
      /* Fails where the system has no memory. */
      if (*cache == NULL) (void)!hw_cache_open(model->arena, cache);
      break;
    case 5:
      if (model->own_os) model_os_advance(choose(&model->from, 2000));
      break;
    case 6:
      if (model->has_faults) model_os_fail(1 + (unsigned)choose(&model->from, 8));
      break;
    default: REQUIRE_STATUS(model, HW_OK, hw_verify(model_any(model), NULL)); break;
  }
}

/* Every block dies at once. */
static void reset(model_t *model) {
  REQUIRE_STATUS(model, HW_OK, hw_arena_reset(model->arena));
  model->deallocations += model->count;
  while (model->count > 0) model_forget(model, &model->blocks[0]);
}

void model_step(model_t *model) {
  model->steps++;
  size_t action = choose(&model->from, 100);
  if (model->misuse_share > 0 && choose(&model->from, 100) < model->misuse_share) {
    model_misuse(model);
    return;
  }
  model_block_t *block =
      model->count > 0 ? &model->blocks[choose(&model->from, model->count)] : NULL;
  if (action == 99 && one_in(&model->from, 64)) {
    reset(model);
  } else if (block == NULL || action < 42) {
    allocate(model);
  } else if (action < 74) {
    deallocate(model, block);
  } else if (action < 86) {
    reallocate(model, block);
  } else if (action < 94) {
    reallocate_in_place(model, block);
  } else if (action < 96) {
    retire(model, block);
  } else {
    housekeep(model);
  }
}

void model_begin(model_t *model, choices_t from, unsigned misuse_share) {
  static const int64_t decays[] = {1000, 0, -1, 1};
  static const size_t most[] = {0, (size_t)16 << 20, (size_t)1 << 30, (size_t)64 << 20};
  memset(model, 0, sizeof *model);
  model->from = from;
  model->misuse_share = misuse_share;
  size_t mode = choose(&model->from, 256);
  model->exact = misuse_share > 0 || (mode & 1);
  model->tracked = (mode & 2) != 0;
  /* A fuzzer's runs leave nothing behind: what is retired keeps its addresses. */
  model->own_os = (mode & 4) || from.bytes != NULL;
  model->has_faults = model->own_os && (mode & 8);
  model->may_retire = model->own_os || (mode & 24) == 24;
  bool limited = (mode & 0x60) == 0x60;
  model->tracked |= limited;
  model->options = (hw_arena_options_t){
      .mapped_limit = (mode & 0x90) == 0x90 ? MAPPED_LIMIT : HW_NO_LIMIT,
      .decay_ms = decays[choose(&model->from, 4)],
      .flags = (model->exact ? HW_ARENA_EXACT : 0) | (model->tracked ? HW_ARENA_TRACKED : 0)};
  model->config = (hw_config_t){.limit = limited ? LIMIT : HW_NO_LIMIT, .arena = &model->options};
  if (model->own_os) {
    model_os_begin(most[choose(&model->from, 4)]);
    model->config.os = model_os();
  }
  REQUIRE_STATUS(model, HW_OK, hw_create("arena", &model->config, &model->arena));
  for (size_t i = 0; i < 2; i++) {
    REQUIRE_STATUS(model, HW_OK, hw_cache_open(model->arena, &model->caches[i]));
  }
}

void model_end(model_t *model) {
  bool busy = model->count > 0 || model->caches[0] != NULL || model->caches[1] != NULL;
  if (busy) REQUIRE_STATUS(model, HW_ERR_BUSY, hw_destroy(model->arena));
  while (model->count > 0) deallocate(model, &model->blocks[model->count - 1]);
  for (size_t i = 0; i < 2; i++) {
    if (model->caches[i] != NULL) REQUIRE_STATUS(model, HW_OK, hw_destroy(model->caches[i]));
    model->caches[i] = NULL;
  }
  model_check(model);
  REQUIRE_STATUS(model, HW_OK, hw_destroy(model->arena));
  if (model->own_os) model_os_end();
}
