/* Blocks of chunks as functions of the addon, and what heaps of chunks tell of themselves. A block
 * is named by its member's id and its handle, the low word in INDEX and the high one in GENERATION;
 * no ArrayBuffer comes with it, for nothing here touches its memory. */
#include "chunk_token.h"
#include "functions.h"

/* Flags of a free. */
#define REFUSE_WHEN_BUSY 1u
#define CHECK_LAYOUT 2u

static hw_code_t begin(napi_env env, napi_callback_info info, hw_call_t *call,
                       hw_member_t **member) {
  hw_code_t code = hw_call_begin(env, info, 0, call);
  if (code != HW_CODE_OK) return code;
  *member = hw_chunk_member(call->environment, hw_request_word(call, HW_REQUEST_HEAP));
  return *member == NULL ? HW_CODE_CLOSED : HW_CODE_OK;
}

/* Nothing for OK: a number costs as much as the rest of the call. */
static napi_value answer(const hw_call_t *call, hw_code_t code) {
  return code == HW_CODE_OK ? NULL : hw_call_answer(call, code);
}

static uint64_t handle_of(const hw_call_t *call) {
  uint64_t high = hw_request_word(call, HW_REQUEST_GENERATION);
  return (high << 32) | hw_request_word(call, HW_REQUEST_INDEX);
}

static void mail_pair(const hw_call_t *call, hw_mail_t low, hw_mail_t high, uint64_t value) {
  uint32_t *mail = call->environment->mailbox->answer;
  mail[low] = (uint32_t)value;
  mail[high] = (uint32_t)(value >> 32);
}

/* chunkAllocate() -> undefined | code; handle and offset in the mail
 * Request: heap, size, align. */
napi_value hw_js_chunk_allocate(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_layout_t layout;
  uint64_t handle = 0, offset = 0;
  hw_code_t code = begin(env, info, &call, &member);
  if (code == HW_CODE_OK && !hw_request_layout(&call, HW_REQUEST_SIZE, &layout)) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK && (call.environment->forced & HW_FORCE_OUT_OF_MEMORY) != 0) {
    code = HW_CODE_OUT_OF_MEMORY;
  }
  if (code == HW_CODE_OK) code = hw_share_allocate(member, layout, &handle, &offset);
  if (code == HW_CODE_OK) {
    mail_pair(&call, HW_MAIL_INDEX, HW_MAIL_GENERATION, handle);
    mail_pair(&call, HW_MAIL_OFFSET_LOW, HW_MAIL_OFFSET_HIGH, offset);
  }
  return answer(&call, code);
}

/* chunkFree() -> undefined | KEPT | code
 * Request: heap, handle, flags, and size and align with CHECK_LAYOUT. */
napi_value hw_js_chunk_free(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_layout_t layout;
  hw_code_t code = begin(env, info, &call, &member);
  if (code != HW_CODE_OK) return answer(&call, code);
  uint32_t flags = hw_request_word(&call, HW_REQUEST_FLAGS);
  bool checks = (flags & CHECK_LAYOUT) != 0;
  if (checks && !hw_request_layout(&call, HW_REQUEST_SIZE, &layout)) code = HW_CODE_INVALID_ARG;
  if (code == HW_CODE_OK) {
    bool refuses = (flags & REFUSE_WHEN_BUSY) != 0;
    code = hw_share_free(member, handle_of(&call), checks ? &layout : NULL, refuses);
  }
  return answer(&call, code);
}

/* chunkResize() -> undefined | NOT_IN_PLACE | code; the new handle in the mail
 * Request: heap, handle, newSize, newAlign. */
napi_value hw_js_chunk_resize(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_layout_t next;
  uint64_t handle = 0;
  hw_code_t code = begin(env, info, &call, &member);
  if (code == HW_CODE_OK && !hw_request_layout(&call, HW_REQUEST_NEW_SIZE, &next)) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK) code = hw_share_resize(member, handle_of(&call), next, &handle);
  if (code == HW_CODE_OK) mail_pair(&call, HW_MAIL_INDEX, HW_MAIL_GENERATION, handle);
  return answer(&call, code);
}

/* chunkLook() -> undefined | ABANDONED | code; what there is to say, in the mail
 * Request: heap, handle. The owner is in HW_MAIL_HEAP. */
