/* Dedicated blocks as functions of the addon: allocate, deallocate, reallocate, lease. A stamp is
 * index and generation; the ArrayBuffer itself always comes with it, because only the engine knows
 * whether it is still attached. The functions that allocate and free take everything else from the
 * mailbox (a "request"), the others take arguments. */
#include "functions.h"

#include <string.h>

#include "base/align.h"
#include "call.h"
#include "wrap.h"

/* Flags from JavaScript beyond those of heapwright.h. */
#define REFUSE_WHEN_BUSY 1u /* of a free */
#define MAY_MOVE 8u         /* of a reallocation in place */

static hw_code_t out_of_memory_if_forced(const hw_environment_t *environment) {
  bool forced = (environment->forced & HW_FORCE_OUT_OF_MEMORY) != 0;
  return forced ? HW_CODE_OUT_OF_MEMORY : HW_CODE_OK;
}

/* After a request that was refused for want of memory: the collector may bring some back. Who
 * cannot wait does not wait for that either. */
static hw_code_t after_request(const hw_call_t *call, const hw_heap_t *heap, uint32_t flags,
                               hw_code_t code) {
  bool full = code == HW_CODE_LIMIT || code == HW_CODE_OUT_OF_MEMORY;
  if (full && heap->held > 0 && (flags & HW_NOWAIT) == 0) {
    hw_environment_push_collection(call->environment, HW_PRESSURE_HIGH);
  }
  return code;
}

hw_code_t hw_open_block(const hw_call_t *call, hw_heap_t *heap, hw_layout_t layout, uint32_t flags,
                        hw_record_kind_t kind, hw_record_t **out) {
  hw_code_t code = out_of_memory_if_forced(call->environment);
  if (code == HW_CODE_OK) code = hw_heap_allocate(heap, layout, flags, kind, out);
  return after_request(call, heap, flags, code);
}

static napi_value open_and_wrap(napi_env env, napi_callback_info info, hw_record_kind_t kind) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_layout_t layout;
  hw_code_t code = hw_call_begin(env, info, 0, &call);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  if (!hw_request_heap(&call, &heap) || !hw_request_layout(&call, HW_REQUEST_SIZE, &layout)) {
    return hw_call_answer(&call, HW_CODE_INVALID_ARG);
  }
  hw_record_t *record = NULL;
  napi_value buffer = NULL;
  uint32_t flags = hw_request_word(&call, HW_REQUEST_FLAGS);
  code = hw_open_block(&call, heap, layout, flags, kind, &record);
  if (code == HW_CODE_OK) code = hw_wrap(&call, record, &buffer);
  return code == HW_CODE_OK ? buffer : hw_call_answer(&call, code);
}

/* allocate() -> ArrayBuffer | code; stamp in the mail
 * Request: heap, flags, size, align. */
napi_value hw_js_allocate(napi_env env, napi_callback_info info) {
  return open_and_wrap(env, info, HW_KIND_BLOCK);
}

/* allocateSlab() -> ArrayBuffer | code; stamp in the mail
 * Request: as allocate. Ends by endBlock or with its finalizer; deallocate refuses it. */
napi_value hw_js_allocate_slab(napi_env env, napi_callback_info info) {
  return open_and_wrap(env, info, HW_KIND_SLAB);
}

/* After a free was answered KEPT the heap may want the collector to hurry. */
static hw_code_t after_keep(const hw_call_t *call, hw_heap_t *heap, hw_code_t code) {
  hw_pressure_t pressure = code == HW_CODE_KEPT ? hw_heap_act_on_pressure(heap) : HW_PRESSURE_NONE;
  if (pressure != HW_PRESSURE_NONE &&
      !hw_environment_push_collection(call->environment, pressure)) {
    hw_heap_forget_pressure(heap);
  }
  return code;
}

/* The live block that the request names by heap, stamp and layout, and whose buffer is the only
 * argument. */
static hw_code_t live_block(const hw_call_t *call, hw_heap_t **heap, hw_record_t **record) {
  hw_layout_t layout;
  if (!hw_request_heap(call, heap) || !hw_request_layout(call, HW_REQUEST_SIZE, &layout)) {
    return HW_CODE_INVALID_ARG;
  }
  uint32_t index = hw_request_word(call, HW_REQUEST_INDEX);
  uint32_t generation = hw_request_word(call, HW_REQUEST_GENERATION);
  hw_record_table_t *records = &call->environment->records;
  hw_code_t code = hw_block_check(*heap, records, index, generation, &layout, record);
  if (code != HW_CODE_OK && code != HW_CODE_ABANDONED) return code;
  /* A block that was moved away is gone for the caller, whatever its record says. */
  hw_code_t attached = hw_call_buffer(call, 0, *record);
  return attached != HW_CODE_OK ? attached : code;
}

