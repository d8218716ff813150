#define _DEFAULT_SOURCE /* fork, clock_gettime */

#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* HW_TEST_ONLY names the one test that is to run, so that no other can fail in its place. */
__attribute__((constructor)) static void choose_test(void) {
  const char *name = getenv("HW_TEST_ONLY");
  if (name != NULL) cmocka_set_test_filter(name);
}

static uint8_t pattern_byte(size_t at, uint64_t seed) {
  uint64_t mixed = (at + 1) * UINT64_C(0x9E3779B97F4A7C15) + seed * UINT64_C(0xD1B54A32D192ED03);
  return (uint8_t)(mixed >> 56);
}

void fill_pattern(void *ptr, size_t size, uint64_t seed) {
  uint8_t *bytes = ptr;
  for (size_t i = 0; i < size; i++) bytes[i] = pattern_byte(i, seed);
}

bool has_pattern(const void *ptr, size_t size, uint64_t seed) {
  const uint8_t *bytes = ptr;
  for (size_t i = 0; i < size; i++) {
    if (bytes[i] != pattern_byte(i, seed)) return false;
  }
  return true;
}

bool is_zero(const void *ptr, size_t size) {
  const uint8_t *bytes = ptr;
  /* The first is zero, and each is as the one before it. */
  return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

random_source_t random_begin(void) {
  const char *given = getenv("HW_TEST_SEED");
  struct timespec now = {0};
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)now.tv_nsec;
  printf("HW_TEST_SEED=%llu\n", (unsigned long long)seed);
  return (random_source_t){seed * 2 + 1};
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
uint64_t random_next(random_source_t *source) {
  source->state ^= source->state >> 12;
  source->state ^= source->state << 25;
  source->state ^= source->state >> 27;
  return source->state * UINT64_C(0x2545F4914F6CDD1D);
}

size_t random_below(random_source_t *source, size_t bound) {
  return (size_t)((random_next(source) >> 11) % bound);
}

static bool faults(volatile uint8_t *address, bool write) {
  pid_t child = fork();
  if (child == 0) {
    /* The plain signal, without a sanitizer's report and without a core file. */
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(SIGSEGV, SIG_DFL);
    (void)signal(SIGBUS, SIG_DFL);
    if (write) *address = 1;
    uint8_t seen = *address;
    (void)seen;
    _exit(0);
  }
  int status = 0;
  assert_true(child > 0 && waitpid(child, &status, 0) == child);
  if (WIFEXITED(status)) return false;
  assert_true(WIFSIGNALED(status));
  return WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS;
}

bool read_faults(const void *address) {
  return faults((volatile uint8_t *)(uintptr_t)address, false);
}

bool write_faults(void *address) {
  return faults(address, true);
}
