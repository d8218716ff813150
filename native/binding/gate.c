#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* RTLD_DEFAULT */
#endif

#include "gate.h"

#include <dlfcn.h>
#include <stdlib.h>

/* The public prefix of uv_loop_t since libuv 1.0: see "struct uv_loop_s" in uv.h. */
typedef struct loop_prefix {
  void *data;
  unsigned int active_handles;
  void *handle_queue[2];
  union {
    void *unused;
    unsigned int count;
  } active_reqs;
} loop_prefix_t;

typedef void (*work_cb_t)(void *request);
typedef void (*after_work_cb_t)(void *request, int status);

typedef struct uv_api {
  size_t (*loop_size)(void);
  size_t (*req_size)(int type);
  int (*loop_init)(void *loop);
  int (*queue_work)(void *loop, void *request, work_cb_t work, after_work_cb_t after);
  int (*cancel)(void *request);
  int (*run)(void *loop, int mode);
  int (*loop_close)(void *loop);
} uv_api_t;

#define UV_WORK_REQUEST 7 /* enum uv_req_type in uv.h, unchanged since 1.0 */
#define UV_RUN_DEFAULT 0

/* dlsym answers with an object pointer; POSIX lets it be used as a function. */
static bool find(const char *name, void *function_pointer) {
  void *symbol = dlsym(RTLD_DEFAULT, name);
  *(void **)function_pointer = symbol;
  return symbol != NULL;
}

static bool find_all(uv_api_t *uv) {
  return find("uv_loop_size", &uv->loop_size) && find("uv_req_size", &uv->req_size) &&
         find("uv_loop_init", &uv->loop_init) && find("uv_queue_work", &uv->queue_work) &&
         find("uv_cancel", &uv->cancel) && find("uv_run", &uv->run) &&
         find("uv_loop_close", &uv->loop_close);
}

static unsigned int active_requests(const void *loop) {
  return ((const volatile loop_prefix_t *)loop)->active_reqs.count;
}

static void do_nothing(void *request) {
  (void)request;
}

static void after_nothing(void *request, int status) {
  (void)request;
  (void)status;
}

/* Counts 0, 1, 0 around one request. uv_cancel answers EBUSY when a thread has begun the work:
 * both ways the loop's run drains it. */
static bool counts_rightly(const uv_api_t *uv, void *loop, void *request) {
  if (active_requests(loop) != 0) return false;
  if (uv->queue_work(loop, request, do_nothing, after_nothing) != 0) return false;
  bool one = active_requests(loop) == 1;
  (void)uv->cancel(request);
  bool drained = uv->run(loop, UV_RUN_DEFAULT) == 0;
  return one && drained && active_requests(loop) == 0;
}

static bool prove(hw_gate_t *gate) {
  uv_api_t uv;
  if (!find_all(&uv) || uv.loop_size() < sizeof(loop_prefix_t)) return false;
  void *loop = calloc(1, uv.loop_size());
  void *request = calloc(1, uv.req_size(UV_WORK_REQUEST));
  bool proved = false;
  bool closed = true;
  if (loop != NULL && request != NULL && uv.loop_init(loop) == 0) {
    proved = counts_rightly(&uv, loop, request);
    closed = uv.loop_close(loop) == 0;
  }
  if (!closed) { /* libuv may still hold both */
    gate->kept[0] = loop;
    gate->kept[1] = request;
    return false;
  }
  free(request);
  free(loop);
  return proved;
}

void hw_gate_init(hw_gate_t *gate, void *loop) {
  *gate = (hw_gate_t){.loop = loop};
  gate->proved = loop != NULL && prove(gate);
}

bool hw_gate_is_busy(const hw_gate_t *gate) {
  return !gate->proved || active_requests(gate->loop) != 0;
}

uint32_t hw_gate_active_requests(const hw_gate_t *gate) {
  return gate->proved ? active_requests(gate->loop) : 0;
}

uint64_t hw_gate_tick(const hw_gate_t *gate) {
  uint64_t (*now)(const void *loop);
  if (!gate->proved || !find("uv_now", &now)) return 0;
  return now(gate->loop);
}