/* deallocate(buffer) -> undefined for OK, else a code
 * Request: heap, index, generation, flags, size, align. */
napi_value hw_js_deallocate(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_record_t *record = NULL;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK) code = live_block(&call, &heap, &record);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);

  bool refuse = (hw_request_word(&call, HW_REQUEST_FLAGS) & REFUSE_WHEN_BUSY) != 0;
  code = hw_block_begin_free(record, hw_environment_is_busy(call.environment), refuse);
  if (code == HW_CODE_DETACH) code = hw_unwrap(&call, 0, record);
  return code == HW_CODE_OK ? NULL : hw_call_answer(&call, after_keep(&call, heap, code));
}

/* reallocate(buffer) -> ArrayBuffer | code; stamp in the mail
 * Request: as deallocate, and the new size and align.
 * A new block with the old one's contents. The old one is untouched: the caller frees it next. */
napi_value hw_js_reallocate(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_record_t *old = NULL, *record = NULL;
  hw_layout_t next;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK) code = live_block(&call, &heap, &old);
  if (code == HW_CODE_OK && !hw_request_layout(&call, HW_REQUEST_NEW_SIZE, &next)) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK && hw_word_leases(hw_record_word(old)) > 0) code = HW_CODE_LEASED;
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);

  /* What the copy overwrites need not be zeroed first. */
  uint32_t flags = hw_request_word(&call, HW_REQUEST_FLAGS);
  size_t kept = hw_min(old->size, next.size);
  bool zero_tail = (flags & HW_ZEROED) != 0 && kept > 0;
  if (zero_tail) flags &= ~(uint32_t)HW_ZEROED;
  code = hw_open_block(&call, heap, next, flags, HW_KIND_BLOCK, &record);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  if (kept > 0) memcpy(record->address, old->address, kept);
  if (zero_tail) memset((uint8_t *)record->address + kept, 0, next.size - kept);

  napi_value buffer = NULL;
  code = hw_wrap(&call, record, &buffer);
  return code == HW_CODE_OK ? buffer : hw_call_answer(&call, code);
}

/* Puts a new buffer over a block's memory and takes the old one away. For a moment two buffers
 * share the memory, or the old one reads what its pages left; no script runs until it is detached.
 */
static hw_code_t replace_buffer(const hw_call_t *call, hw_record_t *record, hw_record_t *successor,
                                napi_value *buffer) {
  hw_code_t code = hw_wrap(call, successor, buffer);
  if (code != HW_CODE_OK) return code;
  code = hw_block_begin_free(record, false, true);
  if (code == HW_CODE_DETACH) code = hw_unwrap(call, 0, record);
  if (code == HW_CODE_OK) return code;
  /* The new buffer was never seen by a script: attached or not, nobody can reach it. */
  napi_status status = napi_detach_arraybuffer(call->env, *buffer);
  (void)status;
  return code;
}

/* The block in its new layout under a second record: where it is, or, if the caller lets it, where
 * its pages can move to. */
static hw_code_t change_block(const hw_call_t *call, hw_record_t *record, hw_layout_t next,
                              hw_record_t **successor) {
  uint32_t flags = hw_request_word(call, HW_REQUEST_FLAGS);
  uint32_t asked = flags & HW_ALL_FLAGS;
  hw_code_t code = hw_heap_reallocate_in_place(record, next, asked, successor);
  if (code != HW_CODE_NOT_IN_PLACE || (flags & MAY_MOVE) == 0) return code;
  code = out_of_memory_if_forced(call->environment);
  if (code == HW_CODE_OK) code = hw_heap_move(record, next, asked, successor);
  return after_request(call, record->heap, flags, code);
}

/* reallocateInPlace(buffer) -> ArrayBuffer | code; stamp in the mail
 * Request: as reallocate. The same memory, or with MAY_MOVE the same pages, under a new buffer; the
 * old buffer is detached. NOT_IN_PLACE also when the block is leased or requests are active. */
napi_value hw_js_reallocate_in_place(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_heap_t *heap = NULL;
  hw_record_t *record = NULL, *successor = NULL;
  hw_layout_t next;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK) code = live_block(&call, &heap, &record);
  if (code == HW_CODE_OK && !hw_request_layout(&call, HW_REQUEST_NEW_SIZE, &next)) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  if (hw_word_leases(hw_record_word(record)) > 0 || hw_environment_is_busy(call.environment)) {
    return hw_call_answer(&call, HW_CODE_NOT_IN_PLACE);
  }

  napi_value buffer = NULL;
  code = change_block(&call, record, next, &successor);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  code = replace_buffer(&call, record, successor, &buffer);
  if (code == HW_CODE_OK) return buffer;
  hw_heap_undo(record, successor);
  return hw_call_answer(&call, code);
}

