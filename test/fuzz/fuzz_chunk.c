/* Bytes become calls on a heap of chunks of some shape, right and wrong ones, checked against a
 * naive model: one array that says whose each chunk is. */
#include "fuzz.h"

#include <string.h>

#include "chunk_random.h"
#include "os/os.h"

/* What small heaps need of the system, which would take half of the time, is there from one run to
 * the next: their own memory, and regions of up to 16 KiB. */
#define OWN_BYTES ((size_t)1 << 20)
#define REGION_BYTES ((size_t)16 << 10)

static chunk_model_t model;
static hw_os_t hooks;
static uint8_t *own, *region;

static void *map(size_t size) {
  if (size > OWN_BYTES) return hw_os_default()->map(size);
  return memset(own, 0, size);
}

static void *reserve(size_t size, size_t align) {
  if (size > REGION_BYTES + hooks.page_size()) return hw_os_default()->reserve(size, align);
  return memset(region, 0, REGION_BYTES);
}

static bool is_kept(const void *base) {
  return (uintptr_t)base - (uintptr_t)own < OWN_BYTES ||
         (uintptr_t)base - (uintptr_t)region < REGION_BYTES;
}

static bool commit(void *base, size_t size) {
  return is_kept(base) || hw_os_default()->commit(base, size);
}

static bool protect(void *base, size_t size) {
  return is_kept(base) || hw_os_default()->protect(base, size);
}

static void unmap(void *base, size_t size) {
  if (!is_kept(base)) hw_os_default()->unmap(base, size);
}

static void begin(void) {
  hooks = *hw_os_default();
  own = hooks.map(OWN_BYTES);
  region = hooks.reserve(REGION_BYTES + hooks.page_size(), REGION_BYTES);
  if (own == NULL || region == NULL || !hooks.commit(region, REGION_BYTES)) __builtin_trap();
  hooks.map = map;
  hooks.unmap = unmap;
  hooks.reserve = reserve;
  hooks.commit = commit;
  hooks.protect = protect;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (own == NULL) begin();
  choices_t from = {.bytes = data, .left = size};
  const chunk_random_t sort = {.steps = 1000, .large_in = 64, .os = &hooks};
  chunk_random_run(&model, &from, &sort);
  return 0;
}
