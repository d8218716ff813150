/* The block state machine of native/binding and the gate in front of it. README.md says which C
 * function each inline mirrors. One file, because Promela has no modules.
 *
 * One piece of memory, RECORDS records, BLOCKS blocks one after the other. A native call runs
 * alone but for two places where it gives way: between reading the record's word and changing it,
 * and around the detach. That is more than one thread of JavaScript does, so it proves more.
 *
 * -DBUG_x seeds the bug x, -DLIMIT_x lifts an assumption about scripts or runtimes, -DREACH_x fails
 * where the condition x comes true, -DPROGRESS compiles the claim `comes_back`. */

#ifndef BLOCKS
#define BLOCKS 2
#endif
#define RECORDS 2
#define MAX_GENERATION 2 /* a record that used them all is never used again */
#define MAX_LEASES 2
#define NONE 255

/* --- the record: hw_record_state_t and the parts of the word --- */

#define FREE 0
#define LIVE 1
#define DOOMED 2
#define ABANDONED 3
#define REVOKING 4
#define FINALIZED 5
#define REVOKED 6
#define ORPHAN 7

byte state[RECORDS], leases[RECORDS], generation[RECORDS];
byte opened_for[RECORDS]; /* ghost: the block that the record was claimed for */

#define is_attached(s) (s == LIVE || s == DOOMED || s == ABANDONED)
#define holds_memory(s) (is_attached(s) || s == REVOKING || s == FINALIZED)

/* --- the heap, the record table, the memory --- */

byte held, leased, abandoned; /* hw_heap_t */
byte in_use;                  /* hw_record_table_t.busy */
bool has_table = true;

#define UNUSED 0
#define RETIRED 100
byte memory = UNUSED; /* or block + 1 */

/* --- blocks: the ArrayBuffer, the engine's store behind it, and everybody who uses it --- */

#define NOT_MADE 0
#define HERE 1      /* attached, in the buffer that carries the stamp */
#define MOVED 2     /* in another buffer of this environment: transfer, BYOB read */
#define ELSEWHERE 3 /* in a buffer of another thread */
#define GONE 4      /* detached, or collected */

#define NOT_DUE 0
#define DUE 1  /* the store died, the finalizer is still to run */
#define DONE 2
#define NEVER 3 /* the runtime refused the buffer and will not finalise */

#define NOT_BACK 0
#define RELEASED 1
#define ORPHANED 2 /* retired and counted */

byte record_of[BLOCKS], stamp[BLOCKS]; /* a stamp: index and generation */
byte store[BLOCKS];
byte finalizer[BLOCKS];
bool referenced[BLOCKS]; /* a script can reach the attached buffer */
bool pending[BLOCKS];    /* a request holds the raw pointer */
byte holders[BLOCKS];    /* open leases */
byte calls_with[BLOCKS]; /* native calls that have the buffer as an argument */
bool lost[BLOCKS]; /* ghost: left its buffer by other ways than a free that was answered */
bool kept[BLOCKS]; /* answered false, and no lease is left: nobody may take it away */
byte back[BLOCKS];
byte made; /* blocks so far */

#define R(b) record_of[b]
#define in_native (calls_with[0] + calls_with[BLOCKS - 1] > 0)

/* --- the environment and its runtime --- */

#define UP 0
#define ENDING 1
#define ENDED 2
byte env = UP;
bool proved;          /* the gate's count was proved: hw_gate_init */
bool over;   /* the script has come to its end and lets everything go */
byte freers = 2;

#if BLOCKS == 1
#define requests_active pending[0]
#define any_lease holders[0]
#else
#define requests_active (pending[0] || pending[1])
#define any_lease (holders[0] || holders[1])
#endif
#define gate_is_busy (!proved || requests_active)

/* The comparison of hw_record_step: the whole word. */
#ifdef BUG_STORE_WITHOUT_COMPARE
#define unchanged(b, s, l) true
#else
#define unchanged(b, s, l) \
  (state[R(b)] == s && leases[R(b)] == l && generation[R(b)] == stamp[b])
#endif

