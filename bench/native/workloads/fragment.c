/* A heap whose needs change: each phase allocates 32 MiB in blocks of a new range of sizes, writes
 * them whole, then frees all but one in eight at random. The survivors pin what they lie in, and
 * the next phase's blocks fit into few of the holes. An operation is an allocation, `ops` counts
 * phases. Reported: `liveBytes` and `heldBytes` (resident above the start) of the survivors at the
 * end, so held over live is what fragmentation costs. Own pattern. */
#include "workloads.h"

enum { MAX_BLOCKS = 1 << 22, KEEP_ONE_IN = 8, RANGES = 8, FIRST_SIZE = 16 };

static const size_t PHASE_BYTES = (size_t)32 << 20;
static const size_t TABLE_BYTES = MAX_BLOCKS * sizeof(block_t);

typedef struct heap_state {
  block_t *blocks;
  size_t kept;  /* survivors of earlier phases come first */
  size_t count; /* all live blocks */
} heap_state_t;

static void fill(bench_t *bench, heap_state_t *state, uint64_t phase, uint64_t *random) {
  size_t low = (size_t)FIRST_SIZE << (phase % RANGES);
  for (size_t got = 0; got < PHASE_BYTES;) {
    if (state->count == MAX_BLOCKS) bench_die("the table of blocks is full");
    block_t *block = &state->blocks[state->count++];
    block->size = bench_between(random, low, 4 * low);
    block->ptr = heap_allocate(bench->heap, bytes(block->size));
    memset(block->ptr, (int)block->size, block->size);
    got += block->size;
    bench->done++;
  }
}

static uint64_t drop(bench_t *bench, const block_t *block) {
  const unsigned char *last = (const unsigned char *)block->ptr + block->size - 1;
  uint64_t sum = *last + block->size;
  heap_free(bench->heap, block->ptr, bytes(block->size));
  return sum;
}

static void thin_out(bench_t *bench, heap_state_t *state, uint64_t *random) {
  size_t kept = state->kept;
  for (size_t i = state->kept; i < state->count; i++) {
    if (bench_below(random, KEEP_ONE_IN) == 0) {
      state->blocks[kept++] = state->blocks[i];
    } else {
      bench->checksum += drop(bench, &state->blocks[i]);
    }
  }
  state->kept = kept;
  state->count = kept;
}

void BENCH_NAME(run_fragment)(bench_t *bench) {
  uint64_t random = bench_seed(9);
  heap_state_t state = {.blocks = bench_map(TABLE_BYTES)};
  uint64_t start = bench_rss();
  bench_start(bench);
  for (uint64_t phase = 0; phase < bench->ops; phase++) {
    fill(bench, &state, phase, &random);
    thin_out(bench, &state, &random);
  }
  bench_stop(bench);

  /* The table's own touched pages are of equal size for all; they are taken off here. */
  block_t *survivors = bench_map(state.count * sizeof(block_t));
  memcpy(survivors, state.blocks, state.count * sizeof(block_t));
  bench_unmap(state.blocks, TABLE_BYTES);
  uint64_t table = state.count * sizeof(block_t);
  double live = 0;
  double held = (double)bench_rss() - (double)start - (double)table;
  for (size_t i = 0; i < state.count; i++) {
    live += (double)survivors[i].size;
    bench->checksum += drop(bench, &survivors[i]);
  }
  bench_report(bench, "liveBytes", live);
  bench_report(bench, "heldBytes", held);
}
