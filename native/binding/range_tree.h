/* Ranges of addresses, none of which has a byte in common with another, found by address. A treap:
 * a search tree by start and a heap by a random priority, so that it stays flat whatever the order
 * of addresses. The nodes are the caller's. Not thread-safe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hw_range {
  struct hw_range *left, *right;
  uint64_t priority;
  uintptr_t start;
  size_t size; /* from 1 on; start + size does not wrap */
} hw_range_t;

typedef struct hw_range_tree {
  hw_range_t *root;
  uint64_t random;
  size_t count;
} hw_range_tree_t;

void hw_range_tree_init(hw_range_tree_t *tree);

/* The range with the highest start at or below `at`; NULL where none is. */
hw_range_t *hw_range_up_to(const hw_range_tree_t *tree, uintptr_t at);
/* The range with the lowest start above `at`; NULL where none is. */
hw_range_t *hw_range_after(const hw_range_tree_t *tree, uintptr_t at);

/* Whether a byte of these is in a range of the tree other than `except` (NULL: in any). */
bool hw_range_overlaps(const hw_range_tree_t *tree, uintptr_t start, size_t size,
                       const hw_range_t *except);

/* `range` has start and size, and overlaps no other. */
void hw_range_insert(hw_range_tree_t *tree, hw_range_t *range);
/* `range` is in the tree. */
void hw_range_remove(hw_range_tree_t *tree, hw_range_t *range);
