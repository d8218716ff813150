/* The seam between the addon's entry in C++ and everything else, which is C: the records' atomics
 * are C11's. */
#pragma once

#include <node_api.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Makes this environment's state and puts the functions of functions.h and the mailbox on
 * `exports`. `has_libuv` is false on runtimes that only imitate Node. `transfer` is a strong
 * reference to ArrayBuffer.prototype.transfer, or NULL. False: out of memory, or the environment is
 * closing; some names are missing then. */
bool hw_addon_install(napi_env env, napi_value exports, bool has_libuv, napi_ref transfer);

#ifdef __cplusplus
}
#endif
