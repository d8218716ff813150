#include "environment.h"

#include <stdlib.h>

#include "chunk_token.h"
#include "os/os.h"

hw_environment_t *hw_environment_create(napi_env env, bool has_libuv) {
  hw_environment_t *environment = calloc(1, sizeof *environment);
  hw_mailbox_t *mailbox = calloc(1, sizeof *mailbox);
  if (environment == NULL || mailbox == NULL ||
      hw_record_table_init(&environment->records, hw_os_default()) != HW_OK) {
    free(environment);
    free(mailbox);
    return NULL;
  }
  environment->env = env;
  environment->thread = pthread_self();
  environment->mailbox = mailbox;

  void *loop = NULL;
  if (has_libuv) {
    struct uv_loop_s *found = NULL;
    if (napi_get_uv_event_loop(env, &found) == napi_ok) loop = found;
  }
  hw_gate_init(&environment->gate, loop);
  return environment;
}

void hw_environment_end(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  hw_environment_t *environment = data;
  environment->ended = true;
  hw_heap_orphan_all(&environment->records);
  for (uint32_t id = 0; id < environment->heap_capacity; id++) {
    if (environment->heaps[id] != NULL) hw_heap_close(environment->heaps[id]);
  }
  hw_chunk_leave_all(environment);
  hw_environment_drop(environment);
}

void hw_environment_drop(hw_environment_t *environment) {
  if (!environment->ended || environment->tokens != 0) return;
  /* A record in use waits for a finalizer that has not come. It may never come, or come on a
   * runtime that finalises late: the table has to outlive it. */
  if (hw_record_table_destroy(&environment->records) != HW_OK) return;
  free(environment->heaps);
  free(environment->chunks);
  free(environment);
}

bool hw_environment_is_busy(const hw_environment_t *environment) {
  return (environment->forced & HW_FORCE_BUSY) != 0 || hw_gate_is_busy(&environment->gate);
}

hw_heap_t *hw_environment_heap(const hw_environment_t *environment, uint32_t id) {
  if (id >= environment->heap_capacity) return NULL;
  hw_heap_t *heap = environment->heaps[id];
  return heap == NULL || heap->closed ? NULL : heap;
}

static bool grow_heaps(hw_environment_t *environment) {
  uint32_t capacity = environment->heap_capacity == 0 ? 8 : environment->heap_capacity * 2;
  hw_heap_t **heaps = realloc(environment->heaps, capacity * sizeof *heaps);
  if (heaps == NULL) return false;
  for (uint32_t id = environment->heap_capacity; id < capacity; id++) heaps[id] = NULL;
  environment->heaps = heaps;
  environment->heap_capacity = capacity;
  return true;
}

/* Both sides have gone. */
static void end_token(hw_heap_token_t *token) {
  hw_environment_t *environment = token->environment;
  free(token);
  environment->tokens--;
}

static void forget_heap(hw_heap_t *heap, void *context) {
  hw_heap_token_t *token = context;
  hw_environment_t *environment = token->environment;
  environment->heaps[heap->id] = NULL;
  if (heap->id < environment->heap_hint) environment->heap_hint = heap->id;
  token->heap = NULL;
  free(heap);
  if (token->collected) end_token(token);
}

bool hw_environment_adopt(hw_environment_t *environment, hw_heap_t *heap, hw_heap_token_t **out) {
  uint32_t id = environment->heap_hint;
  while (id < environment->heap_capacity && environment->heaps[id] != NULL) id++;
  if (id == environment->heap_capacity && !grow_heaps(environment)) return false;
  hw_heap_token_t *token = malloc(sizeof *token);
  if (token == NULL) return false;
  *token = (hw_heap_token_t){.environment = environment, .heap = heap};
  heap->id = id;
  environment->heap_hint = id + 1;
  heap->on_end = forget_heap;
  heap->context = token;
  environment->heaps[id] = heap;
  environment->tokens++;
  *out = token;
  return true;
}

void hw_heap_token_end(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  hw_heap_token_t *token = data;
  hw_environment_t *environment = token->environment;
  token->collected = true;
  if (token->heap == NULL) {
    end_token(token);
  } else {
    hw_heap_close(token->heap); /* ends the token too, now or with the last block */
  }
  hw_environment_drop(environment);
}

/* A balanced pair, the only use of this call: our memory is counted by V8 as it is. V8 looks at the
 * external memory while it is up. Above its soft limit it begins an incremental collection, or
 * advances one by some milliseconds; above its hard limit, half of the largest heap, it collects at
 * once. Incremental marking alone can lose the race against a program that fills its limit within
 * a few ticks: on a loaded machine it did in 1 of 3 runs of a server at four times its live set. */
bool hw_environment_push_collection(hw_environment_t *environment, hw_pressure_t pressure) {
  static const int64_t gibibyte = INT64_C(1) << 30;
  /* 8 GiB is above half of any heap that V8 makes by default, and far below the 32 GiB in one step
   * that Node 26.7 does not survive. */
  int64_t bytes = pressure == HW_PRESSURE_HIGH ? 8 * gibibyte : gibibyte;
  uint64_t tick = hw_gate_tick(&environment->gate);
  if (tick == 0) tick = hw_os_default()->milliseconds();
  if (tick == environment->last_push && pressure <= environment->last_pressure) return false;
  environment->last_push = tick;
  environment->last_pressure = pressure;

  int64_t total = 0;
  if (napi_adjust_external_memory(environment->env, bytes, &total) != napi_ok) return true;
  /* The way back cannot fail where the way there did not: both only check their arguments. */
  napi_status status = napi_adjust_external_memory(environment->env, -bytes, &total);
  (void)status;
  return true;
}
