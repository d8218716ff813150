/* The gate with a libuv: one of our own, which can do each thing wrong that makes the proof fail.
 * It is found by name, as Node's is: cmake/tests.cmake lets this program export it. */
#include "binding/gate.h"

#include <stdlib.h>

#include "harness.h"

#define EXPORTED __attribute__((visibility("default")))
#define UV_ECANCELED (-125)
#define UV_EBUSY (-16)
#define UV_ENOMEM (-12)
#define UV_WORK 7
#define UV_RUN_DEFAULT 0

/* The public prefix of the real one, and a few words behind it. */
typedef struct uv_loop {
  void *data;
  unsigned int active_handles;
  void *handle_queue[2];
  union {
    void *unused;
    unsigned int count;
  } active_reqs;
  void *request;
  void (*work)(void *);
  void (*after)(void *, int);
  bool cancelled;
} uv_loop_t;

/* How libuv behaves in a test. Each figure of the count is what the loop says at that moment. */
typedef struct behaviour {
  size_t loop_size;
  unsigned at_start, after_queue, after_run;
  int init, queue, cancel, run, close;
} behaviour_t;

static const behaviour_t good = {.loop_size = sizeof(uv_loop_t), .after_queue = 1};
static behaviour_t now_uv;
static uv_loop_t environment_loop; /* the real one: the proof must leave it alone */
static void *kept[2];              /* what an unclosed loop still uses */
static unsigned opened, closed, worked;

EXPORTED size_t uv_loop_size(void);
EXPORTED size_t uv_req_size(int type);
EXPORTED int uv_loop_init(void *memory);
EXPORTED int uv_queue_work(void *memory, void *request, void (*work)(void *),
                           void (*after)(void *, int));
EXPORTED int uv_cancel(void *request);
EXPORTED int uv_run(void *memory, int mode);
EXPORTED int uv_loop_close(void *memory);
EXPORTED uint64_t uv_now(const void *memory);

size_t uv_loop_size(void) {
  return now_uv.loop_size;
}

size_t uv_req_size(int type) {
  assert_int_equal(type, UV_WORK);
  return 128;
}

int uv_loop_init(void *memory) {
  assert_ptr_not_equal(memory, &environment_loop);
  if (now_uv.init != 0) return now_uv.init;
  uv_loop_t *loop = memory;
  loop->active_reqs.count = now_uv.at_start;
  kept[0] = loop;
  opened++;
  return 0;
}

int uv_queue_work(void *memory, void *request, void (*work)(void *), void (*after)(void *, int)) {
  uv_loop_t *loop = memory;
  assert_ptr_equal(loop, kept[0]);
  if (now_uv.queue != 0) return now_uv.queue;
  loop->request = kept[1] = request;
  loop->work = work;
  loop->after = after;
  loop->active_reqs.count = now_uv.after_queue;
  return 0;
}

int uv_cancel(void *request) {
  uv_loop_t *loop = kept[0];
  assert_ptr_equal(request, loop->request);
  loop->cancelled = now_uv.cancel == 0;
  return now_uv.cancel;
}

int uv_run(void *memory, int mode) {
  uv_loop_t *loop = memory;
  assert_int_equal(mode, UV_RUN_DEFAULT);
  if (!loop->cancelled) {
    loop->work(loop->request);
    worked++;
  }
  loop->after(loop->request, loop->cancelled ? UV_ECANCELED : 0);
  loop->active_reqs.count = now_uv.after_run;
  return now_uv.run;
}

int uv_loop_close(void *memory) {
  assert_ptr_equal(memory, kept[0]);
  if (now_uv.close == 0) closed++;
  return now_uv.close;
}

uint64_t uv_now(const void *memory) {
  assert_ptr_equal(memory, &environment_loop);
  return 123456789012345;
}

static hw_gate_t gate_with(behaviour_t behaviour) {
  now_uv = behaviour;
  opened = closed = worked = 0;
  kept[0] = kept[1] = NULL;
  environment_loop = (uv_loop_t){.active_reqs = {.count = 0}};
  hw_gate_t gate;
  hw_gate_init(&gate, &environment_loop);
  return gate;
}

static void assert_not_proved(behaviour_t behaviour) {
  hw_gate_t gate = gate_with(behaviour);
  assert_false(gate.proved);
  assert_ptr_equal(gate.loop, &environment_loop);
  assert_true(hw_gate_is_busy(&gate));
  assert_int_equal(hw_gate_active_requests(&gate), 0);
  assert_int_equal(hw_gate_tick(&gate), 0);
}

static void a_loop_that_counts_rightly_proves_it(void **state) {
  (void)state;
  assert_true(gate_with(good).proved);
  assert_int_equal(opened, 1);
  assert_int_equal(closed, 1);
  assert_int_equal(worked, 0); /* cancelled */
}

static void work_that_has_begun_cannot_be_cancelled_and_proves_it_too(void **state) {
  (void)state;
  behaviour_t behaviour = good;
  behaviour.cancel = UV_EBUSY;
  assert_true(gate_with(behaviour).proved);
  assert_int_equal(worked, 1);
  assert_int_equal(closed, 1);
}

