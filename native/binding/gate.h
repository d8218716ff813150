/* The gate: may a block be detached now, or could the event loop still be using its memory?
 *
 * Node keeps raw pointers for fs, zlib, crypto and net requests and pins nothing. While the loop
 * has any active request no buffer of ours is detached. The count lies in the public prefix of
 * libuv's uv_loop_t, which is declared in uv.h but is no promise; so it is proved, once an
 * environment, on a loop of our own. Never on the environment's loop: a probe there would stay
 * counted for ticks.
 *
 * Where the proof fails, or there is no libuv (Bun, Deno), every free is answered as if requests
 * were active: slower to give memory back, and just as safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct hw_gate {
  void *loop;  /* the environment's uv_loop_t, NULL where there is none */
  bool proved; /* the count was seen to go 0, 1, 0 */
  void *kept[2]; /* a loop and a request of ours that libuv did not let go of */
} hw_gate_t;

void hw_gate_init(hw_gate_t *gate, void *loop);

/* Whether requests are active, or might be. */
bool hw_gate_is_busy(const hw_gate_t *gate);

/* Active requests of the loop; 0 where unknown. */
uint32_t hw_gate_active_requests(const hw_gate_t *gate);

/* The loop's own clock in milliseconds: stands still within a tick. 0 where unknown. */
uint64_t hw_gate_tick(const hw_gate_t *gate);