inline store_dies(b) {
  store[b] = GONE;
  finalizer[b] = (finalizer[b] == NOT_DUE -> DUE : finalizer[b])
}

/* Every change through a stamp passes here: a stale one must never reach another block. */
inline step(b, l, to) {
  assert(opened_for[R(b)] == b);
  leases[R(b)] = l;
  state[R(b)] = to;
}

inline recycle(r) {
  assert(has_table);
  state[r] = FREE;
  leases[r] = 0;
  in_use--;
}

/* let_go, end_memory, hw_orphans_add */
inline let_go(r, retire) {
  assert(memory == opened_for[r] + 1); /* not given back yet, not somebody else's */
  assert(back[opened_for[r]] == NOT_BACK);
  if
  :: retire ->
    memory = RETIRED;
    back[opened_for[r]] = ORPHANED;
  :: else ->
    assert(!pending[opened_for[r]]);
    assert(holders[opened_for[r]] == 0 || lost[opened_for[r]]);
    assert(store[opened_for[r]] == GONE); /* no buffer anywhere sees the next owner */
    memory = UNUSED;
    back[opened_for[r]] = RELEASED;
  fi;
  held--;
}

inline forget_abandoned(s) {
  if
  :: s == ABANDONED || s == DOOMED -> abandoned--;
  :: else
  fi
}

/* hw_block_finalize */
inline finalize(r, teardown) {
  assert(has_table);
  if
  :: state[r] == REVOKED ->
#ifdef BUG_FINALIZER_RELEASES_REVOKED
    let_go(r, false);
#endif
    recycle(r);
#ifdef BUG_FINALIZER_IN_DETACH_UNNOTICED
  :: state[r] == REVOKING && !teardown
#else
  :: state[r] == REVOKING && !teardown -> state[r] = FINALIZED;
#endif
  :: (state[r] == REVOKING && teardown) || is_attached(state[r]) || state[r] == FINALIZED ->
    forget_abandoned(state[r]);
    if
    :: leases[r] > 0 -> leased--;
    :: else
    fi;
    state[r] = ORPHAN;
    leases[r] = 0;
#ifdef BUG_TEARDOWN_RELEASES
    let_go(r, false);
#else
    let_go(r, teardown);
#endif
    if
    :: !teardown -> recycle(r);
    :: else
    fi;
  :: else
  fi
}

/* hw_block_finish_free */
inline finish(b) {
  if
  :: state[R(b)] == FINALIZED ->
    let_go(R(b), false);
    recycle(R(b));
  :: state[R(b)] == REVOKING ->
#ifndef BUG_FINISH_STAYS_REVOKING
    step(b, 0, REVOKED);
#endif
    let_go(R(b), false);
#ifdef BUG_RECYCLED_BEFORE_FINALIZER
    recycle(R(b));
#endif
  :: else
  fi
}

/* hw_block_cancel_free */
inline cancel(b) {
  if
#ifdef BUG_CANCEL_RESTORES_NOTHING
  :: state[R(b)] == REVOKING
#else
  :: state[R(b)] == REVOKING -> step(b, 0, LIVE);
#endif
  :: state[R(b)] == FINALIZED -> finish(b);
  :: else
  fi
}

/* The engine's side of hw_unwrap. `answer`: what the runtime says, which can be a refusal although
 * the buffer is gone, or agreement about a buffer that was detached before. */
inline detach(b, answer) {
  if
  :: store[b] == HERE ->
    if
    :: answer = false; /* refused: asm.js, a detach key */
    :: assert(!pending[b]);
      assert(holders[b] == 0);
      assert(!kept[b]);
      store[b] = GONE;
      finalizer[b] = DUE; /* from here on it may run, also before the call is over */
      if
      :: answer = true;
      :: answer = false; lost[b] = true; /* the thread was told to end meanwhile */
      fi
    fi
  :: else -> answer = true;
  fi
}

/* The second half of hw_unwrap. */
inline unwrap(b, answer) {
  if
  :: answer ->
    finish(b);
    assert(store[b] == GONE); /* after `true`, or the end of the last lease, nothing is left */
    assert(back[b] == RELEASED);
  :: else -> cancel(b);
  fi
}

