/* One call from JavaScript: its arguments, or its request in the mailbox, unwrapped and checked.
 * The package's own TypeScript has validated them before; these checks answer whoever loads the
 * addon without it. */
#pragma once

#include "environment.h"

#define HW_MAX_ARGUMENTS 5

typedef struct hw_call {
  napi_env env;
  hw_environment_t *environment;
  napi_value values[HW_MAX_ARGUMENTS];
} hw_call_t;

/* Takes the first `count` arguments (undefined where there are fewer). HW_CODE_OK, or WRONG_THREAD.
 */
hw_code_t hw_call_begin(napi_env env, napi_callback_info info, size_t count, hw_call_t *call);

/* The code as a number, which is what every function answers unless it says otherwise. */
napi_value hw_call_answer(const hw_call_t *call, hw_code_t code);

/* The same where `code` is not OK; else a number. */
napi_value hw_call_number(const hw_call_t *call, hw_code_t code, double number);
/* ... an array of numbers. */
napi_value hw_call_numbers(const hw_call_t *call, hw_code_t code, const double *numbers,
                           size_t count);
/* A number behind those of an array that is being filled. */
bool hw_push_number(const hw_call_t *call, napi_value array, uint32_t *at, double number);

/* The answer of a verify: for CORRUPTED the name of what is broken. */
napi_value hw_call_verdict(const hw_call_t *call, hw_code_t code, const char *broken);

/* Each false where the argument is of another kind or out of range. */
bool hw_call_u32(const hw_call_t *call, size_t at, uint32_t *out);
bool hw_call_size(const hw_call_t *call, size_t at, size_t *out);
/* Two arguments, size and alignment. */
bool hw_call_layout(const hw_call_t *call, size_t at, hw_layout_t *out);
/* A heap that is open, by its id. */
bool hw_call_heap(const hw_call_t *call, size_t at, hw_heap_t **out);

/* The same from the mailbox. */
uint32_t hw_request_word(const hw_call_t *call, hw_request_t at);
bool hw_request_layout(const hw_call_t *call, hw_request_size_t at, hw_layout_t *out);
bool hw_request_heap(const hw_call_t *call, hw_heap_t **out);

/* What the ArrayBuffer at `at` is to `record`: HW_CODE_OK if it is attached over the record's
 * memory, DETACHED, or INVALID_ARG for everything else. */
hw_code_t hw_call_buffer(const hw_call_t *call, size_t at, const hw_record_t *record);

/* Index and generation, two arguments: the record of a block or range that holds its memory, freed
 * or not, or DETACHED. */
hw_code_t hw_call_stamp(const hw_call_t *call, size_t at, hw_record_t **out);

/* The same with the buffer as the third argument, which has to be attached. */
hw_code_t hw_call_record(const hw_call_t *call, size_t at, hw_record_t **out);
