/* The kinds of allocator, one line each, and the only mutable global: the address space that all
 * arenas of the process share, and the heaps of chunks whose locks a fork holds. */
#include <pthread.h>
#include <string.h>

#include "arena/arena.h"
#include "base/lock.h"
#include "chunk/chunk.h"
#include "heapwright.h"
#include "os/os.h"
#include "system/system.h"

typedef hw_status_t (*hw_constructor_t)(const hw_config_t *config, hw_allocator_t **out);

static struct {
  pthread_mutex_t lock;
  hw_space_t space;
  hw_heaps_t heaps;
  bool has_space;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .heaps = HW_HEAPS_INITIALIZER};

/* `moment` in the order of locks: after the registry's own, or before it is given back. */
static void fork_all(hw_fork_t moment) {
  if (shared.has_space) hw_space_fork(&shared.space, moment);
  hw_heaps_fork(&shared.heaps, moment);
}

static void before_fork(void) {
  pthread_mutex_lock(&shared.lock);
  fork_all(HW_FORK_PREPARE);
}

static void in_parent(void) {
  fork_all(HW_FORK_PARENT);
  pthread_mutex_unlock(&shared.lock);
}

static void in_child(void) {
  fork_all(HW_FORK_CHILD);
  pthread_mutex_init(&shared.lock, NULL);
}

/* While the library is loaded, before anybody can hold one of the locks: a fork in the middle of
 * the first use would leave the child a lock of a thread that is gone. Fails only for lack of
 * memory; then a child that forks while heaps are in use may hang. */
__attribute__((constructor(HW_FORK_ORDER_CORE))) static void hold_over_forks(void) {
  (void)pthread_atfork(before_fork, in_parent, in_child);
}

static hw_status_t provide_space(const hw_os_t *os) {
  pthread_mutex_lock(&shared.lock);
  hw_status_t status = shared.has_space ? HW_OK : hw_space_init(&shared.space, os);
  if (status == HW_OK) shared.has_space = true;
  pthread_mutex_unlock(&shared.lock);
  return status;
}

/* Arenas on the real system share one space: one reservation, and every address tells its owner. */
static hw_status_t create_arena(const hw_config_t *config, hw_allocator_t **out) {
  if (config->os != hw_os_default()) return hw_arena_create(config, NULL, out);
  hw_status_t status = provide_space(config->os);
  return status == HW_OK ? hw_arena_create(config, &shared.space, out) : status;
}

static hw_status_t create_chunk(const hw_config_t *config, hw_allocator_t **out) {
  bool is_real = config->os == hw_os_default();
  return hw_chunk_create(config, is_real ? &shared.heaps : NULL, out);
}

static const struct {
  const char *kind;
  hw_constructor_t create;
} kinds[] = {
    {"system", hw_system_create},
    {"arena", create_arena},
    {"chunk", create_chunk},
};

hw_status_t hw_create(const char *kind, const hw_config_t *config, hw_allocator_t **out) {
  if (kind == NULL || out == NULL) return HW_ERR_INVALID;
  hw_config_t chosen = config != NULL ? *config : (hw_config_t){.limit = HW_NO_LIMIT};
  if (chosen.os == NULL) chosen.os = hw_os_default();

  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (strcmp(kinds[i].kind, kind) == 0) return kinds[i].create(&chosen, out);
  }
  return HW_ERR_INVALID;
}
