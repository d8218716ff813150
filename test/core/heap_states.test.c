/* The whole state machine of "binding/record.h": every operation on a block in every state, with
 * the answer, the state after it, and every counter. */
#include "binding/orphans.h"
#include "heap_fixture.h"

#define SIZE 100
#define BYSTANDER 40 /* bytes of another block that nothing here may touch */

/* A record's state with its leases. Zero, in the table below, means: as before. */
typedef enum situation {
  AS_BEFORE,
  FREE,
  LIVE,
  LEASED,
  LEASED_TWICE,
  DOOMED,
  DOOMED_TWICE,
  ABANDONED,
  REVOKING,
  FINALIZED,
  REVOKED,
  ORPHAN,
  SITUATIONS,
} situation_t;

/* What a situation looks like from outside. */
static const struct {
  const char *name;
  hw_record_state_t state;
  uint32_t leases;
  bool holds, abandoned, retired;
} looks[SITUATIONS] = {
    [FREE] = {"FREE", HW_RECORD_FREE, 0, false, false, false},
    [LIVE] = {"LIVE", HW_RECORD_LIVE, 0, true, false, false},
    [LEASED] = {"LEASED", HW_RECORD_LIVE, 1, true, false, false},
    [LEASED_TWICE] = {"LEASED_TWICE", HW_RECORD_LIVE, 2, true, false, false},
    [DOOMED] = {"DOOMED", HW_RECORD_DOOMED, 1, true, true, false},
    [DOOMED_TWICE] = {"DOOMED_TWICE", HW_RECORD_DOOMED, 2, true, true, false},
    [ABANDONED] = {"ABANDONED", HW_RECORD_ABANDONED, 0, true, true, false},
    [REVOKING] = {"REVOKING", HW_RECORD_REVOKING, 0, true, false, false},
    [FINALIZED] = {"FINALIZED", HW_RECORD_FINALIZED, 0, true, false, false},
    [REVOKED] = {"REVOKED", HW_RECORD_REVOKED, 0, false, false, false},
    [ORPHAN] = {"ORPHAN", HW_RECORD_ORPHAN, 0, false, false, true},
};

typedef enum operation {
  FREE_IDLE,
  FREE_BUSY,
  FREE_IDLE_OR_REFUSE,
  FREE_BUSY_OR_REFUSE,
  FINISH,
  CANCEL,
  LEASE,
  END_LEASE_IDLE,
  END_LEASE_BUSY,
  FINALIZE,
  FINALIZE_AT_TEARDOWN,
  ABORT,
  ABORT_FINALIZER_COMES,
  CHECK,
  OPERATIONS,
} operation_t;

typedef struct outcome {
  hw_code_t code; /* HW_CODE_OK for an operation that answers nothing */
  situation_t after;
} outcome_t;

#define GONE {HW_CODE_DETACHED, AS_BEFORE}
#define FREED {HW_CODE_ABANDONED, AS_BEFORE}
#define ALL_GONE \
  [FREE] = GONE, [REVOKING] = GONE, [FINALIZED] = GONE, [REVOKED] = GONE, [ORPHAN] = GONE
#define ALL_FREED [DOOMED] = FREED, [DOOMED_TWICE] = FREED, [ABANDONED] = FREED

