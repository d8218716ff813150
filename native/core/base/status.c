#include "heapwright.h"

#include "base/align.h"

const char *hw_status_name(hw_status_t status) {
  static const char *const names[] = {
      [HW_OK] = "OK",
      [HW_ERR_INVALID] = "INVALID",
      [HW_ERR_OUT_OF_MEMORY] = "OUT_OF_MEMORY",
      [HW_ERR_LIMIT] = "LIMIT",
      [HW_ERR_NOWAIT] = "NOWAIT",
      [HW_ERR_NOT_IN_PLACE] = "NOT_IN_PLACE",
      [HW_ERR_NOT_OWNED] = "NOT_OWNED",
      [HW_ERR_INTERIOR] = "INTERIOR",
      [HW_ERR_NOT_LIVE] = "NOT_LIVE",
      [HW_ERR_LAYOUT_MISMATCH] = "LAYOUT_MISMATCH",
      [HW_ERR_BUSY] = "BUSY",
      [HW_ERR_CORRUPTED] = "CORRUPTED",
  };
  size_t index = (size_t)status;
  return index < sizeof names / sizeof names[0] ? names[index] : "UNKNOWN";
}

hw_status_t hw_layout_check(hw_layout_t layout) {
  if (!hw_is_power_of_two(layout.align) || layout.align > HW_MAX_SIZE) return HW_ERR_INVALID;
  if (layout.size > HW_MAX_SIZE - (layout.align - 1)) return HW_ERR_INVALID;
  return HW_OK;
}
