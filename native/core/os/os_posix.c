/* POSIX hooks. Idea of one small primitive layer per system: mimalloc's prim.h, jemalloc's
 * extent hooks. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* mremap */
#endif
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE
#endif

#include "os/os.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/align.h"

#if defined(__linux__) && !defined(MREMAP_DONTUNMAP)
#define MREMAP_DONTUNMAP 4 /* Linux 5.7; older C libraries do not name it */
#endif
#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

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

static bool posix_renew(void *base, size_t size) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
  return mmap(base, size, PROT_READ | PROT_WRITE, flags, -1, 0) == base;
}

static bool posix_purge(void *base, size_t size) {
#if defined(__linux__)
  return madvise(base, size, MADV_DONTNEED) == 0;
#else
  /* Elsewhere MADV_DONTNEED may keep the contents. A fresh mapping over the old one does not. */
  return posix_renew(base, size);
#endif
}

static bool posix_protect(void *base, size_t size) {
  return mprotect(base, size, PROT_NONE) == 0;
}

static void *posix_reserve(size_t size, size_t align) {
  size_t page = posix_page_size();
  size_t slack = align > page ? align : 0;
  if (size > SIZE_MAX - slack) return NULL;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  uint8_t *mapping = mmap(NULL, size + slack, PROT_NONE, flags, -1, 0);
  if (mapping == MAP_FAILED) return NULL;
  uint8_t *base = (uint8_t *)hw_align_up((uintptr_t)mapping, align);
  size_t before = (size_t)(base - mapping);
  if (before > 0) posix_unmap(mapping, before);
  if (slack > before) posix_unmap(base + size, slack - before);
  return base;
}

static bool posix_commit(void *base, size_t size) {
  return mprotect(base, size, PROT_READ | PROT_WRITE) == 0;
}

static bool posix_move(void *from, void *to, size_t size) {
#if defined(__linux__)
  int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  return mremap(from, size, size, flags, to) == to;
#else
  (void)from;
  (void)to;
  (void)size;
  return false;
#endif
}

static void posix_advise_huge(void *base, size_t size, bool wanted) {
#if defined(__linux__)
  (void)madvise(base, size, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#else
  (void)base;
  (void)size;
  (void)wanted;
#endif
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
      .reserve = posix_reserve,
      .commit = posix_commit,
      .move = posix_move,
      .renew = posix_renew,
      .advise_huge = posix_advise_huge,
      .heap_allocate = malloc,
      .heap_allocate_zeroed = posix_heap_allocate_zeroed,
      .heap_allocate_aligned = posix_heap_allocate_aligned,
      .heap_resize = realloc,
      .heap_free = free,
  };
  return &hooks;
}
