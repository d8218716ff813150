/* A server whose threads hand their blocks on: each of two chains owns 5,000 blocks of 8 to 1000
 * bytes; a thread replaces random ones for a while, starts its successor and ends. So most blocks
 * are freed by another thread than the one that allocated them. After larson of mimalloc-bench.
 *
 * With LARSON_IDLE the old threads do not end, they block: 400 of them at last. Memory that a free
 * hands back to its idle owner is then out of reach, and what they cached is stranded. Reported:
 * `peakLive`, the most requested bytes at once, against which the resident memory is judged.
 *
 * An operation is a pair. */
#include <pthread.h>

#include "workloads.h"

enum { CHAINS = 2, ROUNDS = 200, BLOCKS = 5000, MIN_SIZE = 8, MAX_SIZE = 1000 };
enum { STACK_BYTES = 256 * 1024 };

typedef struct chain {
  bench_t *bench;
  uint64_t id;
  uint64_t round; /* written before a successor starts, read by it */
  uint64_t pairs; /* of one round */
  uint64_t done;
  uint64_t sum;
  uint64_t live;
  uint64_t peak_live;
  block_t blocks[BLOCKS];
  pthread_t threads[ROUNDS];
} chain_t;

static chain_t chains[CHAINS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t finished; /* chains through their last round; under the lock */
static int released;    /* idle threads may end; under the lock */

static void *run_round(void *argument);

static void start_round(chain_t *chain) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  if (pthread_create(&chain->threads[chain->round], &attributes, run_round, chain) != 0) {
    bench_die("no thread");
  }
  pthread_attr_destroy(&attributes);
}

static void replace(chain_t *chain, hw_allocator_t *heap, uint64_t *random) {
  block_t *block = &chain->blocks[bench_below(random, BLOCKS)];
  if (block->ptr != NULL) {
    chain->live -= block->size;
    chain->sum += block_close(heap, block);
  }
  block_open(heap, block, bench_between(random, MIN_SIZE, MAX_SIZE), chain->done++);
  chain->live += block->size;
  if (chain->live > chain->peak_live) chain->peak_live = chain->live;
}

static void *run_round(void *argument) {
  chain_t *chain = argument;
  int idle = chain->bench->param == LARSON_IDLE;
  uint64_t random = bench_seed(100 + chain->id * ROUNDS + chain->round);
  hw_allocator_t *heap = heap_attach(chain->bench);
  for (uint64_t i = 0; i < chain->pairs; i++) replace(chain, heap, &random);
  heap_detach(chain->bench, heap);

  /* Once its successor runs, the chain is the successor's. */
  int last = ++chain->round == ROUNDS;
  if (!last) start_round(chain);
  if (!last && !idle) return NULL;

  pthread_mutex_lock(&lock);
  if (last) {
    finished++;
    pthread_cond_broadcast(&changed);
  }
  while (idle && !released) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  return NULL;
}

static void wait_for_chains(void) {
  pthread_mutex_lock(&lock);
  while (finished < CHAINS) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

static void release_threads(void) {
  pthread_mutex_lock(&lock);
  released = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

void BENCH_NAME(run_larson)(bench_t *bench) {
  uint64_t pairs = bench->ops / (CHAINS * ROUNDS);
  for (size_t i = 0; i < CHAINS; i++) {
    chains[i].bench = bench;
    chains[i].id = i;
    chains[i].pairs = pairs > 0 ? pairs : 1;
    start_round(&chains[i]);
  }
  wait_for_chains();
  bench_stop(bench);

  uint64_t peak_live = 0;
  release_threads();
  for (size_t i = 0; i < CHAINS; i++) {
    chain_t *chain = &chains[i];
    /* In order: each thread wrote down its successor before it ended. */
    for (size_t k = 0; k < ROUNDS; k++) pthread_join(chain->threads[k], NULL);
    for (size_t k = 0; k < BLOCKS; k++) {
      if (chain->blocks[k].ptr != NULL) chain->sum += block_close(bench->heap, &chain->blocks[k]);
    }
    bench->checksum += chain->sum;
    bench->done += chain->done;
    peak_live += chain->peak_live;
  }
  bench_report(bench, "peakLive", (double)peak_live);
}
