/* Allocator instances as functions of the addon. A heap is known by a small id; an external value
 * that the allocator object keeps tells when that object was collected. */
#include "functions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "orphans.h"

#define LONGEST_KIND 32

bool hw_limit_argument(const hw_call_t *call, size_t at, size_t *out) {
  double value = 0;
  if (napi_get_value_double(call->env, call->values[at], &value) != napi_ok) return false;
  *out = HW_NO_LIMIT;
  return value > (double)HW_MAX_SIZE || hw_call_size(call, at, out);
}

/* A number, or undefined for `otherwise`. False: anything else. */
static bool optional_number(const hw_call_t *call, size_t at, double otherwise, double *out) {
  napi_valuetype type = napi_undefined;
  if (napi_typeof(call->env, call->values[at], &type) != napi_ok) return false;
  *out = otherwise;
  return type == napi_undefined ||
         napi_get_value_double(call->env, call->values[at], out) == napi_ok;
}

#define OPTIONAL_FLAGS (HW_ARENA_HUGE_PAGES | HW_ARENA_NO_HUGE_PAGES)

/* Arguments 2 to 4, each of which may be missing. */
static bool arena_arguments(const hw_call_t *call, hw_arena_options_t *options) {
  static const hw_arena_options_t defaults = HW_ARENA_OPTIONS;
  double mapped_limit = 0, decay_ms = 0, flags = 0;
  if (!optional_number(call, 2, HUGE_VAL, &mapped_limit) ||
      !optional_number(call, 3, (double)defaults.decay_ms, &decay_ms) ||
      !optional_number(call, 4, 0, &flags)) {
    return false;
  }
  bool are_valid = mapped_limit >= 0 && decay_ms >= -1 && decay_ms <= INT32_MAX && flags >= 0 &&
                   flags <= OPTIONAL_FLAGS;
  if (!are_valid || ((uint32_t)flags & ~OPTIONAL_FLAGS) != 0) return false; /* also for NaN */
  options->mapped_limit = mapped_limit > (double)HW_MAX_SIZE ? HW_NO_LIMIT : (size_t)mapped_limit;
  options->decay_ms = (int64_t)decay_ms;
  /* Whatever JavaScript does is checked exactly. */
  options->flags = (uint32_t)flags | HW_ARENA_EXACT | HW_ARENA_TRACKED;
  return true;
}

/* Arguments 2 to 4 of a heap of chunks: chunks, bytes of a chunk, fit. */
static bool chunk_arguments(const hw_call_t *call, hw_chunk_options_t *options) {
  uint32_t fit = 0;
  if (!hw_call_size(call, 2, &options->chunks) || !hw_call_size(call, 3, &options->chunk_size) ||
      !hw_call_u32(call, 4, &fit) || fit > HW_CHUNK_BEST_FIT) {
    return false;
  }
  options->fit = (hw_chunk_fit_t)fit;
  return true;
}

/* A heap over `allocator`, with its id. */
static hw_code_t adopt(hw_environment_t *environment, hw_allocator_t *allocator,
                       hw_heap_token_t **out) {
  hw_heap_t *heap = malloc(sizeof *heap);
  if (heap != NULL) {
    hw_heap_init(heap, allocator, &environment->records);
    if (hw_environment_adopt(environment, heap, out)) return HW_CODE_OK;
  }
  free(heap);
  hw_status_t status = hw_destroy(allocator); /* empty: cannot be busy */
  (void)status;
  return HW_CODE_OUT_OF_MEMORY;
}

hw_code_t hw_open_heap(const hw_call_t *call, hw_allocator_t *allocator, napi_value *external) {
  hw_heap_token_t *token = NULL;
  hw_code_t code = adopt(call->environment, allocator, &token);
  if (code != HW_CODE_OK) return code;
  uint32_t id = token->heap->id;
  if (napi_create_external(call->env, token, hw_heap_token_end, NULL, external) != napi_ok) {
    hw_heap_token_end(call->env, token, NULL);
    return HW_CODE_ENV_CLOSING;
  }
  call->environment->mailbox->answer[HW_MAIL_INDEX] = id;
  return HW_CODE_OK;
}

static hw_code_t create(const char *kind, const hw_config_t *config, hw_allocator_t **out) {
  hw_status_t status = hw_create(kind, config, out);
  if (status == HW_OK) return HW_CODE_OK;
  return status == HW_ERR_INVALID ? HW_CODE_INVALID_ARG : HW_CODE_OUT_OF_MEMORY;
}

/* Kind, limit, and what is of the kind. */
static bool heap_arguments(const hw_call_t *call, char *kind, size_t *limit,
                           hw_arena_options_t *arena, hw_chunk_options_t *chunk) {
  size_t length = 0;
  if (napi_get_value_string_utf8(call->env, call->values[0], kind, LONGEST_KIND, &length) !=
          napi_ok ||
      !hw_limit_argument(call, 1, limit)) {
    return false;
  }
  return strcmp(kind, "chunk") == 0 ? chunk_arguments(call, chunk) : arena_arguments(call, arena);
}

