/* Members of shares, as JavaScript knows them: by a small id. An external value that the pool keeps
 * tells when the pool was collected, or its thread has ended. */
#pragma once

#include "chunk_share.h"
#include "environment.h"

typedef struct hw_chunk_token {
  hw_environment_t *environment;
  hw_member_t *member; /* NULL once it has left */
  uint32_t id;
} hw_chunk_token_t;

/* Takes over `member`: gives it an id. False when out of memory. */
bool hw_chunk_adopt(hw_environment_t *environment, hw_member_t *member, hw_chunk_token_t **out);

/* NULL for an id that names no member. */
hw_member_t *hw_chunk_member(const hw_environment_t *environment, uint32_t id);

/* The member of that id leaves. False: it names none. */
bool hw_chunk_leave(hw_environment_t *environment, uint32_t id);
void hw_chunk_leave_all(hw_environment_t *environment);

/* Finalizer of a token's object. */
void hw_chunk_token_end(napi_env env, void *data, void *hint);
