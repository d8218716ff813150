#include "model_os.h"

#include <stdlib.h>

#define MOST_RANGES 1024

static struct {
  struct {
    void *base;
    size_t size;
  } ranges[MOST_RANGES];
  size_t count;
  size_t most;
  uint64_t now_ms;
  unsigned calls_to_failure;
  bool has_failed;
} os;

static bool works(void) {
  if (os.calls_to_failure == 0 || --os.calls_to_failure > 0) return true;
  os.has_failed = true;
  return false;
}

static void *remember(void *base, size_t size) {
  if (base == NULL) return NULL;
  if (os.count == MOST_RANGES) abort();
  os.ranges[os.count].base = base;
  os.ranges[os.count++].size = size;
  return base;
}

static uint64_t milliseconds(void) {
  return os.now_ms;
}

static void *map(size_t size) {
  return works() ? remember(hw_os_default()->map(size), size) : NULL;
}

static void unmap(void *base, size_t size) {
  for (size_t i = 0; i < os.count; i++) {
    if (os.ranges[i].base != base || os.ranges[i].size != size) continue;
    os.ranges[i] = os.ranges[--os.count];
    hw_os_default()->unmap(base, size);
    return;
  }
  abort(); /* not what was handed out */
}

static void *reserve(size_t size, size_t align) {
  if (os.most != 0 && size > os.most) return NULL;
  return works() ? remember(hw_os_default()->reserve(size, align), size) : NULL;
}

static bool purge(void *base, size_t size) {
  return works() && hw_os_default()->purge(base, size);
}

static bool protect(void *base, size_t size) {
  return works() && hw_os_default()->protect(base, size);
}

static bool commit(void *base, size_t size) {
  return works() && hw_os_default()->commit(base, size);
}

static bool move(void *from, void *to, size_t size) {
  return works() && hw_os_default()->move(from, to, size);
}

static bool renew(void *base, size_t size) {
  return works() && hw_os_default()->renew(base, size);
}

const hw_os_t *model_os(void) {
  static hw_os_t hooks;
  hooks = *hw_os_default();
  hooks.milliseconds = milliseconds;
  hooks.map = map;
  hooks.unmap = unmap;
  hooks.reserve = reserve;
  hooks.purge = purge;
  hooks.protect = protect;
  hooks.commit = commit;
  hooks.move = move;
  hooks.renew = renew;
  return &hooks;
}

void model_os_begin(size_t most) {
  os.most = most;
  os.now_ms = 1000;
  os.calls_to_failure = 0;
  os.has_failed = false;
}

void model_os_end(void) {
  while (os.count > 0) {
    os.count--;
    hw_os_default()->unmap(os.ranges[os.count].base, os.ranges[os.count].size);
  }
}

void model_os_advance(uint64_t ms) {
  os.now_ms += ms;
}

void model_os_fail(unsigned nth) {
  os.calls_to_failure = nth;
}

bool model_os_has_failed(void) {
  return os.has_failed;
}
