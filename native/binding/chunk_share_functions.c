/* Pools over memory of the program's, as functions of the addon: made, joined, and looked at. The
 * memory comes as a view of bytes over all of it, because that is what tells the address of a
 * SharedArrayBuffer. */
#include "functions.h"

#include "chunk_token.h"

static bool region_argument(const hw_call_t *call, size_t at, void **region, size_t *size) {
  napi_typedarray_type type = napi_int8_array;
  napi_value memory = NULL;
  size_t offset = 0;
  bool is_view = false;
  if (napi_is_typedarray(call->env, call->values[at], &is_view) != napi_ok || !is_view) {
    return false;
  }
  return napi_get_typedarray_info(call->env, call->values[at], &type, size, region, &memory,
                                  &offset) == napi_ok &&
         type == napi_uint8_array && *region != NULL;
}

/* Exactly the characters of an id. */
static bool id_argument(const hw_call_t *call, size_t at, char id[HW_SHARE_ID_LENGTH + 2]) {
  size_t length = 0;
  return napi_get_value_string_utf8(call->env, call->values[at], id, HW_SHARE_ID_LENGTH + 2,
                                    &length) == napi_ok &&
         length == HW_SHARE_ID_LENGTH;
}

static hw_code_t member_argument(napi_env env, napi_callback_info info, size_t count,
                                 hw_call_t *call, hw_member_t **member) {
  uint32_t id = 0;
  hw_code_t code = hw_call_begin(env, info, count, call);
  if (code != HW_CODE_OK) return code;
  if (!hw_call_u32(call, 0, &id)) return HW_CODE_INVALID_ARG;
  *member = hw_chunk_member(call->environment, id);
  return *member == NULL ? HW_CODE_CLOSED : HW_CODE_OK;
}

/* What keeps the member; id and number in the mail. Ends the member where that fails. */
static napi_value answer_member(const hw_call_t *call, hw_code_t code, hw_member_t *member) {
  hw_chunk_token_t *token = NULL;
  napi_value external = NULL;
  if (code != HW_CODE_OK) return hw_call_answer(call, code);
  uint32_t number = member->number;
  if (!hw_chunk_adopt(call->environment, member, &token)) {
    hw_share_leave(member);
    return hw_call_answer(call, HW_CODE_OUT_OF_MEMORY);
  }
  uint32_t id = token->id;
  if (napi_create_external(call->env, token, hw_chunk_token_end, NULL, &external) != napi_ok) {
    hw_chunk_token_end(call->env, token, NULL);
    return hw_call_answer(call, HW_CODE_ENV_CLOSING);
  }
  call->environment->mailbox->answer[HW_MAIL_INDEX] = id;
  call->environment->mailbox->answer[HW_MAIL_GENERATION] = number;
  return external;
}

/* createShare(bytes, chunkSize, fit, seed, id?) -> external | code; id and number in the mail */
napi_value hw_js_create_share(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_chunk_options_t options = HW_CHUNK_OPTIONS;
  uint32_t fit = 0;
  size_t seed = 0;
  char id[HW_SHARE_ID_LENGTH + 2];
  napi_valuetype type = napi_undefined;
  hw_member_t *member = NULL;
  hw_code_t code = hw_call_begin(env, info, 5, &call);
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);
  if (!region_argument(&call, 0, &options.region, &options.region_size) ||
      !hw_call_size(&call, 1, &options.chunk_size) || !hw_call_u32(&call, 2, &fit) ||
      fit > HW_CHUNK_BEST_FIT || !hw_call_size(&call, 3, &seed) ||
      napi_typeof(env, call.values[4], &type) != napi_ok ||
      (type != napi_undefined && !id_argument(&call, 4, id))) {
    return hw_call_answer(&call, HW_CODE_INVALID_ARG);
  }
  options.fit = (hw_chunk_fit_t)fit;
  code = hw_share_create(&options, type == napi_undefined ? NULL : id, seed, &member);
  return answer_member(&call, code, member);
}

/* joinShare(id, bytes) -> external | code; id and number in the mail */
napi_value hw_js_join_share(napi_env env, napi_callback_info info) {
  hw_call_t call;
  void *region = NULL;
  size_t size = 0;
  char id[HW_SHARE_ID_LENGTH + 2];
  hw_member_t *member = NULL;
  hw_code_t code = hw_call_begin(env, info, 2, &call);
  if (code == HW_CODE_OK &&
      (!id_argument(&call, 0, id) || !region_argument(&call, 1, &region, &size))) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK) code = hw_share_join(id, region, size, &member);
  return answer_member(&call, code, member);
}

