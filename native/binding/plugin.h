/* Plug-ins: shared objects that export an hw_plugin_t. Everything that can be looked at is looked
 * at before anything is called, and before a heap is made of it. Knows nothing of JavaScript. */
#pragma once

#include "heapwright.h"

/* What is wrong with a plug-in; `lib/native.ts` mirrors the list. */
typedef enum hw_plugin_fault {
  HW_PLUGIN_SOUND = 0,
  HW_PLUGIN_UNLOADABLE, /* no shared object, or one that cannot be linked */
  HW_PLUGIN_NO_SYMBOL, /* it does not export HW_PLUGIN_SYMBOL */
  HW_PLUGIN_BAD_VERSION,
  HW_PLUGIN_BAD_SIZE, /* of hw_plugin_t or of hw_allocator_ops_t */
  HW_PLUGIN_BAD_NAME,
  HW_PLUGIN_NO_CREATE,
  HW_PLUGIN_REFUSED, /* create answered with a status */
  HW_PLUGIN_NO_ALLOCATOR, /* create answered OK with NULL, or an allocator without a table */
  HW_PLUGIN_BAD_TABLE_VERSION,
  HW_PLUGIN_NO_FUNCTIONS, /* no allocate, or no deallocate */
} hw_plugin_fault_t;

/* Bytes that a reason may take. */
#define HW_PLUGIN_REASON_BYTES 512

/* Loads the shared object and never unloads it: its code may have to free a block long after the
 * last of its allocators was dropped, and threads or exit handlers that it made are its own.
 * HW_PLUGIN_SOUND: what it exports, checked. UNLOADABLE: in `reason`, the system's words. */
hw_plugin_fault_t hw_plugin_open(const char *path, const hw_plugin_t **out, char *reason);

/* What it exports. */
hw_plugin_fault_t hw_plugin_check(const hw_plugin_t *plugin);

/* A new allocator of a plug-in that was checked, checked itself. REFUSED: *status says how. */
hw_plugin_fault_t hw_plugin_create(const hw_plugin_t *plugin, const char *options,
                                   hw_allocator_t **out, hw_status_t *status);
