/* Fault injection: a scenario is run again and again, with call 1, 2, 3, ... of the OS failing,
 * until it passes without meeting the failure. */
#pragma once

#include "fake_os.h"
#include "harness.h"

/* Does its work on fake_os() from nothing to nothing. Where a call of ours fails it checks that the
 * failure was injected (failed_cleanly), that nothing changed, and tries once more. */
typedef void (*scenario_t)(void);

/* Over the calls of each hook by itself, and of all of them together. */
void fail_every_call(scenario_t scenario, unsigned least_failures);

/* Whether a call that answered `status` is to be tried again; fails the test unless the status is
 * HW_ERR_OUT_OF_MEMORY by the injected failure. */
bool failed_cleanly(hw_status_t status);
