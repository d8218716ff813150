#include "call.h"

/* 2^53 - 1, the largest integer that a JavaScript number counts to. */
#define MAX_SAFE_INTEGER 9007199254740991.0

hw_code_t hw_call_begin(napi_env env, napi_callback_info info, size_t count, hw_call_t *call) {
  void *data = NULL;
  call->env = env;
  call->environment = NULL;
  if (napi_get_cb_info(env, info, &count, call->values, NULL, &data) != napi_ok) {
    return HW_CODE_ENV_CLOSING;
  }
  call->environment = data;
  bool elsewhere = (call->environment->forced & HW_FORCE_WRONG_THREAD) != 0 ||
                   !pthread_equal(pthread_self(), call->environment->thread);
  if (elsewhere) return HW_CODE_WRONG_THREAD;
  hw_record_table_t *records = &call->environment->records;
  if (hw_record_any_left(records)) hw_heap_finalize_left(records);
  return HW_CODE_OK;
}

napi_value hw_call_answer(const hw_call_t *call, hw_code_t code) {
  napi_value answer = NULL;
  return napi_create_int32(call->env, (int32_t)code, &answer) == napi_ok ? answer : NULL;
}

napi_value hw_call_number(const hw_call_t *call, hw_code_t code, double number) {
  napi_value answer = NULL;
  if (code == HW_CODE_OK && napi_create_double(call->env, number, &answer) != napi_ok) {
    code = HW_CODE_ENV_CLOSING;
  }
  return code == HW_CODE_OK ? answer : hw_call_answer(call, code);
}

bool hw_push_number(const hw_call_t *call, napi_value array, uint32_t *at, double number) {
  napi_value value = NULL;
  return napi_create_double(call->env, number, &value) == napi_ok &&
         napi_set_element(call->env, array, (*at)++, value) == napi_ok;
}

napi_value hw_call_numbers(const hw_call_t *call, hw_code_t code, const double *numbers,
                           size_t count) {
  napi_value list = NULL;
  uint32_t at = 0;
  if (code == HW_CODE_OK && napi_create_array(call->env, &list) != napi_ok) {
    code = HW_CODE_ENV_CLOSING;
  }
  for (size_t i = 0; i < count && code == HW_CODE_OK; i++) {
    if (!hw_push_number(call, list, &at, numbers[i])) code = HW_CODE_ENV_CLOSING;
  }
  return code == HW_CODE_OK ? list : hw_call_answer(call, code);
}

napi_value hw_call_verdict(const hw_call_t *call, hw_code_t code, const char *broken) {
  napi_value name = NULL;
  if (code == HW_CODE_CORRUPTED && broken != NULL &&
      napi_create_string_utf8(call->env, broken, NAPI_AUTO_LENGTH, &name) == napi_ok) {
    return name;
  }
  return hw_call_answer(call, code);
}

bool hw_call_u32(const hw_call_t *call, size_t at, uint32_t *out) {
  return napi_get_value_uint32(call->env, call->values[at], out) == napi_ok;
}

static bool size_of_number(double value, size_t *out) {
  if (!(value >= 0 && value <= MAX_SAFE_INTEGER)) return false; /* also NaN */
  *out = (size_t)(int64_t)value; /* by way of int64_t: one instruction */
  return (double)(int64_t)*out == value;
}

bool hw_call_size(const hw_call_t *call, size_t at, size_t *out) {
  double value = 0;
  return napi_get_value_double(call->env, call->values[at], &value) == napi_ok &&
         size_of_number(value, out);
}

bool hw_call_layout(const hw_call_t *call, size_t at, hw_layout_t *out) {
  return hw_call_size(call, at, &out->size) && hw_call_size(call, at + 1, &out->align) &&
         hw_layout_check(*out) == HW_OK;
}

bool hw_call_heap(const hw_call_t *call, size_t at, hw_heap_t **out) {
  uint32_t id = 0;
  if (!hw_call_u32(call, at, &id)) return false;
  *out = hw_environment_heap(call->environment, id);
  return *out != NULL;
}

uint32_t hw_request_word(const hw_call_t *call, hw_request_t at) {
  return call->environment->mailbox->request[at];
}

bool hw_request_layout(const hw_call_t *call, hw_request_size_t at, hw_layout_t *out) {
  const volatile double *sizes = call->environment->mailbox->sizes;
  return size_of_number(sizes[at], &out->size) && size_of_number(sizes[at + 1], &out->align) &&
         hw_layout_check(*out) == HW_OK;
}

bool hw_request_heap(const hw_call_t *call, hw_heap_t **out) {
  *out = hw_environment_heap(call->environment, hw_request_word(call, HW_REQUEST_HEAP));
  return *out != NULL;
}

hw_code_t hw_call_buffer(const hw_call_t *call, size_t at, const hw_record_t *record) {
  napi_value buffer = call->values[at];
  void *data = NULL;
  size_t size = 0;
  if (napi_get_arraybuffer_info(call->env, buffer, &data, &size) != napi_ok) {
    return HW_CODE_INVALID_ARG;
  }
  if (size > 0) {
    bool same = data == record->address && size == record->size;
    return same ? HW_CODE_OK : HW_CODE_INVALID_ARG;
  }
  /* Length 0: detached, or a block that never had a byte. */
  bool detached = false;
  if (napi_is_detached_arraybuffer(call->env, buffer, &detached) != napi_ok) {
    return HW_CODE_INVALID_ARG;
  }
  if (detached) return HW_CODE_DETACHED;
  return record->size == 0 ? HW_CODE_OK : HW_CODE_INVALID_ARG;
}

hw_code_t hw_call_stamp(const hw_call_t *call, size_t at, hw_record_t **out) {
  uint32_t index = 0, generation = 0;
  if (!hw_call_u32(call, at, &index) || !hw_call_u32(call, at + 1, &generation)) {
    return HW_CODE_INVALID_ARG;
  }
  hw_record_t *record = hw_record_at(&call->environment->records, index);
  if (record == NULL || record->kind == HW_KIND_RAW) return HW_CODE_NOT_OWNED;
  uint64_t word = hw_record_word(record);
  if (hw_word_generation(word) != generation || !hw_state_is_attached(hw_word_state(word))) {
    return HW_CODE_DETACHED;
  }
  *out = record;
  return HW_CODE_OK;
}

hw_code_t hw_call_record(const hw_call_t *call, size_t at, hw_record_t **out) {
  hw_code_t code = hw_call_stamp(call, at, out);
  return code == HW_CODE_OK ? hw_call_buffer(call, at + 2, *out) : code;
}
