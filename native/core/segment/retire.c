#include "segment/retire.h"

#include <stdint.h>
#include <string.h>

#include "base/align.h"

void hw_retire_range(const hw_os_t *os, void *ptr, size_t size) {
  if (size == 0) return;
  size_t page = os->page_size();
  uint8_t *start = ptr;
  uint8_t *end = start + size;
  uint8_t *first_page = (uint8_t *)hw_align_up((uintptr_t)start, page);
  uint8_t *last_page = (uint8_t *)hw_align_down((uintptr_t)end, page);

  bool purged = first_page < last_page && os->purge(first_page, (size_t)(last_page - first_page));
  if (!purged) {
    memset(start, 0, size);
    return;
  }
  memset(start, 0, (size_t)(first_page - start));
  memset(last_page, 0, (size_t)(end - last_page));
}