/* leaveShare(id) -> code */
napi_value hw_js_leave_share(napi_env env, napi_callback_info info) {
  hw_call_t call;
  uint32_t id = 0;
  hw_code_t code = hw_call_begin(env, info, 1, &call);
  if (code == HW_CODE_OK && !hw_call_u32(&call, 0, &id)) code = HW_CODE_INVALID_ARG;
  if (code == HW_CODE_OK && !hw_chunk_leave(call.environment, id)) code = HW_CODE_CLOSED;
  return hw_call_answer(&call, code);
}

/* resetShare(id) -> code; LEASED: the member holds a lease, and nothing was freed */
napi_value hw_js_reset_share(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_code_t code = member_argument(env, info, 1, &call, &member);
  if (code == HW_CODE_OK && member->lease_count > 0) code = HW_CODE_LEASED;
  if (code == HW_CODE_OK) hw_share_reset(member);
  return hw_call_answer(&call, code);
}

/* reclaimShare(id, number) -> how many blocks | code */
napi_value hw_js_reclaim_share(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  uint32_t number = 0;
  size_t blocks = 0;
  hw_code_t code = member_argument(env, info, 2, &call, &member);
  if (code == HW_CODE_OK && !hw_call_u32(&call, 1, &number)) code = HW_CODE_INVALID_ARG;
  if (code == HW_CODE_OK) code = hw_share_reclaim(member, number, &blocks);
  return hw_call_number(&call, code, (double)blocks);
}

/* shareStats(id) -> numbers in the order of SHARE_STATS in lib/native.ts | code */
napi_value hw_js_share_stats(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_stats_t stats;
  hw_code_t code = member_argument(env, info, 1, &call, &member);
  if (code == HW_CODE_OK && hw_stats(hw_share_allocator(member), &stats) != HW_OK) {
    code = HW_CODE_CORRUPTED;
  }
  if (code != HW_CODE_OK) return hw_call_answer(&call, code);

  uint64_t doomed_blocks = 0, doomed_bytes = 0;
  hw_share_doomed(member, &doomed_blocks, &doomed_bytes);
  const double figures[] = {
      (double)(stats.live_blocks - doomed_blocks),
      (double)(stats.live_bytes - doomed_bytes),
      (double)stats.peak_bytes,
      (double)stats.mapped_bytes,
      (double)doomed_blocks,
      (double)doomed_bytes,
      (double)stats.allocations,
      (double)stats.deallocations,
      (double)stats.failures,
  };
  return hw_call_numbers(&call, code, figures, sizeof figures / sizeof figures[0]);
}

/* shareVerify(id) -> the broken invariant's name, or OK | code */
napi_value hw_js_share_verify(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  const char *broken = NULL;
  hw_code_t code = member_argument(env, info, 1, &call, &member);
  if (code == HW_CODE_OK) code = hw_share_verify(member, &broken);
  return hw_call_verdict(&call, code, broken);
}

/* shareOwns(id, offset) -> OK: a byte of a live block; NOT_OWNED */
napi_value hw_js_share_owns(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  size_t offset = 0;
  hw_code_t code = member_argument(env, info, 2, &call, &member);
  if (code == HW_CODE_OK && !hw_call_size(&call, 1, &offset)) code = HW_CODE_INVALID_ARG;
  if (code == HW_CODE_OK && !hw_share_owns(member, offset)) code = HW_CODE_NOT_OWNED;
  return hw_call_answer(&call, code);
}

/* shareAddress(id) -> bigint | code */
napi_value hw_js_share_address(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_chunk_info_t found;
  napi_value address = NULL;
  hw_code_t code = member_argument(env, info, 1, &call, &member);
  if (code == HW_CODE_OK && hw_chunk_info(hw_share_allocator(member), &found) != HW_OK) {
    code = HW_CODE_CORRUPTED;
  }
  if (code == HW_CODE_OK &&
      napi_create_bigint_uint64(env, (uint64_t)(uintptr_t)found.region, &address) != napi_ok) {
    code = HW_CODE_ENV_CLOSING;
  }
  return code == HW_CODE_OK ? address : hw_call_answer(&call, code);
}
