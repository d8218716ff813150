/* An operating system for tests: it does what the real one does, remembers everything it handed
 * out, fails the calls it is told to fail, and is harsher where the real one is kind:
 *   - memory that was not asked for zeroed is full of 0xA5
 *   - a resize always moves
 *   - freeing, unmapping, protecting or purging what was not handed out fails the test
 *
 * One for the process, not thread-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/os.h"

typedef enum fake_hook {
  FAKE_MAP,
  FAKE_PURGE,
  FAKE_PROTECT,
  FAKE_ALLOCATE,
  FAKE_ALLOCATE_ZEROED,
  FAKE_ALLOCATE_ALIGNED,
  FAKE_RESIZE,
  FAKE_RESERVE,
  FAKE_COMMIT,
  FAKE_MOVE,
  FAKE_RENEW,
  FAKE_ANY,   /* to fake_os_fail: whichever of the above comes */
  FAKE_UNMAP, /* these three cannot fail and are counted only */
  FAKE_FREE,
  FAKE_ADVISE,
  FAKE_HOOKS,
} fake_hook_t;

const hw_os_t *fake_os(void);

/* Forgets counts and failures to come. Fails the test if anything is still handed out. */
void fake_os_begin(void);
/* Takes back what is still handed out: retired blocks stay out for ever by design. */
void fake_os_reclaim(void);

/* Lets the nth call from now (1: the next) of `hook` fail, once. */
void fake_os_fail(fake_hook_t hook, unsigned nth);
/* Whether that failure has happened. */
bool fake_os_has_failed(void);
/* Lets every call of `hook` fail, until fake_os_begin. */
void fake_os_refuse(fake_hook_t hook);

/* The clock stands still, at 1000 ms from fake_os_begin on, but for this. */
void fake_os_advance(uint64_t milliseconds);
/* What the system says its page is, until fake_os_begin: a multiple of the real one. */
void fake_os_pretend_page_size(size_t bytes);
/* Reservations above this are refused, until fake_os_begin. */
void fake_os_bound_reservations(size_t bytes);

unsigned fake_os_calls(fake_hook_t hook);
/* Of the last call of `hook` with a size: that size. */
size_t fake_os_last_size(fake_hook_t hook);
size_t fake_os_blocks(void);
size_t fake_os_mappings(void);
