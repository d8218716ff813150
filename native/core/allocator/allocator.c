/* Dispatch: every public call validates here, once, so that an implementation never has to. */
#include "allocator/allocator.h"

#include <string.h>

#include "base/align.h"
#include "base/check.h"

static bool is_usable(const hw_allocator_t *self) {
  return self != NULL && self->ops != NULL && self->ops->abi_version == HW_ABI_VERSION;
}

static bool is_layout(hw_layout_t layout) {
  return hw_layout_check(layout) == HW_OK;
}

static bool are_flags(uint32_t flags) {
  return (flags & ~(uint32_t)HW_ALL_FLAGS) == 0;
}

hw_status_t hw_allocate(hw_allocator_t *self, hw_layout_t layout, uint32_t flags, void **out) {
  if (!is_usable(self) || out == NULL || !is_layout(layout) || !are_flags(flags)) {
    return HW_ERR_INVALID;
  }
  return self->ops->allocate(self, layout, flags, out);
}

hw_status_t hw_deallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  if (!is_usable(self) || ptr == NULL || !is_layout(layout)) return HW_ERR_INVALID;
  return self->ops->deallocate(self, ptr, layout);
}

hw_status_t hw_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout, hw_layout_t next,
                          uint32_t flags, void **out) {
  if (!is_usable(self) || ptr == NULL || out == NULL || !is_layout(layout) || !is_layout(next) ||
      !are_flags(flags)) {
    return HW_ERR_INVALID;
  }
  if (self->ops->reallocate == NULL) {
    return hw_default_reallocate(self, ptr, layout, next, flags, out);
  }
  return self->ops->reallocate(self, ptr, layout, next, flags, out);
}

hw_status_t hw_reallocate_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                   hw_layout_t next) {
  if (!is_usable(self) || ptr == NULL || !is_layout(layout) || !is_layout(next)) {
    return HW_ERR_INVALID;
  }
  if (self->ops->reallocate_in_place == NULL) {
    return hw_default_reallocate_in_place(self, ptr, layout, next);
  }
  return self->ops->reallocate_in_place(self, ptr, layout, next);
}

hw_status_t hw_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  if (!is_usable(self) || ptr == NULL || !is_layout(layout)) return HW_ERR_INVALID;
  if (self->ops->retire == NULL) return hw_default_retire(self, ptr, layout);
  return self->ops->retire(self, ptr, layout);
}

size_t hw_usable_size(hw_allocator_t *self, hw_layout_t layout) {
  if (!is_usable(self) || !is_layout(layout)) return 0;
  if (self->ops->usable_size == NULL) return hw_default_usable_size(self, layout);
  return self->ops->usable_size(self, layout);
}

hw_ownership_t hw_owns(hw_allocator_t *self, const void *ptr) {
  if (!is_usable(self) || ptr == NULL) return HW_OWNS_NO;
  if (self->ops->owns == NULL) return hw_default_owns(self, ptr);
  return self->ops->owns(self, ptr);
}

hw_status_t hw_stats(hw_allocator_t *self, hw_stats_t *out) {
  if (!is_usable(self) || out == NULL) return HW_ERR_INVALID;
  if (self->ops->stats == NULL) {
    hw_default_stats(self, out);
  } else {
    self->ops->stats(self, out);
  }
  return HW_OK;
}

hw_status_t hw_verify(hw_allocator_t *self, const char **broken) {
  const char *ignored = NULL;
  if (!is_usable(self)) return HW_ERR_INVALID;
  if (self->ops->verify == NULL) return hw_default_verify(self, broken ? broken : &ignored);
  return self->ops->verify(self, broken ? broken : &ignored);
}

hw_status_t hw_destroy(hw_allocator_t *self) {
  if (!is_usable(self)) return HW_ERR_INVALID;
  if (self->ops->destroy == NULL) return hw_default_destroy(self);
  return self->ops->destroy(self);
}

hw_status_t hw_default_reallocate(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                  hw_layout_t next, uint32_t flags, void **out) {
  /* Zeroing what the copy overwrites would be work for nothing: only the new tail is filled. */
  void *moved = NULL;
  hw_status_t status = self->ops->allocate(self, next, flags & ~(uint32_t)HW_ZEROED, &moved);
  if (status != HW_OK) return status;

  size_t kept = hw_min(layout.size, next.size);
  if (kept > 0) memcpy(moved, ptr, kept);
  if ((flags & HW_ZEROED) && next.size > kept) memset((uint8_t *)moved + kept, 0, next.size - kept);

  status = self->ops->deallocate(self, ptr, layout);
  if (status != HW_OK) {
    /* The old block was refused (misuse): the new one must not outlive the failed call. */
    hw_status_t undone = self->ops->deallocate(self, moved, next);
    HW_ASSERT(undone == HW_OK);
    (void)undone;
    return status;
  }
  *out = moved;
  return HW_OK;
}

hw_status_t hw_default_reallocate_in_place(hw_allocator_t *self, void *ptr, hw_layout_t layout,
                                           hw_layout_t next) {
  (void)self;
  bool fits = next.size == layout.size && hw_is_aligned(ptr, next.align);
  return fits ? HW_OK : HW_ERR_NOT_IN_PLACE;
}

size_t hw_default_usable_size(hw_allocator_t *self, hw_layout_t layout) {
  (void)self;
  return layout.size;
}

hw_ownership_t hw_default_owns(hw_allocator_t *self, const void *ptr) {
  (void)self;
  (void)ptr;
  return HW_OWNS_UNKNOWN;
}

hw_status_t hw_default_retire(hw_allocator_t *self, void *ptr, hw_layout_t layout) {
  (void)self;
  if (layout.size > 0) memset(ptr, 0, layout.size);
  return HW_OK;
}

void hw_default_stats(hw_allocator_t *self, hw_stats_t *out) {
  (void)self;
  *out = (hw_stats_t){.limit = HW_NO_LIMIT};
}

hw_status_t hw_default_verify(hw_allocator_t *self, const char **broken) {
  (void)self;
  *broken = NULL;
  return HW_OK;
}

hw_status_t hw_default_destroy(hw_allocator_t *self) {
  (void)self;
  return HW_OK;
}
