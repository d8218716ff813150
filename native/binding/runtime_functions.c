/* What the binding knows of the runtime it found itself in. */
#include "functions.h"

#include "orphans.h"

static bool set_flag(napi_env env, napi_value object, const char *name, bool flag) {
  napi_value value = NULL;
  return napi_get_boolean(env, flag, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

static bool set_number(napi_env env, napi_value object, const char *name, double number) {
  napi_value value = NULL;
  return napi_create_double(env, number, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

/* runtimeState() -> { gateProved, byTransfer, activeRequests, orphanedBlocks, orphanedBytes, ... }
 */
napi_value hw_js_runtime_state(napi_env env, napi_callback_info info) {
  hw_call_t call;
  napi_value state = NULL;
  hw_code_t code = hw_call_begin(env, info, 0, &call);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  const hw_environment_t *environment = call.environment;
  bool busy = (environment->forced & HW_FORCE_BUSY) != 0;
  bool external = (environment->forced & HW_FORCE_NO_EXTERNAL) == 0;
  double requests = hw_gate_active_requests(&environment->gate);
  bool complete = napi_create_object(env, &state) == napi_ok &&
                  set_flag(env, state, "gateProved", environment->gate.proved && !busy) &&
                  set_flag(env, state, "byTransfer", environment->transfer != NULL) &&
                  set_flag(env, state, "external", environment->external && external) &&
                  set_number(env, state, "activeRequests", requests) &&
                  set_number(env, state, "records", environment->records.busy) &&
                  set_number(env, state, "orphanedBlocks", (double)hw_orphan_blocks()) &&
                  set_number(env, state, "orphanedBytes", (double)hw_orphan_bytes());
  return complete ? state : hw_call_answer(&call, HW_CODE_ENV_CLOSING);
}

/* isBusy() -> BUSY while requests are active, or where they cannot be seen; else OK */
napi_value hw_js_is_busy(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_code_t code = hw_call_begin(env, info, 0, &call);
  if (code == HW_CODE_OK && hw_environment_is_busy(call.environment)) code = HW_CODE_BUSY;
  return hw_call_answer(&call, code);
}

/* pushCollection(pressure) -> code; KEPT: there was a push in this tick, no gentler
 * For memory that JavaScript hands out of slabs: only the package knows how much of it waits for
 * the collector. `pressure` is HW_PRESSURE_HALF or HW_PRESSURE_HIGH. */
napi_value hw_js_push_collection(napi_env env, napi_callback_info info) {
  hw_call_t call;
  uint32_t pressure = 0;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK && (!hw_call_u32(&call, 0, &pressure) ||
                             (pressure != HW_PRESSURE_HALF && pressure != HW_PRESSURE_HIGH))) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK &&
      !hw_environment_push_collection(call.environment, (hw_pressure_t)pressure)) {
    code = HW_CODE_KEPT;
  }
  return hw_call_answer(&call, code);
}

/* force(flags) -> code. For tests: every flag only makes the binding refuse more. */
napi_value hw_js_force(napi_env env, napi_callback_info info) {
  hw_call_t call;
  uint32_t flags = 0;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  /* Called from the right thread while WRONG_THREAD is forced: the way back. */
  if (code == HW_CODE_WRONG_THREAD && pthread_equal(pthread_self(), call.environment->thread)) {
    code = HW_CODE_OK;
  }
  if (code == HW_CODE_OK && (!hw_call_u32(&call, 0, &flags) || (flags & ~HW_FORCE_ALL) != 0)) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK) call.environment->forced = flags;
  return hw_call_answer(&call, code);
}
