/* The kinds of allocator, one line each, and the only mutable global: the address space that all
 * arenas of the process share. */
#include <pthread.h>
#include <string.h>

#include "arena/arena.h"
#include "base/lock.h"
#include "heapwright.h"
#include "os/os.h"
#include "system/system.h"

typedef hw_status_t (*hw_constructor_t)(const hw_config_t *config, hw_allocator_t **out);

static struct {
  pthread_mutex_t lock;
  hw_space_t space;
  bool ready;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void before_fork(void) {
  pthread_mutex_lock(&shared.lock);
  hw_space_fork(&shared.space, HW_FORK_PREPARE);
}

static void in_parent(void) {
  hw_space_fork(&shared.space, HW_FORK_PARENT);
  pthread_mutex_unlock(&shared.lock);
}

static void in_child(void) {
  hw_space_fork(&shared.space, HW_FORK_CHILD);
  pthread_mutex_init(&shared.lock, NULL);
}

static hw_status_t provide_space(const hw_os_t *os) {
  pthread_mutex_lock(&shared.lock);
  hw_status_t status = shared.ready ? HW_OK : hw_space_init(&shared.space, os);
  if (status == HW_OK && !shared.ready) {
    shared.ready = true;
    /* Fails only for lack of memory; then a child that forks while arenas are in use may hang. */
    (void)pthread_atfork(before_fork, in_parent, in_child);
  }
  pthread_mutex_unlock(&shared.lock);
  return status;
}

/* Arenas on the real system share one space: one reservation, and every address tells its owner. */
static hw_status_t create_arena(const hw_config_t *config, hw_allocator_t **out) {
  if (config->os != hw_os_default()) return hw_arena_create(config, NULL, out);
  hw_status_t status = provide_space(config->os);
  return status == HW_OK ? hw_arena_create(config, &shared.space, out) : status;
}

static const struct {
  const char *kind;
  hw_constructor_t create;
} kinds[] = {
    {"system", hw_system_create},
    {"arena", create_arena},
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