static void a_proved_gate_is_busy_while_requests_are_active(void **state) {
  (void)state;
  hw_gate_t gate = gate_with(good);
  assert_false(hw_gate_is_busy(&gate));
  assert_int_equal(hw_gate_active_requests(&gate), 0);
  const unsigned counts[] = {1, 2, 1000, UINT32_MAX};
  for (size_t i = 0; i < COUNT_OF(counts); i++) {
    environment_loop.active_reqs.count = counts[i];
    assert_true(hw_gate_is_busy(&gate));
    assert_int_equal(hw_gate_active_requests(&gate), counts[i]);
  }
  environment_loop.active_reqs.count = 0;
  assert_false(hw_gate_is_busy(&gate));
}

static void open_handles_are_no_requests(void **state) {
  (void)state;
  hw_gate_t gate = gate_with(good);
  environment_loop.active_handles = 5;
  environment_loop.data = &gate;
  environment_loop.handle_queue[0] = environment_loop.handle_queue[1] = &gate;
  assert_false(hw_gate_is_busy(&gate));
}

static void the_tick_is_the_loops_own_clock(void **state) {
  (void)state;
  hw_gate_t gate = gate_with(good);
  assert_true(hw_gate_tick(&gate) == 123456789012345);
}

static void any_count_but_zero_one_zero_proves_nothing(void **state) {
  (void)state;
  const unsigned counts[][3] = {{1, 1, 0}, {0, 0, 0}, {0, 2, 0}, {0, 1, 1},         {1, 1, 1},
                                {0, 0, 1}, {1, 2, 1}, {5, 6, 5}, {0, UINT32_MAX, 0}};
  for (size_t i = 0; i < COUNT_OF(counts); i++) {
    behaviour_t behaviour = good;
    behaviour.at_start = counts[i][0];
    behaviour.after_queue = counts[i][1];
    behaviour.after_run = counts[i][2];
    assert_not_proved(behaviour);
    assert_int_equal(closed, 1);
  }
}

static void a_loop_smaller_than_the_prefix_is_not_touched(void **state) {
  (void)state;
  behaviour_t behaviour = good;
  behaviour.loop_size = 39;
  assert_not_proved(behaviour);
  assert_int_equal(opened, 0);
}

static void a_loop_that_cannot_be_made_proves_nothing(void **state) {
  (void)state;
  behaviour_t behaviour = good;
  behaviour.init = UV_ENOMEM;
  assert_not_proved(behaviour);
  behaviour = good;
  behaviour.loop_size = PTRDIFF_MAX; /* no memory for it */
  assert_not_proved(behaviour);
  assert_int_equal(opened, 0);
}

static void work_that_cannot_be_queued_proves_nothing(void **state) {
  (void)state;
  behaviour_t behaviour = good;
  behaviour.queue = UV_ENOMEM;
  assert_not_proved(behaviour);
  assert_int_equal(closed, 1);
}

static void a_loop_that_is_not_drained_proves_nothing(void **state) {
  (void)state;
  behaviour_t behaviour = good;
  behaviour.run = 1;
  assert_not_proved(behaviour);
  assert_int_equal(closed, 1);
}

static void a_loop_that_does_not_close_proves_nothing_and_keeps_its_memory(void **state) {
  (void)state;
  behaviour_t behaviour = good;
  behaviour.close = UV_EBUSY;
  assert_not_proved(behaviour);
  /* Ours to free now; a memory that the gate had freed would be freed twice. */
  free(kept[0]);
  free(kept[1]);
}

static void without_a_loop_nothing_is_proved(void **state) {
  (void)state;
  (void)gate_with(good);
  opened = 0;
  hw_gate_t gate;
  hw_gate_init(&gate, NULL);
  assert_false(gate.proved);
  assert_true(hw_gate_is_busy(&gate));
  assert_int_equal(opened, 0); /* a runtime that only imitates libuv is not asked at all */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_loop_that_counts_rightly_proves_it),
      cmocka_unit_test(work_that_has_begun_cannot_be_cancelled_and_proves_it_too),
      cmocka_unit_test(a_proved_gate_is_busy_while_requests_are_active),
      cmocka_unit_test(open_handles_are_no_requests),
      cmocka_unit_test(the_tick_is_the_loops_own_clock),
      cmocka_unit_test(any_count_but_zero_one_zero_proves_nothing),
      cmocka_unit_test(a_loop_smaller_than_the_prefix_is_not_touched),
      cmocka_unit_test(a_loop_that_cannot_be_made_proves_nothing),
      cmocka_unit_test(work_that_cannot_be_queued_proves_nothing),
      cmocka_unit_test(a_loop_that_is_not_drained_proves_nothing),
      cmocka_unit_test(a_loop_that_does_not_close_proves_nothing_and_keeps_its_memory),
      cmocka_unit_test(without_a_loop_nothing_is_proved),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
