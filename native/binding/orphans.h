/* Blocks that outlived their environment: counted for the whole process, because whoever could have
 * asked for their owner's figures is gone. */
#pragma once

#include <stdint.h>

void hw_orphans_add(uint64_t bytes);
uint64_t hw_orphan_blocks(void);
uint64_t hw_orphan_bytes(void);
