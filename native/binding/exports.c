#include "addon.h"
#include "functions.h"

static const struct {
  const char *name;
  napi_callback function;
} functions[] = {
    {"allocate", hw_js_allocate},
    {"allocateSlab", hw_js_allocate_slab},
    {"deallocate", hw_js_deallocate},
    {"reallocate", hw_js_reallocate},
    {"reallocateInPlace", hw_js_reallocate_in_place},
    {"endBlock", hw_js_end_block},
    {"isHeld", hw_js_is_held},
    {"lease", hw_js_lease},
    {"endLease", hw_js_end_lease},
    {"blockState", hw_js_block_state},
    {"addressOf", hw_js_address_of},
    {"allocateRaw", hw_js_allocate_raw},
    {"wrapRange", hw_js_wrap_range},
    {"releaseRaw", hw_js_release_raw},
    {"createHeap", hw_js_create_heap},
    {"createPluginHeap", hw_js_create_plugin_heap},
    {"closeHeap", hw_js_close_heap},
    {"liveBlocks", hw_js_live_blocks},
    {"stats", hw_js_stats},
    {"verify", hw_js_verify},
    {"usableSize", hw_js_usable_size},
    {"purge", hw_js_purge},
    {"tick", hw_js_tick},
    {"arenaStats", hw_js_arena_stats},
    {"arenaMap", hw_js_arena_map},
    {"chunkAllocate", hw_js_chunk_allocate},
    {"chunkFree", hw_js_chunk_free},
    {"chunkResize", hw_js_chunk_resize},
    {"chunkLook", hw_js_chunk_look},
    {"chunkLease", hw_js_chunk_lease},
    {"chunkEndLease", hw_js_chunk_end_lease},
    {"chunkInfo", hw_js_chunk_info},
    {"chunkRoom", hw_js_chunk_room},
    {"createShare", hw_js_create_share},
    {"joinShare", hw_js_join_share},
    {"leaveShare", hw_js_leave_share},
    {"resetShare", hw_js_reset_share},
    {"reclaimShare", hw_js_reclaim_share},
    {"shareStats", hw_js_share_stats},
    {"shareVerify", hw_js_share_verify},
    {"shareOwns", hw_js_share_owns},
    {"shareAddress", hw_js_share_address},
    {"runtimeState", hw_js_runtime_state},
    {"isBusy", hw_js_is_busy},
    {"pushCollection", hw_js_push_collection},
    {"force", hw_js_force},
};

static bool export_functions(napi_env env, napi_value exports, hw_environment_t *environment) {
  for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
    napi_value function = NULL;
    const char *name = functions[i].name;
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, functions[i].function, environment,
                             &function) != napi_ok ||
        napi_set_named_property(env, exports, name, function) != napi_ok) {
      return false;
    }
  }
  return true;
}

static void keep_mailbox(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  (void)hint; /* never freed: see hw_environment_t */
}

/* The mailbox is also the probe: a runtime with a memory cage refuses it. */
static bool export_mailbox(napi_env env, napi_value exports, hw_environment_t *environment) {
  napi_value buffer = NULL;
  napi_status status = napi_create_external_arraybuffer(
      env, environment->mailbox, sizeof(hw_mailbox_t), keep_mailbox, NULL, &buffer);
  environment->external = status == napi_ok;
  if (status == napi_no_external_buffers_allowed) {
    /* No block can be made here: every request stays empty and is refused. */
    void *ignored = NULL;
    status = napi_create_arraybuffer(env, sizeof(hw_mailbox_t), &ignored, &buffer);
  }
  return status == napi_ok && napi_set_named_property(env, exports, "mailbox", buffer) == napi_ok;
}

bool hw_addon_install(napi_env env, napi_value exports, bool has_libuv, napi_ref transfer) {
  hw_environment_t *environment = hw_environment_create(env, has_libuv);
  if (environment == NULL) return false;
  environment->transfer = transfer;
  if (napi_set_instance_data(env, environment, hw_environment_end, NULL) != napi_ok) {
    hw_environment_end(env, environment, NULL);
    return false;
  }
  return export_mailbox(env, exports, environment) && hw_export_capi(env, exports) &&
         export_functions(env, exports, environment);
}