/* abandon(), and what `false` promises from then on */
inline keep(b, l, to) {
  step(b, l, to);
  abandoned++;
  kept[b] = (to == ABANDONED);
}

/* hw_call_stamp, hw_call_buffer */
#ifdef BUG_BUFFER_NOT_LOOKED_AT
#define is_same_buffer(b) true
#else
#define is_same_buffer(b) (store[b] == HERE)
#endif
#define has_live_stamp(b) (generation[R(b)] == stamp[b] && is_attached(state[R(b)]))

#define CALL_FREE 1
#define CALL_LEASE 2
#define CALL_END_LEASE 3

/* --- one part of the script: frees and leases, with stamps new and old --- */

/* A stamp can be used as long as its object: while attached, only who still refers to it; once
 * detached or moved away the empty object may lie around for ever. */
#define usable(b) (store[b] != NOT_MADE && (store[b] != HERE || referenced[b]))

/* First part of a call: the checks, and the word as it is now. NONE: refused, nothing changes. */
inline begin_call(what) {
  calls_with[b]++;
  call = what;
  seen_state = NONE
}

inline see(is_busy) {
  seen_state = state[R(b)];
  seen_leases = leases[R(b)];
  busy = is_busy
}

/* hw_js_deallocate, hw_js_end_block: live_block */
inline begin_free() {
  begin_call(CALL_FREE);
  if
  :: has_live_stamp(b) && is_same_buffer(b) && state[R(b)] == LIVE ->
#ifdef BUG_GATE_NOT_ASKED
    see(false);
#else
    see(gate_is_busy);
#endif
  :: else /* DETACHED, ABANDONED */
  fi
}

/* hw_js_lease */
inline begin_lease() {
  begin_call(CALL_LEASE);
  if
  :: has_live_stamp(b) && is_same_buffer(b) && state[R(b)] == LIVE &&
     leases[R(b)] < MAX_LEASES -> see(false);
  :: else
  fi
}

/* hw_js_end_lease */
inline begin_end_lease() {
  begin_call(CALL_END_LEASE);
  if
  :: has_live_stamp(b) && leases[R(b)] > 0 && state[R(b)] != ABANDONED ->
#ifdef BUG_END_LEASE_SKIPS_GATE
    see(!is_same_buffer(b));
#else
    see(!is_same_buffer(b) || gate_is_busy);
#endif
  :: else
  fi
}

/* Second part: the change. hw_block_begin_free */
inline change_free() {
  if
#ifdef BUG_FREE_IGNORES_LEASES
  :: busy -> keep(b, 0, ABANDONED); leased = leased - (seen_leases > 0 -> 1 : 0);
  :: !busy -> step(b, 0, REVOKING); leased = leased - (seen_leases > 0 -> 1 : 0); detaching = true;
#else
  :: seen_leases > 0 || busy -> skip; /* whenBusy: 'throw' */
  :: seen_leases > 0 -> keep(b, seen_leases, DOOMED);
  :: seen_leases == 0 && busy -> keep(b, 0, ABANDONED);
  :: seen_leases == 0 && !busy -> step(b, 0, REVOKING); detaching = true;
#endif
  fi;
#ifdef BUG_DETACHED_WHEN_BUSY
  if
  :: state[R(b)] == ABANDONED && store[b] == HERE ->
    assert(!pending[b]);
    store_dies(b);
  :: else
  fi
#endif
}

/* hw_block_lease */
inline change_lease() {
  step(b, seen_leases + 1, LIVE);
  leased = leased + (seen_leases == 0 -> 1 : 0);
  holders[b]++;
  mine = b
}

/* hw_block_end_lease */
inline change_end_lease() {
  leased = leased - (seen_leases == 1 -> 1 : 0);
  if
  :: seen_leases > 1 || seen_state == LIVE -> step(b, seen_leases - 1, seen_state);
  :: else ->
    if
    :: busy -> step(b, 0, ABANDONED); kept[b] = true;
    :: else -> step(b, 0, REVOKING); abandoned--; detaching = true;
    fi
  fi
}

