/* An addon of your own that allocates through heapwright: checksum(capi, bytes) copies the bytes
 * into memory of an arena and adds them up. */
#include <node_api.h>
#include <string.h>

#include "heapwright.h"

static const hw_capi_t *capi_of(napi_env env, napi_value value) {
  static const napi_type_tag tag = HW_CAPI_TAG;
  napi_valuetype type = napi_undefined;
  bool is_capi = false;
  void *found = NULL;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external) return NULL;
  if (napi_check_object_type_tag(env, value, &tag, &is_capi) != napi_ok || !is_capi) return NULL;
  if (napi_get_value_external(env, value, &found) != napi_ok) return NULL;
  const hw_capi_t *capi = found;
  return capi->abi_version == HW_ABI_VERSION && capi->size >= sizeof *capi ? capi : NULL;
}

static hw_status_t add_up(const hw_capi_t *capi, const void *bytes, size_t size, double *sum) {
  const hw_config_t config = {.limit = 1 << 20};
  const hw_layout_t layout = {.size = size, .align = 64};
  hw_allocator_t *arena = NULL;
  void *copy = NULL;
  hw_status_t status = capi->create("arena", &config, &arena);
  if (status != HW_OK) return status;
  status = capi->allocate(arena, layout, 0, &copy);
  if (status == HW_OK) {
    if (size > 0) memcpy(copy, bytes, size);
    for (size_t i = 0; i < size; i++) *sum += ((const uint8_t *)copy)[i];
    status = capi->deallocate(arena, copy, layout);
  }
  hw_status_t destroyed = capi->destroy(arena);
  return status != HW_OK ? status : destroyed;
}

static napi_value checksum(napi_env env, napi_callback_info info) {
  napi_value arguments[2], answer = NULL;
  size_t count = 2, size = 0;
  double sum = 0;
  void *bytes = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok) return NULL;
  const hw_capi_t *capi = capi_of(env, arguments[0]);
  if (capi == NULL || napi_get_buffer_info(env, arguments[1], &bytes, &size) != napi_ok) {
    napi_throw_type_error(env, NULL, "checksum(capi, buffer)");
    return NULL;
  }
  hw_status_t status = add_up(capi, bytes, size, &sum);
  if (status != HW_OK)
    napi_throw_error(env, NULL, capi->status_name(status));
  else if (napi_create_double(env, sum, &answer) != napi_ok)
    return NULL;
  return answer;
}

NAPI_MODULE_INIT() {
  napi_value function = NULL;
  if (napi_create_function(env, "checksum", 8, checksum, NULL, &function) != napi_ok) return NULL;
  return function;
}