/* A situation that is not named: HW_CODE_OK, and nothing changes. */
static const outcome_t outcomes[OPERATIONS][SITUATIONS] = {
    [FREE_IDLE] = {[LIVE] = {HW_CODE_DETACH, REVOKING},
                   [LEASED] = {HW_CODE_KEPT, DOOMED},
                   [LEASED_TWICE] = {HW_CODE_KEPT, DOOMED_TWICE},
                   ALL_FREED,
                   ALL_GONE},
    [FREE_BUSY] = {[LIVE] = {HW_CODE_KEPT, ABANDONED},
                   [LEASED] = {HW_CODE_KEPT, DOOMED},
                   [LEASED_TWICE] = {HW_CODE_KEPT, DOOMED_TWICE},
                   ALL_FREED,
                   ALL_GONE},
    [FREE_IDLE_OR_REFUSE] = {[LIVE] = {HW_CODE_DETACH, REVOKING},
                             [LEASED] = {HW_CODE_LEASED, AS_BEFORE},
                             [LEASED_TWICE] = {HW_CODE_LEASED, AS_BEFORE},
                             ALL_FREED,
                             ALL_GONE},
    [FREE_BUSY_OR_REFUSE] = {[LIVE] = {HW_CODE_BUSY, AS_BEFORE},
                             [LEASED] = {HW_CODE_LEASED, AS_BEFORE},
                             [LEASED_TWICE] = {HW_CODE_LEASED, AS_BEFORE},
                             ALL_FREED,
                             ALL_GONE},
    [FINISH] = {[REVOKING] = {HW_CODE_OK, REVOKED}, [FINALIZED] = {HW_CODE_OK, FREE}},
    [CANCEL] = {[REVOKING] = {HW_CODE_OK, LIVE}, [FINALIZED] = {HW_CODE_OK, FREE}},
    [LEASE] = {[LIVE] = {HW_CODE_OK, LEASED},
               [LEASED] = {HW_CODE_OK, LEASED_TWICE},
               [LEASED_TWICE] = {HW_CODE_OK, SITUATIONS}, /* three leases: not followed */
               ALL_FREED,
               ALL_GONE},
    [END_LEASE_IDLE] = {[LIVE] = GONE,
                        [LEASED] = {HW_CODE_OK, LIVE},
                        [LEASED_TWICE] = {HW_CODE_OK, LEASED},
                        [DOOMED] = {HW_CODE_DETACH, REVOKING},
                        [DOOMED_TWICE] = {HW_CODE_OK, DOOMED},
                        [ABANDONED] = GONE,
                        ALL_GONE},
    [END_LEASE_BUSY] = {[LIVE] = GONE,
                        [LEASED] = {HW_CODE_OK, LIVE},
                        [LEASED_TWICE] = {HW_CODE_OK, LEASED},
                        [DOOMED] = {HW_CODE_KEPT, ABANDONED},
                        [DOOMED_TWICE] = {HW_CODE_OK, DOOMED},
                        [ABANDONED] = GONE,
                        ALL_GONE},
    [FINALIZE] = {[LIVE] = {HW_CODE_OK, FREE},
                  [LEASED] = {HW_CODE_OK, FREE},
                  [LEASED_TWICE] = {HW_CODE_OK, FREE},
                  [DOOMED] = {HW_CODE_OK, FREE},
                  [DOOMED_TWICE] = {HW_CODE_OK, FREE},
                  [ABANDONED] = {HW_CODE_OK, FREE},
                  [REVOKING] = {HW_CODE_OK, FINALIZED},
                  [FINALIZED] = {HW_CODE_OK, FREE},
                  [REVOKED] = {HW_CODE_OK, FREE}},
    [FINALIZE_AT_TEARDOWN] = {[LIVE] = {HW_CODE_OK, ORPHAN},
                              [LEASED] = {HW_CODE_OK, ORPHAN},
                              [LEASED_TWICE] = {HW_CODE_OK, ORPHAN},
                              [DOOMED] = {HW_CODE_OK, ORPHAN},
                              [DOOMED_TWICE] = {HW_CODE_OK, ORPHAN},
                              [ABANDONED] = {HW_CODE_OK, ORPHAN},
                              [REVOKING] = {HW_CODE_OK, ORPHAN},
                              [FINALIZED] = {HW_CODE_OK, ORPHAN},
                              [REVOKED] = {HW_CODE_OK, FREE}},
    /* A record without a buffer was never leased. */
    [ABORT] = {[LIVE] = {HW_CODE_OK, FREE},
               [LEASED] = {HW_CODE_OK, SITUATIONS},
               [LEASED_TWICE] = {HW_CODE_OK, SITUATIONS}},
    [ABORT_FINALIZER_COMES] = {[LIVE] = {HW_CODE_OK, REVOKED},
                               [LEASED] = {HW_CODE_OK, SITUATIONS},
                               [LEASED_TWICE] = {HW_CODE_OK, SITUATIONS}},
    [CHECK] = {ALL_FREED, ALL_GONE},
};

static hw_code_t carry_out(operation_t operation, heap_fixture_t *fixture, hw_record_t *record) {
  switch (operation) {
    case FREE_IDLE: return hw_block_begin_free(record, false, false);
    case FREE_BUSY: return hw_block_begin_free(record, true, false);
    case FREE_IDLE_OR_REFUSE: return hw_block_begin_free(record, false, true);
    case FREE_BUSY_OR_REFUSE: return hw_block_begin_free(record, true, true);
    case FINISH: hw_block_finish_free(record); break;
    case CANCEL: hw_block_cancel_free(record); break;
    case LEASE: return hw_block_lease(record);
    case END_LEASE_IDLE: return hw_block_end_lease(record, false);
    case END_LEASE_BUSY: return hw_block_end_lease(record, true);
    case FINALIZE: hw_block_finalize(record, false); break;
    case FINALIZE_AT_TEARDOWN: hw_block_finalize(record, true); break;
    case ABORT: hw_block_abort(record, generation_of(record), false); break;
    case ABORT_FINALIZER_COMES: hw_block_abort(record, generation_of(record), true); break;
    case CHECK: return check_block(fixture, record);
    case OPERATIONS: break;
  }
  return HW_CODE_OK;
}

