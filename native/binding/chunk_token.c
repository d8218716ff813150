#include "chunk_token.h"

#include <stdlib.h>

static bool grow(hw_environment_t *environment) {
  uint32_t capacity = environment->chunk_capacity == 0 ? 8 : environment->chunk_capacity * 2;
  hw_chunk_token_t **chunks = realloc(environment->chunks, capacity * sizeof *chunks);
  if (chunks == NULL) return false;
  for (uint32_t id = environment->chunk_capacity; id < capacity; id++) chunks[id] = NULL;
  environment->chunks = chunks;
  environment->chunk_capacity = capacity;
  return true;
}

bool hw_chunk_adopt(hw_environment_t *environment, hw_member_t *member, hw_chunk_token_t **out) {
  uint32_t id = 0;
  while (id < environment->chunk_capacity && environment->chunks[id] != NULL) id++;
  if (id == environment->chunk_capacity && !grow(environment)) return false;
  hw_chunk_token_t *token = malloc(sizeof *token);
  if (token == NULL) return false;
  *token = (hw_chunk_token_t){environment, member, id};
  environment->chunks[id] = token;
  environment->tokens++;
  *out = token;
  return true;
}

hw_member_t *hw_chunk_member(const hw_environment_t *environment, uint32_t id) {
  if (id >= environment->chunk_capacity || environment->chunks[id] == NULL) return NULL;
  return environment->chunks[id]->member;
}

bool hw_chunk_leave(hw_environment_t *environment, uint32_t id) {
  if (hw_chunk_member(environment, id) == NULL) return false;
  hw_share_leave(environment->chunks[id]->member);
  environment->chunks[id]->member = NULL;
  environment->chunks[id] = NULL;
  return true;
}

void hw_chunk_leave_all(hw_environment_t *environment) {
  for (uint32_t id = 0; id < environment->chunk_capacity; id++) {
    (void)hw_chunk_leave(environment, id);
  }
}

void hw_chunk_token_end(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  hw_chunk_token_t *token = data;
  hw_environment_t *environment = token->environment;
  if (token->member != NULL) (void)hw_chunk_leave(environment, token->id);
  free(token);
  environment->tokens--;
  hw_environment_drop(environment);
}
