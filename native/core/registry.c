/* The kinds of allocator, one line each. */
#include <string.h>

#include "heapwright.h"
#include "os/os.h"
#include "system/system.h"

typedef hw_status_t (*hw_constructor_t)(const hw_config_t *config, hw_allocator_t **out);

static const struct {
  const char *kind;
  hw_constructor_t create;
} kinds[] = {
    {"system", hw_system_create},
};

hw_status_t hw_create(const char *kind, const hw_config_t *config, hw_allocator_t **out) {
  if (kind == NULL || out == NULL) return HW_ERR_INVALID;
  hw_config_t chosen = config != NULL ? *config : (hw_config_t){.limit = HW_NO_LIMIT};
  if (chosen.os == NULL) chosen.os = hw_os_default();

  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (strcmp(kinds[i].kind, kind) == 0) return kinds[i].create(&chosen, out);
  }
  return HW_ERR_INVALID;
}
