/* POSIX hooks. Idea of one small primitive layer per system: mimalloc's prim.h, jemalloc's
 * extent hooks. */
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE
#endif

#include "os/os.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static size_t posix_page_size(void) {
  return (size_t)sysconf(_SC_PAGESIZE);
}

static uint64_t posix_milliseconds(void) {
  struct timespec now = {0};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void *posix_map(size_t size) {
  void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return base == MAP_FAILED ? NULL : base;
}

static void posix_unmap(void *base, size_t size) {
  /* munmap of part of a mapping can fail only when the kernel cannot split it; the range then stays
   * mapped, which wastes address space and breaks nothing. */
  (void)munmap(base, size);
}

static bool posix_purge(void *base, size_t size) {
#if defined(__linux__)
  return madvise(base, size, MADV_DONTNEED) == 0;
#else
  /* Elsewhere MADV_DONTNEED may keep the contents. A fresh mapping over the old one does not. */
  return mmap(base, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
         base;
#endif
}

static bool posix_protect(void *base, size_t size) {
  return mprotect(base, size, PROT_NONE) == 0;
}

static void *posix_heap_allocate_zeroed(size_t size) {
  return calloc(1, size);
}

static void *posix_heap_allocate_aligned(size_t align, size_t size) {
  void *block = NULL;
  return posix_memalign(&block, align, size) == 0 ? block : NULL;
}

const hw_os_t *hw_os_default(void) {
  static const hw_os_t hooks = {
      .page_size = posix_page_size,
      .milliseconds = posix_milliseconds,
      .map = posix_map,
      .unmap = posix_unmap,
      .purge = posix_purge,
      .protect = posix_protect,
      .heap_allocate = malloc,
      .heap_allocate_zeroed = posix_heap_allocate_zeroed,
      .heap_allocate_aligned = posix_heap_allocate_aligned,
      .heap_resize = realloc,
      .heap_free = free,
  };
  return &hooks;
}