inline forget_lease() {
  holders[b]--;
  mine = NONE;
  freed_own = false
}

inline end_call() {
  calls_with[b]--;
  call = 0;
  seen_state = 0;
  seen_leases = 0;
  busy = false;
  detaching = false;
  b = (mine == NONE -> 0 : mine)
}

#define may_call(x) (env == UP && mine == NONE && usable(x))

proctype freer() {
  byte b, mine = NONE, call, seen_state, seen_leases;
  bool busy, detaching, freed_own;

end:
next:
  if
  :: atomic { mine == NONE && (env != UP || over) -> goto done }
  :: atomic { env != UP && mine != NONE -> mine = NONE; freed_own = false; b = 0; goto done }
  :: atomic { may_call(0) -> b = 0; begin_free() }
  :: atomic { may_call(0) -> b = 0; begin_lease() }
#if BLOCKS > 1
  :: atomic { may_call(1) -> b = 1; begin_free() }
  :: atomic { may_call(1) -> b = 1; begin_lease() }
#endif
  :: atomic { env == UP && mine != NONE && !freed_own -> freed_own = true; begin_free() }
  :: atomic { env == UP && mine != NONE -> begin_end_lease() }
  :: atomic { env == UP && mine != NONE -> /* the lease is dropped, never disposed */
      forget_lease();
      b = 0;
      goto next
    }
  fi;

  atomic {
    if
    :: call == CALL_END_LEASE -> forget_lease();
    :: else
    fi;
    if
    :: seen_state == NONE || !unchanged(b, seen_state, seen_leases)
    :: else ->
      if
      :: call == CALL_FREE -> change_free();
      :: call == CALL_LEASE -> change_lease();
      :: call == CALL_END_LEASE -> change_end_lease();
      fi
    fi;
    if
    :: !detaching -> end_call(); goto next;
    :: else
    fi
  }
  atomic { detach(b, busy) }
  atomic {
    unwrap(b, busy);
    /* NOT_DETACHABLE: left to the collector, as hw_block_begin_free(record, true, false) does */
    if
    :: call == CALL_END_LEASE && !busy && state[R(b)] == LIVE && generation[R(b)] == stamp[b] ->
      keep(b, leases[R(b)], (leases[R(b)] > 0 -> DOOMED : ABANDONED));
    :: else
    fi;
    end_call();
    goto next
  }
done:
  freers--
}

/* --- the other part of the script: allocates, starts requests, moves buffers, lets go --- */

/* hw_record_claim, open_record. A record of the last generation does not come back. */
inline open_record(r) {
  record_of[made] = r;
#ifdef BUG_GENERATION_STAYS
  generation[r] = (generation[r] == 0 -> 1 : generation[r]);
#else
  generation[r]++;
#endif
  stamp[made] = generation[r];
  opened_for[r] = made;
  state[r] = LIVE;
  memory = made + 1;
  held++;
  in_use++
}

/* hw_block_abort, for a record whose buffer was refused */
inline abort_block(b, finalizer_may_come) {
  if
#ifdef BUG_ABORT_TRUSTS_THE_STATUS
  :: true ->
#else
  :: generation[R(b)] == stamp[b] && state[R(b)] == LIVE ->
#endif
    state[R(b)] = REVOKED;
    let_go(R(b), false);
    if
    :: !finalizer_may_come -> recycle(R(b));
    :: else
    fi;
  :: else
  fi
}

/* hw_wrap */
inline wrap(b) {
  if
  :: store[b] = HERE; referenced[b] = true; /* handed out */
  :: store[b] = GONE; finalizer[b] = NEVER; abort_block(b, false); /* no external memory here */
  :: store[b] = GONE; finalizer[b] = NEVER; abort_block(b, true); /* failed, no finalizer */
  :: store[b] = GONE; finalizer[b] = DONE; finalize(R(b), false); abort_block(b, true);
#ifndef LIMIT_FINALIZER_AFTER_THE_END
  :: proved -> /* failed, finalised some time later: known of Node alone */
#else
  :: true ->
#endif
    store[b] = GONE; finalizer[b] = DUE; abort_block(b, true);
  fi
}

