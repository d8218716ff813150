#include "wrap.h"

/* Where an empty block points. A NULL pointer would give a buffer that is detached from birth. */
static uint8_t no_bytes[1];

/* Whether the environment is being torn down, which a finalizer cannot ask directly. Any call that
 * may run JavaScript is refused then, and this one is the cheapest (it runs none). Checked on Node
 * 20 to 26 over every way a worker or a program can end. */
static bool is_tearing_down(napi_env env) {
  napi_value global = NULL;
  bool equal = false;
  return napi_get_global(env, &global) != napi_ok ||
         napi_strict_equals(env, global, global, &equal) != napi_ok;
}

static void finalize(napi_env env, void *data, void *hint) {
  (void)data;
  hw_record_t *record = hint;
  hw_record_state_t state = hw_word_state(hw_record_word(record));
  /* Freed before, or an orphan: the environment may be gone and is not asked. */
  bool holds = hw_state_holds_memory(state);
  hw_block_finalize(record, holds && is_tearing_down(env));
}

/* For runtimes that only imitate Node. Deno's collector calls finalizers on threads of its own and
 * in the middle of a collection, where Node-API crashes and the records may be in use: the next
 * call does the work. If none comes the environment has ended, and with it the block is an orphan.
 */
static void finalize_later(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  hw_record_leave(hint);
}

/* A failed creation may have left an exception; ours is thrown in TypeScript, from the code. */
static hw_code_t refusal_of(napi_env env, napi_status status) {
  if (status == napi_no_external_buffers_allowed) return HW_CODE_EXTERNAL_UNSUPPORTED;
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
    napi_value ignored = NULL;
    if (napi_get_and_clear_last_exception(env, &ignored) == napi_ok) return HW_CODE_OUT_OF_MEMORY;
  }
  return HW_CODE_ENV_CLOSING;
}

hw_code_t hw_wrap(const hw_call_t *call, hw_record_t *record, napi_value *out) {
  hw_environment_t *environment = call->environment;
  uint32_t generation = hw_word_generation(hw_record_word(record));
  void *address = record->size == 0 ? no_bytes : record->address;
  napi_status status = napi_no_external_buffers_allowed;
  if ((environment->forced & HW_FORCE_NO_EXTERNAL) == 0) {
    napi_finalize end = environment->gate.loop != NULL ? finalize : finalize_later;
    status = napi_create_external_arraybuffer(call->env, address, record->size, end, record, out);
  }
  if (status != napi_ok) {
    /* Node calls the finalizer on some failures and not on others: only the record's word tells. */
    hw_block_abort(record, generation, status != napi_no_external_buffers_allowed);
    return refusal_of(call->env, status);
  }
  environment->mailbox->answer[HW_MAIL_INDEX] = record->index;
  environment->mailbox->answer[HW_MAIL_GENERATION] = generation;
  return HW_CODE_OK;
}

/* ArrayBuffer.prototype.transfer where the engine has it: on Node 24 and newer napi's detach aborts
 * the process for a buffer that somebody marked untransferable, and transfer throws. Moving it to
 * length 0 copies nothing and detaches. */
static bool detach_by_transfer(const hw_call_t *call, napi_value buffer) {
  napi_value transfer = NULL, zero = NULL, moved = NULL;
  if (napi_get_reference_value(call->env, call->environment->transfer, &transfer) != napi_ok ||
      napi_create_int32(call->env, 0, &zero) != napi_ok) {
    return false;
  }
  if (napi_call_function(call->env, buffer, transfer, 1, &zero, &moved) == napi_ok) {
    /* It was captured from a prototype that scripts can write to: what it did is looked at. */
    bool detached = false;
    return napi_is_detached_arraybuffer(call->env, buffer, &detached) == napi_ok && detached;
  }
  napi_value ignored = NULL;
  /* While the environment is closing there is nothing to clear, and that is all it can say. */
  napi_status status = napi_get_and_clear_last_exception(call->env, &ignored);
  (void)status;
  return false;
}

hw_code_t hw_unwrap(const hw_call_t *call, size_t at, hw_record_t *record) {
  napi_value buffer = call->values[at];
  bool done = call->environment->transfer != NULL
                  ? detach_by_transfer(call, buffer)
                  : napi_detach_arraybuffer(call->env, buffer) == napi_ok;
  if (!done) {
    hw_block_cancel_free(record);
    return HW_CODE_NOT_DETACHABLE;
  }
  hw_block_finish_free(record);
  return HW_CODE_OK;
}
