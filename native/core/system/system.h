/* The system allocator: the C library's malloc with a layout. */
#pragma once

#include "heapwright.h"
#include "os/os.h"

/* A new instance with its own account. `os` outlives it. */
HW_MUST_CHECK hw_status_t hw_system_create(const hw_config_t *config, hw_allocator_t **out);
