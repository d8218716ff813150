/* An addon that does what none should: it keeps the address of an ArrayBuffer's memory. */
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

static const uint8_t *kept;

/* keep(buffer) */
static napi_value keep(napi_env env, napi_callback_info info) {
  size_t count = 1, size = 0;
  napi_value buffer = NULL;
  void *data = NULL;
  if (napi_get_cb_info(env, info, &count, &buffer, NULL, NULL) == napi_ok &&
      napi_get_arraybuffer_info(env, buffer, &data, &size) == napi_ok) {
    kept = data;
  }
  return NULL;
}

/* peek() -> a byte of what is there now */
static napi_value peek(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value = NULL;
  if (kept == NULL || napi_create_uint32(env, kept[1000], &value) != napi_ok) return NULL;
  return value;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"keep", NULL, keep, NULL, NULL, NULL, napi_enumerable, NULL},
      {"peek", NULL, peek, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  (void)napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions);
  return exports;
}
