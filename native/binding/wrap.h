/* A record's memory as an ArrayBuffer of JavaScript, and its way back out. */
#pragma once

#include "call.h"

/* An external ArrayBuffer over the record's memory; its stamp goes to the mail. On failure the
 * record and its memory are gone, and the code says why. */
hw_code_t hw_wrap(const hw_call_t *call, hw_record_t *record, napi_value *out);

/* Detaches the buffer of a REVOKING record, verifies it, and gives the memory back.
 * NOT_DETACHABLE: the record is LIVE again, the buffer untouched. */
hw_code_t hw_unwrap(const hw_call_t *call, size_t at, hw_record_t *record);
