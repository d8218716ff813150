/* What only arenas do, as functions of the addon. A heap of another kind is INVALID_ARG. */
#include "functions.h"

#include <stdlib.h>

static hw_code_t heap_argument(napi_env env, napi_callback_info info, hw_call_t *call,
                               hw_heap_t **heap) {
  hw_code_t code = hw_call_begin(env, info, 1, call);
  return code == HW_CODE_OK && !hw_call_heap(call, 0, heap) ? HW_CODE_CLOSED : code;
}

/* purge(heap) -> code */
napi_value hw_js_purge(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_code_t code = heap_argument(env, info, &call, &heap);
  if (code == HW_CODE_OK && hw_arena_purge(heap->allocator) != HW_OK) code = HW_CODE_INVALID_ARG;
  return hw_call_answer(&call, code);
}

/* tick(heap) -> OK: nothing more to come; KEPT: free memory is left, or blocks that were freed
 * while something used them; else a code */
napi_value hw_js_tick(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  bool more = false;
  hw_code_t code = heap_argument(env, info, &call, &heap);
  if (code == HW_CODE_OK && hw_arena_tick(heap->allocator, &more) != HW_OK) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK && (more || heap->abandoned_blocks > 0)) code = HW_CODE_KEPT;
  return hw_call_answer(&call, code);
}

typedef hw_status_t (*write_text_t)(hw_allocator_t *arena, char *text, size_t size, size_t *needed);

/* The whole text in memory of the caller's to free. Other environments have arenas of their own, so
 * nothing changes between two looks; still, only what fits is taken. */
static hw_code_t write_text(hw_allocator_t *arena, write_text_t write, char **out, size_t *length) {
  size_t needed = 0;
  if (write(arena, NULL, 0, &needed) != HW_OK) return HW_CODE_INVALID_ARG;
  for (;;) {
    size_t room = needed + 1;
    char *text = malloc(room);
    if (text == NULL) return HW_CODE_OUT_OF_MEMORY;
    if (write(arena, text, room, &needed) != HW_OK) {
      free(text);
      return HW_CODE_INVALID_ARG;
    }
    if (needed < room) {
      *out = text;
      *length = needed;
      return HW_CODE_OK;
    }
    free(text);
  }
}

static napi_value answer_text(napi_env env, napi_callback_info info, write_text_t write) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  char *text = NULL;
  size_t length = 0;
  hw_code_t code = heap_argument(env, info, &call, &heap);
  if (code == HW_CODE_OK) code = write_text(heap->allocator, write, &text, &length);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  napi_value string = NULL;
  napi_status status = napi_create_string_latin1(env, text, length, &string);
  free(text);
  return status == napi_ok ? string : hw_call_answer(&call, HW_CODE_ENV_CLOSING);
}

/* arenaStats(heap) -> JSON | code */
napi_value hw_js_arena_stats(napi_env env, napi_callback_info info) {
  return answer_text(env, info, hw_arena_stats_json);
}

/* arenaMap(heap) -> JSON | code */
napi_value hw_js_arena_map(napi_env env, napi_callback_info info) {
  return answer_text(env, info, hw_arena_map_json);
}
