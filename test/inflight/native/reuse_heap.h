/* A heap for os_posix.c in the in-flight test: a freed block goes to the next one who asks for its
 * size, and to nobody but this addon. So whoever writes to it late hits the bytes of a new owner,
 * which the test checks, and never the C library's own lists or an object of Node's.
 *
 * For one thread. A block's size is noted in the page before it. */
#pragma once

#include <stdlib.h>
#include <string.h>

#define REUSE_PAGE ((size_t)4096)
#define REUSE_SIZES 64

typedef struct reuse_block {
  struct reuse_block *next; /* among the free ones of its size */
  size_t size;
} reuse_block_t;

static struct {
  size_t size;
  reuse_block_t *top;
} reuse_lists[REUSE_SIZES];

static reuse_block_t *reuse_block_of(void *address) {
  return (reuse_block_t *)((char *)address - REUSE_PAGE);
}

/* The list of a size, NULL when there are too many sizes. */
static reuse_block_t **reuse_list(size_t size) {
  for (size_t i = 0; i < REUSE_SIZES; i++) {
    if (reuse_lists[i].size == 0) reuse_lists[i].size = size;
    if (reuse_lists[i].size == size) return &reuse_lists[i].top;
  }
  return NULL;
}

static void *reuse_allocate_aligned(size_t align, size_t size) {
  if (align > REUSE_PAGE) return NULL;
  reuse_block_t **top = reuse_list(size);
  void *block = NULL;
  if (top != NULL && *top != NULL) {
    block = *top;
    *top = (*top)->next;
  } else if (posix_memalign(&block, REUSE_PAGE, REUSE_PAGE + size) != 0) {
    return NULL;
  }
  *(reuse_block_t *)block = (reuse_block_t){.next = NULL, .size = size};
  return (char *)block + REUSE_PAGE;
}

static void *reuse_allocate(size_t size) {
  return reuse_allocate_aligned(1, size);
}

static void *reuse_allocate_zeroed(size_t size) {
  void *block = reuse_allocate(size);
  return block == NULL ? NULL : memset(block, 0, size);
}

static void reuse_free(void *address) {
  if (address == NULL) return;
  reuse_block_t *block = reuse_block_of(address);
  reuse_block_t **top = reuse_list(block->size);
  if (top == NULL) {
    free(block);
    return;
  }
  block->next = *top;
  *top = block;
}

static void *reuse_resize(void *address, size_t size) {
  void *next = reuse_allocate(size);
  if (next == NULL) return NULL;
  size_t old = reuse_block_of(address)->size;
  memcpy(next, address, old < size ? old : size);
  reuse_free(address);
  return next;
}
