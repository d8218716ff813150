/* What the addon's functions answer: 0 and up is success, below is the reason of a refusal.
 * `lib/native.ts` mirrors the list, and a unit test compares both. Words are made in TypeScript. */
#pragma once

typedef enum hw_code {
  HW_CODE_OK = 0,    /* done; for a free: released, the caller may say true */
  HW_CODE_KEPT = 1, /* freed, but the memory stays until a lease or the collector lets go: false */
  HW_CODE_DETACH = 2, /* between the binding's own layers: revoked, to be detached now */

  HW_CODE_INVALID_ARG = -1,
  HW_CODE_NOT_OWNED = -2,
  HW_CODE_INTERIOR = -3,
  HW_CODE_DETACHED = -4,
  HW_CODE_ABANDONED = -5,
  HW_CODE_LAYOUT_MISMATCH = -6,
  HW_CODE_LEASED = -7,
  HW_CODE_BUSY = -8,
  HW_CODE_NOT_DETACHABLE = -9,
  HW_CODE_CLOSED = -10,
  HW_CODE_WRONG_THREAD = -11,
  HW_CODE_EXTERNAL_UNSUPPORTED = -12,
  HW_CODE_ENV_CLOSING = -13,
  HW_CODE_OUT_OF_MEMORY = -14,
  HW_CODE_LIMIT = -15,
  HW_CODE_NOWAIT = -16,
  HW_CODE_NOT_IN_PLACE = -17,
  HW_CODE_CORRUPTED = -18,
  HW_CODE_LOAD_FAILED = -19,
} hw_code_t;
