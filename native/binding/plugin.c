#include "plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_NAME 31

hw_plugin_fault_t hw_plugin_open(const char *path, const hw_plugin_t **out, char *reason) {
  void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (object == NULL) {
    const char *words = dlerror();
    snprintf(reason, HW_PLUGIN_REASON_BYTES, "%s", words != NULL ? words : "it does not load");
    return HW_PLUGIN_UNLOADABLE;
  }
  *out = dlsym(object, HW_PLUGIN_SYMBOL);
  return *out == NULL ? HW_PLUGIN_NO_SYMBOL : hw_plugin_check(*out);
}

static bool is_name(const char *name) {
  if (name == NULL) return false;
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  size_t length = strspn(name, letters);
  return length > 0 && length <= LONGEST_NAME && name[length] == '\0';
}

hw_plugin_fault_t hw_plugin_check(const hw_plugin_t *plugin) {
  /* In the order of the fields: none is read that another version may not have. */
  if (plugin->abi_version != HW_ABI_VERSION) return HW_PLUGIN_BAD_VERSION;
  bool same =
      plugin->plugin_size == sizeof *plugin && plugin->ops_size == sizeof(hw_allocator_ops_t);
  if (!same) return HW_PLUGIN_BAD_SIZE;
  if (!is_name(plugin->name)) return HW_PLUGIN_BAD_NAME;
  return plugin->create == NULL ? HW_PLUGIN_NO_CREATE : HW_PLUGIN_SOUND;
}

static hw_plugin_fault_t check_table(const hw_allocator_t *allocator) {
  if (allocator == NULL || allocator->ops == NULL) return HW_PLUGIN_NO_ALLOCATOR;
  const hw_allocator_ops_t *ops = allocator->ops;
  if (ops->abi_version != HW_ABI_VERSION) return HW_PLUGIN_BAD_TABLE_VERSION;
  bool has_both = ops->allocate != NULL && ops->deallocate != NULL;
  return has_both ? HW_PLUGIN_SOUND : HW_PLUGIN_NO_FUNCTIONS;
}

hw_plugin_fault_t hw_plugin_create(const hw_plugin_t *plugin, const char *options,
                                   hw_allocator_t **out, hw_status_t *status) {
  *out = NULL;
  *status = plugin->create(options, out);
  return *status == HW_OK ? check_table(*out) : HW_PLUGIN_REFUSED;
}
