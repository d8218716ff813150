/* The only door to the operating system: a const table of hooks. An allocator takes its table at
 * construction, so a test can hand in one whose Nth call fails or whose clock stands still.
 *
 * Pre-conditions, for every hook: sizes are not zero; ranges given to hooks are whole pages inside
 * one earlier map or reservation (or heap block, for purge). No hook touches errno's caller. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hw_os {
  size_t (*page_size)(void);
  /* A clock that never goes back. */
  uint64_t (*milliseconds)(void);

  /* Anonymous zeroed pages, readable and writable; NULL when there are none. */
  void *(*map)(size_t size);
  void (*unmap)(void *base, size_t size);
  /* Gives the pages' memory back; they stay mapped and read zero. False: nothing was done. */
  bool (*purge)(void *base, size_t size);
  /* Makes every access fault. False: nothing was done. */
  bool (*protect)(void *base, size_t size);

  /* Addresses without memory, at a multiple of `align` (whole pages, a power of two); NULL when
   * there are none. Any access faults until `commit`. */
  void *(*reserve)(size_t size, size_t align);
  /* Makes reserved pages readable and writable; they read zero. False: nothing was done. */
  bool (*commit)(void *base, size_t size);
  /* The memory of [from, from + size) becomes that of `to`, whose own is dropped; what is left at
   * `from` stays mapped and reads zero. False: nothing was done. */
  bool (*move)(void *from, void *to, size_t size);
  /* As purge, and the system's own book-keeping about the range is as for one never used: undoes
   * what `move` costs. False: nothing was done. */
  bool (*renew)(void *base, size_t size);
  /* Whether huge pages should back the range. A wish. */
  void (*advise_huge)(void *base, size_t size, bool wanted);

  /* The C library's heap. NULL when there is no memory. */
  void *(*heap_allocate)(size_t size);
  void *(*heap_allocate_zeroed)(size_t size);
  void *(*heap_allocate_aligned)(size_t align, size_t size);
  void *(*heap_resize)(void *block, size_t size);
  void (*heap_free)(void *block);
} hw_os_t;

/* The hooks of the system that this was compiled for. */
const hw_os_t *hw_os_default(void);