/* endBlock(index, generation, buffer) -> code
 * As deallocate, for a caller that knows what it ends: neither owner nor layout is asked, and slabs
 * and scopes end here too. */
napi_value hw_js_end_block(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_record_t *record = NULL;
  hw_code_t code = hw_call_begin(env, info, 3, &call);
  if (code == HW_CODE_OK) code = hw_call_record(&call, 0, &record);
  if (code == HW_CODE_OK && hw_word_state(hw_record_word(record)) != HW_RECORD_LIVE) {
    code = HW_CODE_ABANDONED;
  }
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  code = hw_block_begin_free(record, hw_environment_is_busy(call.environment), false);
  if (code == HW_CODE_DETACH) code = hw_unwrap(&call, 2, record);
  return hw_call_answer(&call, code);
}

/* isHeld(index, generation) -> OK while the record holds its memory, DETACHED when that is back */
napi_value hw_js_is_held(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_record_t *record = NULL;
  hw_code_t code = hw_call_begin(env, info, 2, &call);
  if (code == HW_CODE_OK) code = hw_call_stamp(&call, 0, &record);
  return hw_call_answer(&call, code);
}

/* lease(index, generation, buffer) -> code */
napi_value hw_js_lease(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_record_t *record = NULL;
  hw_code_t code = hw_call_begin(env, info, 3, &call);
  if (code == HW_CODE_OK) code = hw_call_record(&call, 0, &record);
  if (code == HW_CODE_OK && record->kind != HW_KIND_BLOCK) code = HW_CODE_INTERIOR;
  if (code == HW_CODE_OK && hw_word_state(hw_record_word(record)) != HW_RECORD_LIVE) {
    code = HW_CODE_ABANDONED;
  }
  if (code == HW_CODE_OK) code = hw_block_lease(record);
  return hw_call_answer(&call, code);
}

/* endLease(index, generation, buffer) -> code */
napi_value hw_js_end_lease(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_record_t *record = NULL;
  hw_code_t code = hw_call_begin(env, info, 3, &call);
  if (code == HW_CODE_OK) code = hw_call_stamp(&call, 0, &record);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  /* Moved away meanwhile: its memory is the collector's business. */
  bool moved = hw_call_buffer(&call, 2, record) != HW_CODE_OK;
  hw_heap_t *heap = record->heap;
  code = hw_block_end_lease(record, moved || hw_environment_is_busy(call.environment));
  if (code == HW_CODE_DETACH) code = hw_unwrap(&call, 2, record);
  /* It was freed long ago and stays so: what cannot be detached is left to the collector. */
  if (code == HW_CODE_NOT_DETACHABLE) code = hw_block_begin_free(record, true, false);
  return hw_call_answer(&call, after_keep(&call, heap, code));
}

/* blockState(index, generation, buffer) -> code; state, kind, leases, heap and layout in the mail.
 * Also for slabs and scopes. DETACHED for a block that was freed or moved. */
napi_value hw_js_block_state(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_record_t *record = NULL;
  hw_code_t code = hw_call_begin(env, info, 3, &call);
  if (code == HW_CODE_OK) code = hw_call_stamp(&call, 0, &record);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  uint64_t word = hw_record_word(record);
  uint32_t *mail = call.environment->mailbox->answer;
  mail[HW_MAIL_STATE] = (uint32_t)hw_word_state(word);
  mail[HW_MAIL_KIND] = record->kind;
  mail[HW_MAIL_LEASES] = hw_word_leases(word);
  mail[HW_MAIL_HEAP] = record->heap->id;
  mail[HW_MAIL_SIZE_LOW] = (uint32_t)record->size;
  mail[HW_MAIL_SIZE_HIGH] = (uint32_t)((uint64_t)record->size >> 32);
  mail[HW_MAIL_LG_ALIGN] = record->lg_align;
  return hw_call_answer(&call, hw_call_buffer(&call, 2, record));
}

/* addressOf(index, generation, buffer) -> bigint | code */
napi_value hw_js_address_of(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_record_t *record = NULL;
  napi_value address = NULL;
  hw_code_t code = hw_call_begin(env, info, 3, &call);
  if (code == HW_CODE_OK) code = hw_call_record(&call, 0, &record);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  uint64_t bits = (uint64_t)(uintptr_t)record->address;
  return napi_create_bigint_uint64(env, bits, &address) == napi_ok
             ? address
             : hw_call_answer(&call, HW_CODE_ENV_CLOSING);
}
