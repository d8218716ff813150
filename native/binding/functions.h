/* The functions that the addon exports, by file. */
#pragma once

#include "call.h"

/* block_functions.c */
napi_value hw_js_allocate(napi_env env, napi_callback_info info);
napi_value hw_js_allocate_slab(napi_env env, napi_callback_info info);
napi_value hw_js_deallocate(napi_env env, napi_callback_info info);
napi_value hw_js_reallocate(napi_env env, napi_callback_info info);
napi_value hw_js_reallocate_in_place(napi_env env, napi_callback_info info);
napi_value hw_js_end_block(napi_env env, napi_callback_info info);
napi_value hw_js_is_held(napi_env env, napi_callback_info info);
napi_value hw_js_lease(napi_env env, napi_callback_info info);
napi_value hw_js_end_lease(napi_env env, napi_callback_info info);
napi_value hw_js_block_state(napi_env env, napi_callback_info info);
napi_value hw_js_address_of(napi_env env, napi_callback_info info);

/* range_functions.c */
napi_value hw_js_allocate_raw(napi_env env, napi_callback_info info);
napi_value hw_js_wrap_range(napi_env env, napi_callback_info info);
napi_value hw_js_release_raw(napi_env env, napi_callback_info info);

/* heap_functions.c */
napi_value hw_js_create_heap(napi_env env, napi_callback_info info);
napi_value hw_js_close_heap(napi_env env, napi_callback_info info);
napi_value hw_js_live_blocks(napi_env env, napi_callback_info info);
napi_value hw_js_stats(napi_env env, napi_callback_info info);
napi_value hw_js_verify(napi_env env, napi_callback_info info);
napi_value hw_js_usable_size(napi_env env, napi_callback_info info);

/* capi.c: puts `capi` on `exports`. */
bool hw_export_capi(napi_env env, napi_value exports);

/* plugin_functions.c */
napi_value hw_js_create_plugin_heap(napi_env env, napi_callback_info info);

/* arena_functions.c */
napi_value hw_js_purge(napi_env env, napi_callback_info info);
napi_value hw_js_tick(napi_env env, napi_callback_info info);
napi_value hw_js_arena_stats(napi_env env, napi_callback_info info);
napi_value hw_js_arena_map(napi_env env, napi_callback_info info);

/* chunk_functions.c */
napi_value hw_js_chunk_allocate(napi_env env, napi_callback_info info);
napi_value hw_js_chunk_free(napi_env env, napi_callback_info info);
napi_value hw_js_chunk_resize(napi_env env, napi_callback_info info);
napi_value hw_js_chunk_look(napi_env env, napi_callback_info info);
napi_value hw_js_chunk_lease(napi_env env, napi_callback_info info);
napi_value hw_js_chunk_end_lease(napi_env env, napi_callback_info info);
napi_value hw_js_chunk_info(napi_env env, napi_callback_info info);
napi_value hw_js_chunk_room(napi_env env, napi_callback_info info);

/* chunk_share_functions.c */
napi_value hw_js_create_share(napi_env env, napi_callback_info info);
napi_value hw_js_join_share(napi_env env, napi_callback_info info);
napi_value hw_js_leave_share(napi_env env, napi_callback_info info);
napi_value hw_js_reset_share(napi_env env, napi_callback_info info);
napi_value hw_js_reclaim_share(napi_env env, napi_callback_info info);
napi_value hw_js_share_stats(napi_env env, napi_callback_info info);
napi_value hw_js_share_verify(napi_env env, napi_callback_info info);
napi_value hw_js_share_owns(napi_env env, napi_callback_info info);
napi_value hw_js_share_address(napi_env env, napi_callback_info info);

/* runtime_functions.c */
napi_value hw_js_runtime_state(napi_env env, napi_callback_info info);
napi_value hw_js_is_busy(napi_env env, napi_callback_info info);
napi_value hw_js_push_collection(napi_env env, napi_callback_info info);
napi_value hw_js_force(napi_env env, napi_callback_info info);

/* Memory and record for a block or raw memory; when the heap is full, also a push towards a
 * collection, which may bring back what was dropped or abandoned. */
hw_code_t hw_open_block(const hw_call_t *call, hw_heap_t *heap, hw_layout_t layout, uint32_t flags,
                        hw_record_kind_t kind, hw_record_t **out);

/* A limit is a size, or Infinity for none. False: neither. */
bool hw_limit_argument(const hw_call_t *call, size_t at, size_t *out);

/* A heap over `allocator`, which it takes over and destroys where it fails: the object that keeps
 * it, with its id in the mail. */
hw_code_t hw_open_heap(const hw_call_t *call, hw_allocator_t *allocator, napi_value *external);