/* From a new block into `situation`, by the operations that lead there. */
static void bring_to(situation_t situation, heap_fixture_t *fixture, hw_record_t *record) {
  static const operation_t ways[SITUATIONS][4] = {
      [FREE] = {FREE_IDLE, FINISH, FINALIZE, OPERATIONS},
      [LIVE] = {OPERATIONS},
      [LEASED] = {LEASE, OPERATIONS},
      [LEASED_TWICE] = {LEASE, LEASE, OPERATIONS},
      [DOOMED] = {LEASE, FREE_IDLE, OPERATIONS},
      [DOOMED_TWICE] = {LEASE, LEASE, FREE_BUSY, OPERATIONS},
      [ABANDONED] = {FREE_BUSY, OPERATIONS},
      [REVOKING] = {FREE_IDLE, OPERATIONS},
      [FINALIZED] = {FREE_IDLE, FINALIZE, OPERATIONS},
      [REVOKED] = {FREE_IDLE, FINISH, OPERATIONS},
      [ORPHAN] = {FINALIZE_AT_TEARDOWN, OPERATIONS},
  };
  const operation_t *way = ways[situation];
  for (size_t i = 0; way[i] != OPERATIONS; i++) carry_out(way[i], fixture, record);
}

static void assert_looks_like(situation_t situation, const heap_fixture_t *fixture,
                              const hw_record_t *record, uint64_t orphans_before) {
  bool holds = looks[situation].holds, abandoned = looks[situation].abandoned;
  bool retired = looks[situation].retired;
  uint32_t leases = looks[situation].leases;
  const hw_heap_t *heap = &fixture->heap;
  assert_int_equal(state_of(record), looks[situation].state);
  assert_int_equal(hw_word_leases(hw_record_word(record)), leases);
  assert_int_equal(generation_of(record), 1);
  assert_int_equal(heap->held, 1 + holds);
  assert_int_equal(heap->leased, leases > 0);
  assert_int_equal(heap->abandoned_blocks, abandoned);
  assert_int_equal(heap->abandoned_bytes, abandoned ? SIZE : 0);
  assert_int_equal(fixture->table.busy, 1 + (situation != FREE));
  hw_stats_t stats = allocator_stats(fixture);
  assert_int_equal(stats.live_blocks, 1 + holds);
  assert_int_equal(stats.live_bytes, BYSTANDER + (holds ? SIZE : 0));
  assert_int_equal(stats.retired_blocks, retired);
  assert_int_equal(hw_orphan_blocks() - orphans_before, retired);
  assert_heap_valid(fixture);
}

static void assert_outcome(operation_t operation, situation_t before) {
  heap_fixture_t fixture;
  heap_fixture_open(&fixture, HW_NO_LIMIT);
  hw_record_t *bystander = allocate_block(&fixture, BYSTANDER, 1);
  fill_pattern(bystander->address, BYSTANDER, 1);
  uint64_t orphans = hw_orphan_blocks();
  hw_record_t *record = allocate_block(&fixture, SIZE, 8);
  fill_pattern(record->address, SIZE, 2);
  void *address = record->address;
  bring_to(before, &fixture, record);
  assert_looks_like(before, &fixture, record, orphans);

  outcome_t expected = outcomes[operation][before];
  situation_t after = expected.after == AS_BEFORE ? before : expected.after;
  if (after != SITUATIONS) {
    assert_code(expected.code, carry_out(operation, &fixture, record));
    assert_looks_like(after, &fixture, record, orphans);
    if (looks[after].holds) assert_true(has_pattern(address, SIZE, 2));
    if (after == ORPHAN) assert_true(is_zero(address, SIZE));
  }
  assert_true(has_pattern(bystander->address, BYSTANDER, 1));
  heap_fixture_abandon(&fixture);
}

static void follow(void **state) {
  operation_t operation = (operation_t)(uintptr_t)*state;
  for (situation_t before = FREE; before < SITUATIONS; before++) {
    print_message("  %s\n", looks[before].name);
    assert_outcome(operation, before);
  }
}

#define IN_EVERY_STATE(operation) \
  {"in every state " #operation, follow, NULL, NULL, (void *)(uintptr_t)(operation)}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_EVERY_STATE(FREE_IDLE),
      IN_EVERY_STATE(FREE_BUSY),
      IN_EVERY_STATE(FREE_IDLE_OR_REFUSE),
      IN_EVERY_STATE(FREE_BUSY_OR_REFUSE),
      IN_EVERY_STATE(FINISH),
      IN_EVERY_STATE(CANCEL),
      IN_EVERY_STATE(LEASE),
      IN_EVERY_STATE(END_LEASE_IDLE),
      IN_EVERY_STATE(END_LEASE_BUSY),
      IN_EVERY_STATE(FINALIZE),
      IN_EVERY_STATE(FINALIZE_AT_TEARDOWN),
      IN_EVERY_STATE(ABORT),
      IN_EVERY_STATE(ABORT_FINALIZER_COMES),
      IN_EVERY_STATE(CHECK),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
