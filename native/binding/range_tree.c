#include "range_tree.h"

#include "base/check.h"

void hw_range_tree_init(hw_range_tree_t *tree) {
  *tree = (hw_range_tree_t){.random = (uintptr_t)tree | 1};
}

/* xorshift64: the shape need not be unpredictable, only independent of the addresses. */
static uint64_t next_priority(hw_range_tree_t *tree) {
  tree->random ^= tree->random << 13;
  tree->random ^= tree->random >> 7;
  tree->random ^= tree->random << 17;
  return tree->random;
}

hw_range_t *hw_range_up_to(const hw_range_tree_t *tree, uintptr_t at) {
  hw_range_t *found = NULL;
  for (hw_range_t *node = tree->root; node != NULL;) {
    if (node->start <= at) found = node;
    node = node->start <= at ? node->right : node->left;
  }
  return found;
}

hw_range_t *hw_range_after(const hw_range_tree_t *tree, uintptr_t at) {
  hw_range_t *found = NULL;
  for (hw_range_t *node = tree->root; node != NULL;) {
    if (node->start > at) found = node;
    node = node->start > at ? node->left : node->right;
  }
  return found;
}

bool hw_range_overlaps(const hw_range_tree_t *tree, uintptr_t start, size_t size,
                       const hw_range_t *except) {
  const hw_range_t *before = hw_range_up_to(tree, start);
  if (before != NULL && before != except && start - before->start < before->size) return true;
  const hw_range_t *after = hw_range_after(tree, start);
  return after != NULL && after->start - start < size;
}

/* Parts a subtree into what starts below `at` and what does not. */
static void split(hw_range_t *node, uintptr_t at, hw_range_t **below, hw_range_t **above) {
  while (node != NULL) {
    if (node->start < at) {
      *below = node;
      below = &node->right;
      node = node->right;
    } else {
      *above = node;
      above = &node->left;
      node = node->left;
    }
  }
  *below = NULL;
  *above = NULL;
}

void hw_range_insert(hw_range_tree_t *tree, hw_range_t *range) {
  HW_ASSERT(!hw_range_overlaps(tree, range->start, range->size, NULL));
  range->priority = next_priority(tree);
  hw_range_t **link = &tree->root;
  while (*link != NULL && (*link)->priority >= range->priority) {
    link = range->start < (*link)->start ? &(*link)->left : &(*link)->right;
  }
  split(*link, range->start, &range->left, &range->right);
  *link = range;
  tree->count++;
}

void hw_range_remove(hw_range_tree_t *tree, hw_range_t *range) {
  hw_range_t **link = &tree->root;
  while (*link != range) {
    HW_ASSERT(*link != NULL);
    link = range->start < (*link)->start ? &(*link)->left : &(*link)->right;
  }
  hw_range_t *left = range->left, *right = range->right;
  while (left != NULL && right != NULL) {
    if (left->priority >= right->priority) {
      *link = left;
      link = &left->right;
      left = left->right;
    } else {
      *link = right;
      link = &right->left;
      right = right->left;
    }
  }
  *link = left != NULL ? left : right;
  tree->count--;
}