#ifdef LIMIT_MOVED_IN_FLIGHT
#define may_move(b) true
#else
#define may_move(b) !pending[b]
#endif

#define reachable_here(b) ((store[b] == HERE || store[b] == MOVED) && referenced[b])
#define first_free (state[0] == FREE && generation[0] < MAX_GENERATION)
#define second_free (state[1] == FREE && generation[1] < MAX_GENERATION)

proctype script() {
end:
  do
  :: env != UP -> break;
  :: atomic {
      env == UP && made < BLOCKS && memory == UNUSED && (first_free || second_free) ->
      if
      :: first_free -> open_record(0);
      :: second_free -> open_record(1);
      fi;
      wrap(made);
      made++
    }
#define ACTIONS(b)                                                                            \
  :: atomic { env == UP && referenced[b] && !in_native && reachable_here(b) && !pending[b] -> \
      pending[b] = true }                                                                     \
  :: atomic { env == UP && !in_native && store[b] == HERE && referenced[b] && may_move(b) ->  \
      store[b] = MOVED; lost[b] = true }                                                 \
  :: atomic { env == UP && !in_native && reachable_here(b) && may_move(b) ->                  \
      store[b] = ELSEWHERE; lost[b] = true; referenced[b] = false }                      \
  :: atomic { env == UP && referenced[b] -> referenced[b] = false }
  ACTIONS(0)
#if BLOCKS > 1
  ACTIONS(1)
#endif
  :: atomic { env == UP ->
      referenced[0] = false;
      referenced[BLOCKS - 1] = false;
      over = true;
      break
    }
  od
}

/* --- the world around --- */

/* Threads of the pool and the kernel: a request writes where it was told to, then completes. */
#define COMPLETE(b)                                         \
  :: atomic { pending[b] ->                                 \
      assert(memory == b + 1 || memory == RETIRED);         \
      pending[b] = false }

proctype kernel() {
end:
  do
  COMPLETE(0)
#if BLOCKS > 1
  COMPLETE(1)
#endif
  od
}

/* Another thread reads what it was sent, and some day drops it. */
#define LET_GO(b)                                           \
  :: atomic { store[b] == ELSEWHERE ->                      \
      assert(memory == b + 1 || memory == RETIRED);         \
      store_dies(b) }

proctype other_thread() {
end:
  do
  LET_GO(0)
#if BLOCKS > 1
  LET_GO(1)
#endif
  od
}

/* A request and a lease refer to the buffer that they were given: they keep that one from the
 * collector, and not the one that its memory was moved to. */
#ifdef LIMIT_MOVED_IN_FLIGHT
#define unused_when_moved(b) true
#else
#define unused_when_moved(b) !pending[b]
#endif
#define is_garbage(b)                                                                           \
  (!referenced[b] &&                                                                            \
   ((store[b] == HERE && !pending[b] && holders[b] == 0 && calls_with[b] == 0) ||               \
    (store[b] == MOVED && unused_when_moved(b))))

#define COLLECT(b)                                          \
  :: atomic { is_garbage(b) -> store_dies(b) }              \
  :: atomic { finalizer[b] == DUE && env != ENDING ->       \
      finalizer[b] = DONE;                                  \
      finalize(R(b), false) }

proctype collector() {
end:
  do
  COLLECT(0)
#if BLOCKS > 1
  COLLECT(1)
#endif
  od
}

inline finalize_at_teardown(b) {
  if
  :: store[b] != NOT_MADE && (finalizer[b] == NOT_DUE || finalizer[b] == DUE) ->
    finalizer[b] = DONE;
    finalize(R(b), true);
  :: else
  fi;
  if
  :: store[b] == HERE || store[b] == MOVED -> store[b] = GONE; /* with the engine's heap */
  :: else
  fi
}

/* hw_environment_end, hw_heap_orphan_all, hw_environment_drop */
inline end_environment() {
#ifndef BUG_END_FORGETS_BLOCKS
  finalize(0, true);
  finalize(1, true);
#endif
  has_table = in_use > 0;
  env = ENDED
}

