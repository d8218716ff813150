/* The rival of dedicated blocks: the least an addon can do to hand out native memory and take it
 * back. One call to allocate (malloc, memset if asked, an external ArrayBuffer over it), one to
 * free (detach, free). No record of blocks, no owner, no alignment, no limit, no gate: a double
 * free crashes, a dropped buffer leaks. It has the finalizer that every addon with such buffers
 * has, and an empty one, because without a record it cannot know what was freed (passing none at
 * all would save it some 3 %). What it costs is the price of wrapping itself.
 *
 * allocate(size, zeroed) -> ArrayBuffer, deallocate(buffer) -> boolean. */
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

static napi_value fail(napi_env env, const char *what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

static void finalize(napi_env env, void *memory, void *hint) {
  (void)env, (void)memory, (void)hint;
}

static napi_value allocate(napi_env env, napi_callback_info info) {
  napi_value arguments[2], buffer;
  size_t count = 2;
  uint32_t size;
  bool zeroed;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok || count < 2 ||
      napi_get_value_uint32(env, arguments[0], &size) != napi_ok ||
      napi_get_value_bool(env, arguments[1], &zeroed) != napi_ok) {
    return fail(env, "allocate(size, zeroed)");
  }
  void *memory = malloc(size);
  if (memory == NULL) return fail(env, "out of memory");
  if (zeroed) memset(memory, 0, size);
  if (napi_create_external_arraybuffer(env, memory, size, finalize, NULL, &buffer) != napi_ok) {
    free(memory);
    return fail(env, "no external buffers");
  }
  return buffer;
}

static napi_value deallocate(napi_env env, napi_callback_info info) {
  napi_value buffer, done;
  size_t count = 1, size;
  void *memory;
  if (napi_get_cb_info(env, info, &count, &buffer, NULL, NULL) != napi_ok || count < 1 ||
      napi_get_arraybuffer_info(env, buffer, &memory, &size) != napi_ok ||
      napi_detach_arraybuffer(env, buffer) != napi_ok) {
    return fail(env, "deallocate(buffer)");
  }
  free(memory);
  return napi_get_boolean(env, true, &done) == napi_ok ? done : NULL;
}

NAPI_MODULE_INIT() {
  napi_property_descriptor functions[] = {
      {"allocate", NULL, allocate, NULL, NULL, NULL, napi_enumerable, NULL},
      {"deallocate", NULL, deallocate, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  if (napi_define_properties(env, exports, 2, functions) != napi_ok) return NULL;
  return exports;
}
