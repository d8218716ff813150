#include "arena/move.h"

#include <string.h>

static uint8_t *at_page(const hw_run_t *run, size_t page) {
  return run->base + (page << HW_PAGE_SHIFT);
}

static size_t bytes_of(size_t npages) {
  return npages << HW_PAGE_SHIFT;
}

static bool is_worth(const hw_arena_t *arena, const hw_run_t *from, size_t npages) {
  size_t moved = atomic_load_explicit(&arena->nmoved, memory_order_relaxed);
  return bytes_of(npages) >= HW_MOVE_LEAST && from->npieces < HW_RUN_PIECES &&
         moved + from->npieces < HW_MOVE_BUDGET && arena->os->page_size() == HW_PAGE_BYTES;
}

/* Where the piece ends that begins at `page`. */
static size_t piece_end(const hw_run_t *run, unsigned piece, size_t npages) {
  return piece < run->npieces ? hw_min(run->pieces[piece], npages) : npages;
}

static void copy(const hw_run_t *from, const hw_run_t *to, size_t first, size_t last,
                 size_t bytes) {
  size_t begin = bytes_of(first);
  if (begin >= bytes) return;
  memcpy(at_page(to, first), at_page(from, first), hw_min(bytes_of(last), bytes) - begin);
}

/* Pages [first, last); false: they are to be copied. *lost: `to` is not usable. */
static bool move_piece(const hw_arena_t *arena, const hw_run_t *from, const hw_run_t *to,
                       size_t first, size_t last, bool *lost) {
  size_t bytes = bytes_of(last - first);
  if (last - first < HW_PURGE_PAGES) return false;
  if (arena->os->move(at_page(from, first), at_page(to, first), bytes)) return true;
  /* The kernel may have unmapped the target before it refused. */
  *lost = !arena->os->renew(at_page(to, first), bytes);
  return false;
}

static hw_moved_t move_all(hw_arena_t *arena, const hw_run_t *from, hw_run_t *to, size_t npages,
                           size_t bytes) {
  hw_moved_t result = HW_MOVED_ALL;
  unsigned piece = 0;
  unsigned moved = 0; /* pieces up to the last that did */
  for (size_t first = 0; first < npages; piece++) {
    size_t last = piece_end(from, piece, npages);
    bool lost = false;
    if (!move_piece(arena, from, to, first, last, &lost)) {
      if (lost) {
        /* What moved goes back by copying: the old range is still mapped. */
        copy(to, from, 0, first, bytes);
        return HW_MOVED_NOT;
      }
      copy(from, to, first, last, bytes);
      result = HW_MOVED_COPIED;
    } else {
      moved = piece + 1;
    }
    to->pieces[piece] = (uint32_t)last;
    first = last;
  }
  to->npieces = (uint8_t)moved;
  atomic_fetch_add_explicit(&arena->nmoved, to->npieces, memory_order_relaxed);
  return result;
}

hw_moved_t hw_move_pages(hw_arena_t *arena, const hw_run_t *from, hw_run_t *to, size_t npages,
                         size_t bytes, bool nowait) {
  if (!nowait && is_worth(arena, from, npages)) return move_all(arena, from, to, npages, bytes);
  copy(from, to, 0, npages, bytes);
  return HW_MOVED_COPIED;
}

bool hw_move_renew(hw_arena_t *arena, hw_run_t *run, size_t from) {
  if (run->npieces == 0) return false;
  if (!arena->os->renew(at_page(run, from), bytes_of(run->npages - from))) return false;
  unsigned kept = 0;
  while (kept < run->npieces && run->pieces[kept] <= from) kept++;
  atomic_fetch_sub_explicit(&arena->nmoved, run->npieces - kept, memory_order_relaxed);
  /* A piece that was cut ends where the cut is, and counts as one still. */
  if (kept < run->npieces && from > (kept == 0 ? 0 : run->pieces[kept - 1])) {
    run->pieces[kept++] = (uint32_t)from;
    atomic_fetch_add_explicit(&arena->nmoved, 1, memory_order_relaxed);
  }
  run->npieces = (uint8_t)kept;
  return true;
}
