#include "segment/segment.h"

#include <stdint.h>

#include "base/align.h"
#include "base/check.h"

hw_status_t hw_segment_map(const hw_os_t *os, size_t size, hw_segment_t *out) {
  size_t page = os->page_size();
  HW_ASSERT(size > 0 && size <= HW_MAX_SIZE - 3 * page);
  size_t usable = hw_align_up(size, page);
  size_t whole = usable + 2 * page;

  uint8_t *mapping = os->map(whole);
  if (mapping == NULL) return HW_ERR_OUT_OF_MEMORY;
  if (!os->protect(mapping, page) || !os->protect(mapping + page + usable, page)) {
    os->unmap(mapping, whole);
    return HW_ERR_OUT_OF_MEMORY;
  }
  out->base = mapping + page;
  out->size = usable;
  return HW_OK;
}

void hw_segment_unmap(const hw_os_t *os, hw_segment_t *segment) {
  size_t page = os->page_size();
  os->unmap((uint8_t *)segment->base - page, segment->size + 2 * page);
  segment->base = NULL;
  segment->size = 0;
}