/* A worker is terminated, or comes to its end: at any time between two calls, or never. */
proctype teardown() {
end:
  atomic { env == UP && !in_native ->
    env = ENDING;
    referenced[0] = false;
    referenced[BLOCKS - 1] = false;
    holders[0] = 0;
    holders[BLOCKS - 1] = 0
  }
  if
  :: atomic { !requests_active -> /* Node: waits for requests, then runs every finalizer */
      finalize_at_teardown(0);
#if BLOCKS > 1
      finalize_at_teardown(1);
#endif
      end_environment()
    }
  :: atomic { !proved -> end_environment() } /* others may finalise afterwards, */
  :: atomic { !proved -> /* or never */
      end_environment();
      finalizer[0] = (finalizer[0] == DONE -> DONE : NEVER);
      finalizer[BLOCKS - 1] = (finalizer[BLOCKS - 1] == DONE -> DONE : NEVER)
    }
  fi
}

#define counted(r, what) (what -> 1 : 0)
#define freed(r) (state[r] == ABANDONED || state[r] == DOOMED)
/* hw_heap_verify */
inline verify() {
  assert(held == counted(0, holds_memory(state[0])) + counted(1, holds_memory(state[1])));
  assert(leased == counted(0, leases[0] > 0) + counted(1, leases[1] > 0));
  assert(abandoned == counted(0, freed(0)) + counted(1, freed(1)))
}

/* When nothing else will happen, everything came back, or was retired and counted. */
#define is_quiet(b) \
  (store[b] != ELSEWHERE && !pending[b] && !is_garbage(b) && finalizer[b] != DUE)
#define came_back(b)                                                       \
  (store[b] == NOT_MADE ||                                                 \
   (back[b] != NOT_BACK && store[b] == GONE && finalizer[b] != NOT_DUE &&  \
    (finalizer[b] == NEVER || opened_for[R(b)] != b || state[R(b)] == FREE ||  \
     state[R(b)] == ORPHAN)))

proctype at_rest() {
end:
  atomic { freers == 0 && env != ENDING && is_quiet(0) && is_quiet(BLOCKS - 1) ->
    verify();
    assert(held == 0);
    assert(memory == UNUSED || memory == RETIRED);
    assert(came_back(0));
    assert(came_back(BLOCKS - 1))
  }
}

/* What the search has to come across, or the model would hold for want of anything to see. */
#if defined(REACH_FINALIZED_IN_DETACH)
#define REACH (state[0] == FINALIZED)
#elif defined(REACH_NEW_OWNER)
#define REACH (state[0] == REVOKED && memory == 2)
#elif defined(REACH_RECORD_USED_AGAIN)
#define REACH (opened_for[0] == 1 && generation[0] == 2)
#elif defined(REACH_FREED_UNDER_LEASES)
#define REACH (state[0] == DOOMED && leases[0] == 2)
#elif defined(REACH_KEPT_IN_FLIGHT)
#define REACH (kept[0] && pending[0] && referenced[0])
#elif defined(REACH_ORPHAN_HELD_ELSEWHERE)
#define REACH (store[0] == ELSEWHERE && memory == RETIRED && env == ENDED)
#endif

#ifdef REACH
proctype reach() {
end:
  atomic { REACH -> assert(!(REACH)) }
}
#endif

init {
  atomic {
    if
    :: proved = true;
    :: proved = false; /* no libuv, or another one */
    fi;
    run freer();
    run freer();
    run script();
    run kernel();
    run other_thread();
    run collector();
    run teardown();
#ifdef REACH
    run reach();
#elif !defined(PROGRESS)
    run at_rest();
#endif
  }
}

#ifdef PROGRESS
/* What the script has let go of comes back, whatever the two freers still do. */
#define let_go_of(b) (store[b] != NOT_MADE && !referenced[b])
ltl comes_back {
  [] (let_go_of(0) -> <> (back[0] != NOT_BACK))
#if BLOCKS > 1
  && [] (let_go_of(1) -> <> (back[1] != NOT_BACK))
#endif
}
#endif
