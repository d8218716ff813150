/* The C API as a value: for addons that find it at run time, because the addon exports no symbol
 * that they could link to. */
#include "functions.h"
#include "heapwright.h"

static const hw_capi_t capi = {
    .abi_version = HW_ABI_VERSION,
    .size = sizeof capi,
    .status_name = hw_status_name,
    .layout_check = hw_layout_check,
    .create = hw_create,
    .allocate = hw_allocate,
    .deallocate = hw_deallocate,
    .reallocate = hw_reallocate,
    .reallocate_in_place = hw_reallocate_in_place,
    .usable_size = hw_usable_size,
    .owns = hw_owns,
    .stats = hw_stats,
    .verify = hw_verify,
    .destroy = hw_destroy,
    .cache_open = hw_cache_open,
    .cache_flush = hw_cache_flush,
    .arena_tick = hw_arena_tick,
};

bool hw_export_capi(napi_env env, napi_value exports) {
  static const napi_type_tag tag = HW_CAPI_TAG;
  napi_value value = NULL;
  /* Nobody writes through it: what it points to is constant. */
  void *functions = (void *)(uintptr_t)&capi;
  if (napi_create_external(env, functions, NULL, NULL, &value) != napi_ok) return false;
  /* A runtime that cannot tag externals has no `capi`: untagged it could be taken for another. */
  if (napi_type_tag_object(env, value, &tag) != napi_ok) return true;
  return napi_set_named_property(env, exports, "capi", value) == napi_ok;
}
