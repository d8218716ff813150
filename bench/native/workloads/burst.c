/* A burst and its aftermath: a process that holds 64 MiB takes `ops` MiB more in mixed sizes (a
 * third of the bytes each in blocks of 16 B to 1 KiB, 1 to 32 KiB, 32 KiB to 1 MiB), writes every
 * page, frees all of it in random order and then idles, with a tick and one small pair every 100
 * ms. Reported: `before`, `burst`, `freed`, `after`: resident bytes at each point. After the
 * commonest complaint about allocators: memory that does not come back. */
#include "workloads.h"

enum { BASE_BLOCKS = 4096, BASE_SIZE = 16 << 10, MIN_SIZE = 16, TICK_MS = 100 };

/* Room for a burst in which every block were as small as a third of the bytes really are. */
static const size_t BLOCKS_PER_MIB = 1024;
static const size_t MIB = (size_t)1 << 20;

static block_t base[BASE_BLOCKS];

static size_t choose(uint64_t *random, size_t step) {
  static const size_t limits[] = {1 << 10, 32 << 10, 1 << 20};
  return bench_between(random, step == 0 ? MIN_SIZE : limits[step - 1] + 1, limits[step]);
}

static void take(bench_t *bench, block_t *block, size_t size, uint64_t value) {
  block->size = size;
  block->ptr = heap_allocate(bench->heap, bytes(size));
  touch_pages(block->ptr, 0, size, (unsigned char)value);
}

static void drop(bench_t *bench, const block_t *block) {
  bench->checksum += sum_pages(block->ptr, block->size);
  heap_free(bench->heap, block->ptr, bytes(block->size));
}

static size_t take_burst(bench_t *bench, block_t *blocks, size_t room, uint64_t *random) {
  size_t count = 0;
  size_t got[3] = {0};
  size_t each = (size_t)bench->ops * MIB / 3;
  /* The three kinds take turns by bytes, so that they lie mixed. */
  while (got[0] < each || got[1] < each || got[2] < each) {
    size_t step = got[0] <= got[1] && got[0] <= got[2] ? 0 : got[1] <= got[2] ? 1 : 2;
    if (count == room) bench_die("the table of blocks is full");
    take(bench, &blocks[count], choose(random, step), count);
    got[step] += blocks[count++].size;
  }
  bench->done = count;
  return count;
}

static void drop_burst(bench_t *bench, block_t *blocks, size_t count, uint64_t *random) {
  while (count > 0) {
    size_t at = bench_below(random, count);
    drop(bench, &blocks[at]);
    blocks[at] = blocks[--count];
  }
}

static void idle(bench_t *bench) {
  for (uint64_t waited = 0; waited < bench->idle_ms; waited += TICK_MS) {
    bench_sleep_ms(TICK_MS);
    block_t block;
    block_open(bench->heap, &block, 64, waited);
    bench->checksum += block_close(bench->heap, &block);
    heap_tick(bench);
  }
}

void BENCH_NAME(run_burst)(bench_t *bench) {
  uint64_t random = bench_seed(10);
  for (size_t i = 0; i < BASE_BLOCKS; i++) take(bench, &base[i], BASE_SIZE, i);
  bench_report(bench, "before", (double)bench_rss());

  size_t room = (size_t)bench->ops * BLOCKS_PER_MIB;
  block_t *blocks = bench_map(room * sizeof *blocks);
  bench_start(bench);
  size_t count = take_burst(bench, blocks, room, &random);
  bench_report(bench, "burst", (double)bench_rss());
  drop_burst(bench, blocks, count, &random);
  bench_stop(bench);
  bench_unmap(blocks, room * sizeof *blocks);
  bench_report(bench, "freed", (double)bench_rss());

  idle(bench);
  bench_report(bench, "after", (double)bench_rss());
  for (size_t i = 0; i < BASE_BLOCKS; i++) drop(bench, &base[i]);
}