napi_value hw_js_chunk_look(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_share_block_t block = {0};
  hw_code_t code = begin(env, info, &call, &member);
  if (code == HW_CODE_OK) code = hw_share_look(member, handle_of(&call), &block);
  if (code == HW_CODE_OK || code == HW_CODE_ABANDONED) {
    uint32_t *mail = call.environment->mailbox->answer;
    mail[HW_MAIL_LEASES] = block.leases;
    mail[HW_MAIL_HEAP] = block.owner;
    mail[HW_MAIL_LG_ALIGN] = (uint32_t)__builtin_ctzll(block.layout.align);
    mail_pair(&call, HW_MAIL_SIZE_LOW, HW_MAIL_SIZE_HIGH, block.layout.size);
    mail_pair(&call, HW_MAIL_OFFSET_LOW, HW_MAIL_OFFSET_HIGH, block.offset);
    mail_pair(&call, HW_MAIL_START_LOW, HW_MAIL_START_HIGH, block.start);
    mail_pair(&call, HW_MAIL_USABLE_LOW, HW_MAIL_USABLE_HIGH, block.usable);
  }
  return answer(&call, code);
}

/* chunkLease() -> undefined | code. Request: heap, handle. */
napi_value hw_js_chunk_lease(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_code_t code = begin(env, info, &call, &member);
  if (code == HW_CODE_OK) code = hw_share_lease(member, handle_of(&call));
  return answer(&call, code);
}

/* chunkEndLease() -> undefined | KEPT | code. Request: heap, handle. */
napi_value hw_js_chunk_end_lease(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_member_t *member = NULL;
  hw_code_t code = begin(env, info, &call, &member);
  if (code == HW_CODE_OK) code = hw_share_end_lease(member, handle_of(&call));
  return answer(&call, code);
}

/* --- of both kinds --- */

/* Arguments 0 and 1: whether it is a member of a share, and its id. NULL: closed. *member is NULL
 * for a heap. */
static hw_allocator_t *chunks_argument(const hw_call_t *call, hw_member_t **member) {
  uint32_t is_share = 0, id = 0;
  hw_heap_t *heap = NULL;
  *member = NULL;
  if (!hw_call_u32(call, 0, &is_share) || !hw_call_u32(call, 1, &id)) return NULL;
  if (is_share == 0) return hw_call_heap(call, 1, &heap) ? heap->allocator : NULL;
  *member = hw_chunk_member(call->environment, id);
  return *member == NULL ? NULL : hw_share_allocator(*member);
}

static hw_code_t info_argument(const hw_call_t *call, hw_allocator_t **chunks, hw_member_t **member,
                               hw_chunk_info_t *info) {
  *chunks = chunks_argument(call, member);
  if (*chunks == NULL) return HW_CODE_CLOSED;
  return hw_chunk_info(*chunks, info) == HW_OK ? HW_CODE_OK : HW_CODE_INVALID_ARG;
}

/* chunkInfo(isShare, id) -> [capacity, chunk size, chunks, free chunks] | code */
napi_value hw_js_chunk_info(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_allocator_t *chunks = NULL;
  hw_member_t *member = NULL;
  hw_chunk_info_t found = {0};
  hw_code_t code = hw_call_begin(env, info, 2, &call);
  if (code == HW_CODE_OK) code = info_argument(&call, &chunks, &member, &found);
  const double numbers[] = {(double)found.capacity, (double)found.chunk_size,
                            (double)found.chunk_count, (double)found.free_chunks};
  return hw_call_numbers(&call, code, numbers, sizeof numbers / sizeof numbers[0]);
}

/* Whether an empty heap would have room. Blocks begin at a chunk. */
static bool ever_fits(const hw_chunk_info_t *info, hw_layout_t layout) {
  if (layout.size == 0) return true;
  if (layout.size > info->capacity) return false;
  /* From the region's begin to the first address of that alignment. */
  size_t ahead = (size_t)(-(uintptr_t)info->region) & (layout.align - 1);
  return ahead % info->chunk_size == 0 && ahead <= info->capacity - layout.size;
}

/* chunkRoom(isShare, id, size, align) -> [longest free run, whether it would ever fit, bytes that
 * it takes up] | code */
napi_value hw_js_chunk_room(napi_env env, napi_callback_info info) {
  hw_call_t call;
  hw_allocator_t *chunks = NULL;
  hw_member_t *member = NULL;
  hw_chunk_info_t found = {0};
  hw_layout_t layout = {0, 1};
  size_t longest = 0;
  hw_code_t code = hw_call_begin(env, info, 4, &call);
  if (code == HW_CODE_OK && !hw_call_layout(&call, 2, &layout)) code = HW_CODE_INVALID_ARG;
  if (code == HW_CODE_OK) code = info_argument(&call, &chunks, &member, &found);
  if (code == HW_CODE_OK && hw_chunk_largest_free_run(chunks, &longest) != HW_OK) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK && member != NULL) layout = hw_share_layout(member, layout);
  bool fits = code == HW_CODE_OK && ever_fits(&found, layout);
  const double numbers[] = {(double)longest, fits ? 1 : 0, (double)layout.size};
  return hw_call_numbers(&call, code, numbers, sizeof numbers / sizeof numbers[0]);
}
