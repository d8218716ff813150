/* Runs a fuzz target without a fuzzer: over files (a crash that a fuzzer saved), or over random
 * bytes that follow from a seed: -runs=300 -seed=1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define MOST 4096u

static uint8_t bytes[MOST];

static int replay_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    perror(path);
    return 1;
  }
  size_t size = fread(bytes, 1, sizeof bytes, file);
  (void)fclose(file);
  return LLVMFuzzerTestOneInput(bytes, size);
}

static uint64_t next_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(0x2545F4914F6CDD1D);
}

static void run_random(unsigned long runs, uint64_t seed) {
  uint64_t state = seed * 2 + 1;
  for (unsigned long run = 0; run < runs; run++) {
    size_t size = (size_t)(next_random(&state) >> 32) % MOST;
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)(next_random(&state) >> 56);
    (void)LLVMFuzzerTestOneInput(bytes, size);
  }
  printf("%lu runs\n", runs);
}

int main(int argc, char **argv) {
  unsigned long runs = 0;
  uint64_t seed = 1;
  int failed = 0;
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], "-runs=", 6) == 0) {
      runs = strtoul(argv[i] + 6, NULL, 10);
    } else if (strncmp(argv[i], "-seed=", 6) == 0) {
      seed = strtoull(argv[i] + 6, NULL, 10);
    } else {
      failed |= replay_file(argv[i]);
    }
  }
  run_random(runs, seed);
  return failed;
}