/* createHeap(kind, limit, mappedLimit?, decayMs?, flags?) -> external | code; id in the mail
 * createHeap("chunk", limit, chunks, chunkSize, fit) -> the same
 * The last three of an arena are numbers, or undefined for what the core does by itself. */
napi_value hw_js_create_heap(napi_env env, napi_callback_info info) {
  hw_call_t call;
  char kind[LONGEST_KIND];
  size_t limit = 0;
  hw_arena_options_t arena = HW_ARENA_OPTIONS;
  hw_chunk_options_t chunk = HW_CHUNK_OPTIONS;
  hw_code_t code = hw_call_begin(env, info, 5, &call);
  if (code == HW_CODE_OK && !heap_arguments(&call, kind, &limit, &arena, &chunk)) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);

  const hw_config_t config = {.limit = limit, .arena = &arena, .chunk = &chunk};
  hw_allocator_t *allocator = NULL;
  napi_value external = NULL;
  code = create(kind, &config, &allocator);
  if (code == HW_CODE_OK) code = hw_open_heap(&call, allocator, &external);
  /* Allocators that were dropped take up address space and mappings, of which V8 knows nothing. */
  if (code == HW_CODE_OUT_OF_MEMORY) {
    hw_environment_push_collection(call.environment, HW_PRESSURE_HIGH);
  }
  return code == HW_CODE_OK ? external : hw_call_answer(&call, code);
}

/* closeHeap(heap) -> code; blocks that are still out end with their buffers */
napi_value hw_js_close_heap(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK && !hw_call_heap(&call, 0, &heap)) code = HW_CODE_CLOSED;
  if (code == HW_CODE_OK) hw_heap_close(heap);
  return hw_call_answer(&call, code);
}

/* liveBlocks(heap) -> [index, generation, ...] of its blocks that were not freed | LEASED */
napi_value hw_js_live_blocks(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  napi_value list = NULL;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK && !hw_call_heap(&call, 0, &heap)) code = HW_CODE_CLOSED;
  if (code == HW_CODE_OK && heap->leased != 0) code = HW_CODE_LEASED;
  if (code == HW_CODE_OK && napi_create_array(env, &list) != napi_ok) code = HW_CODE_ENV_CLOSING;
  uint32_t at = 0;
  for (uint32_t i = 0; code == HW_CODE_OK && i < heap->table->used; i++) {
    const hw_record_t *record = hw_record_at(heap->table, i);
    uint64_t word = hw_record_word(record);
    if (hw_word_state(word) != HW_RECORD_LIVE || record->heap != heap) continue;
    if (record->kind != HW_KIND_BLOCK) continue;
    bool pushed = hw_push_number(&call, list, &at, record->index) &&
                  hw_push_number(&call, list, &at, hw_word_generation(word));
    if (!pushed) code = HW_CODE_ENV_CLOSING;
  }
  return code == HW_CODE_OK ? list : hw_call_answer(&call, code);
}

/* stats(heap) -> numbers in the order of STATS in lib/native.ts | code */
napi_value hw_js_stats(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_stats_t stats;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK && !hw_call_heap(&call, 0, &heap)) code = HW_CODE_CLOSED;
  if (code == HW_CODE_OK && hw_stats(heap->allocator, &stats) != HW_OK) code = HW_CODE_CORRUPTED;
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);

  const double figures[] = {
      (double)(stats.live_blocks - heap->abandoned_blocks),
      (double)(stats.live_bytes - heap->abandoned_bytes),
      (double)stats.peak_bytes,
      (double)stats.mapped_bytes,
      (double)heap->abandoned_blocks,
      (double)heap->abandoned_bytes,
      (double)hw_orphan_blocks(),
      (double)hw_orphan_bytes(),
      (double)stats.allocations,
      (double)stats.deallocations,
      (double)stats.failures,
      stats.limit == HW_NO_LIMIT ? HUGE_VAL : (double)stats.limit,
  };
  return hw_call_numbers(&call, code, figures, sizeof figures / sizeof figures[0]);
}

/* verify(heap) -> the broken invariant's name, or OK | code */
napi_value hw_js_verify(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  const char *broken = NULL;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK && !hw_call_heap(&call, 0, &heap)) code = HW_CODE_CLOSED;
  if (code == HW_CODE_OK) code = hw_heap_verify(heap, &broken);
  return hw_call_verdict(&call, code, broken);
}

/* usableSize(heap, size, align) -> bytes | code */
napi_value hw_js_usable_size(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_layout_t layout;
  hw_code_t code = hw_call_begin(env, info, 3, &call);
  if (code == HW_CODE_OK && !hw_call_heap(&call, 0, &heap)) code = HW_CODE_CLOSED;
  if (code == HW_CODE_OK && !hw_call_layout(&call, 1, &layout)) code = HW_CODE_INVALID_ARG;
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  return hw_call_number(&call, code, (double)hw_usable_size(heap->allocator, layout));
}
