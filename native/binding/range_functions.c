/* Raw memory and the ranges of it that JavaScript sees: what slabs and scopes are made of. Used
 * inside the package only. */
#include "functions.h"

#include "wrap.h"

/* allocateRaw() -> code; stamp and address in the mail
 * Request: heap, flags, size, align. */
napi_value hw_js_allocate_raw(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_layout_t layout;
  hw_record_t *raw = NULL;
  hw_code_t code = hw_call_begin(env, info, 0, &call);
  if (code == HW_CODE_OK &&
      (!hw_request_heap(&call, &heap) || !hw_request_layout(&call, HW_REQUEST_SIZE, &layout))) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK) {
    uint32_t flags = hw_request_word(&call, HW_REQUEST_FLAGS);
    code = hw_open_block(&call, heap, layout, flags, HW_KIND_RAW, &raw);
  }
  if (code == HW_CODE_OK) {
    uint32_t *mail = call.environment->mailbox->answer;
    mail[HW_MAIL_INDEX] = raw->index;
    mail[HW_MAIL_GENERATION] = hw_word_generation(hw_record_word(raw));
    uint64_t address = (uint64_t)(uintptr_t)raw->address;
    mail[HW_MAIL_START_LOW] = (uint32_t)address;
    mail[HW_MAIL_START_HIGH] = (uint32_t)(address >> 32);
  }
  return hw_call_answer(&call, code);
}

static hw_code_t raw_of(const hw_call_t *call, hw_record_t **out) {
  uint32_t index = 0, generation = 0;
  if (!hw_call_u32(call, 0, &index) || !hw_call_u32(call, 1, &generation)) {
    return HW_CODE_INVALID_ARG;
  }
  hw_record_t *raw = hw_record_at(&call->environment->records, index);
  if (raw == NULL || raw->kind != HW_KIND_RAW) return HW_CODE_NOT_OWNED;
  uint64_t word = hw_record_word(raw);
  bool live = hw_word_generation(word) == generation && hw_word_state(word) == HW_RECORD_LIVE;
  *out = raw;
  return live ? HW_CODE_OK : HW_CODE_DETACHED;
}

/* wrapRange(index, generation, offset, size, kind) -> ArrayBuffer | code; stamp in the mail.
 * `kind` is HW_KIND_SLAB or HW_KIND_SCOPE. */
napi_value hw_js_wrap_range(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_record_t *raw = NULL, *range = NULL;
  size_t offset = 0, size = 0;
  uint32_t kind = 0;
  hw_code_t code = hw_call_begin(env, info, 5, &call);
  if (code == HW_CODE_OK) code = raw_of(&call, &raw);
  if (code == HW_CODE_OK &&
      (!hw_call_size(&call, 2, &offset) || !hw_call_size(&call, 3, &size) ||
       !hw_call_u32(&call, 4, &kind) || (kind != HW_KIND_SLAB && kind != HW_KIND_SCOPE))) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK) {
    code = hw_heap_open_range(raw, offset, size, (hw_record_kind_t)kind, &range);
  }
  napi_value buffer = NULL;
  if (code == HW_CODE_OK) code = hw_wrap(&call, range, &buffer);
  return code == HW_CODE_OK ? buffer : hw_call_answer(&call, code);
}

/* releaseRaw(index, generation) -> code */
napi_value hw_js_release_raw(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_record_t *raw = NULL;
  hw_code_t code = hw_call_begin(env, info, 2, &call);
  if (code == HW_CODE_OK) code = raw_of(&call, &raw);
  if (code == HW_CODE_OK) hw_raw_release(raw);
  return hw_call_answer(&call, code);
}
