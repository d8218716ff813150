/* Heaps over the allocators of plug-ins, as a function of the addon. */
#include "functions.h"

#include <stdlib.h>

#include "guard.h"
#include "plugin.h"

/* A string, NUL-terminated, to be freed; or NULL for undefined. False: neither, or no memory, or a
 * string with a NUL in it, which would end early. */
static bool text_argument(const hw_call_t *call, size_t at, char **out) {
  napi_valuetype type = napi_undefined;
  size_t length = 0, copied = 0;
  *out = NULL;
  if (napi_typeof(call->env, call->values[at], &type) != napi_ok) return false;
  if (type == napi_undefined) return true;
  if (napi_get_value_string_utf8(call->env, call->values[at], NULL, 0, &length) != napi_ok) {
    return false;
  }
  char *text = malloc(length + 1);
  bool is_whole = text != NULL && napi_get_value_string_utf8(call->env, call->values[at], text,
                                                             length + 1, &copied) == napi_ok;
  for (size_t i = 0; is_whole && i < length; i++) is_whole = text[i] != '\0';
  if (is_whole)
    *out = text;
  else
    free(text);
  return is_whole;
}

/* What became of it, for createPluginHeap's answer. */
typedef struct hw_loaded {
  const hw_plugin_t *plugin;
  hw_plugin_fault_t fault;
  hw_status_t status;
  char reason[HW_PLUGIN_REASON_BYTES];
} hw_loaded_t;

static hw_code_t load(const char *path, const char *options, size_t limit, hw_loaded_t *loaded,
                      hw_allocator_t **out) {
  hw_allocator_t *inner = NULL;
  loaded->fault = hw_plugin_open(path, &loaded->plugin, loaded->reason);
  if (loaded->fault == HW_PLUGIN_SOUND) {
    loaded->fault = hw_plugin_create(loaded->plugin, options, &inner, &loaded->status);
  }
  if (loaded->fault != HW_PLUGIN_SOUND) return HW_CODE_LOAD_FAILED;
  if (hw_guard_create(inner, limit, hw_os_default(), out) == HW_OK) return HW_CODE_OK;
  hw_status_t status = hw_destroy(inner);
  (void)status; /* whatever it says, nothing is left to do with it */
  return HW_CODE_OUT_OF_MEMORY;
}

/* [external, name], or the code of what went wrong meanwhile. */
static napi_value answer_heap(const hw_call_t *call, napi_value external, const char *name) {
  napi_value pair = NULL, text = NULL;
  bool made = napi_create_array_with_length(call->env, 2, &pair) == napi_ok &&
              napi_create_string_utf8(call->env, name, NAPI_AUTO_LENGTH, &text) == napi_ok &&
              napi_set_element(call->env, pair, 0, external) == napi_ok &&
              napi_set_element(call->env, pair, 1, text) == napi_ok;
  return made ? pair : hw_call_answer(call, HW_CODE_ENV_CLOSING);
}

/* The system's words, or LOAD_FAILED with the fault and the status in the mail. */
static napi_value answer_fault(const hw_call_t *call, const hw_loaded_t *loaded) {
  napi_value words = NULL;
  if (loaded->fault == HW_PLUGIN_UNLOADABLE &&
      napi_create_string_utf8(call->env, loaded->reason, NAPI_AUTO_LENGTH, &words) == napi_ok) {
    return words;
  }
  uint32_t *mail = call->environment->mailbox->answer;
  mail[HW_MAIL_STATE] = (uint32_t)loaded->fault;
  mail[HW_MAIL_KIND] = (uint32_t)loaded->status;
  return hw_call_answer(call, HW_CODE_LOAD_FAILED);
}

/* createPluginHeap(path, options?, limit) -> [external, name] | words | code; id in the mail */
napi_value hw_js_create_plugin_heap(napi_env env, napi_callback_info info) {
  hw_call_t call;
  char *path = NULL, *options = NULL;
  size_t limit = 0;
  hw_loaded_t loaded = {0};
  hw_allocator_t *guard = NULL;
  napi_value external = NULL;
  hw_code_t code = hw_call_begin(env, info, 3, &call);
  if (code == HW_CODE_OK &&
      (!text_argument(&call, 0, &path) || path == NULL || !text_argument(&call, 1, &options) ||
       !hw_limit_argument(&call, 2, &limit))) {
    code = HW_CODE_INVALID_ARG;
  }
  if (code == HW_CODE_OK) code = load(path, options, limit, &loaded, &guard);
  free(path);
  free(options);
  if (code == HW_CODE_OK) code = hw_open_heap(&call, guard, &external);
  if (code == HW_CODE_LOAD_FAILED) return answer_fault(&call, &loaded);
  return code == HW_CODE_OK ? answer_heap(&call, external, loaded.plugin->name)
                            : hw_call_answer(&call, code);
}
