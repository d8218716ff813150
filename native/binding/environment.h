/* What the addon keeps for one JavaScript environment (the main thread's, or a worker's). Nothing
 * is shared between environments but the count of orphans. */
#pragma once

#include <node_api.h>
#include <pthread.h>

#include "gate.h"
#include "heap.h"

/* Capabilities that a test may switch off. Each only makes the binding more careful. */
typedef enum hw_forced {
  HW_FORCE_BUSY = 1,          /* the gate answers "busy" */
  HW_FORCE_NO_EXTERNAL = 2,   /* as a runtime with a memory cage refuses external memory */
  HW_FORCE_WRONG_THREAD = 4,  /* as if called from another thread */
  HW_FORCE_OUT_OF_MEMORY = 8, /* as if the system had nothing left */
} hw_forced_t;
#define HW_FORCE_ALL 15u

/* Words of the mailbox that a call answers in, to be read right after it. */
typedef enum hw_mail {
  HW_MAIL_INDEX = 0, /* of a new record, or of a new heap */
  HW_MAIL_GENERATION,
  HW_MAIL_STATE,
  HW_MAIL_KIND,
  HW_MAIL_LEASES,
  HW_MAIL_HEAP,
  HW_MAIL_SIZE_LOW,
  HW_MAIL_SIZE_HIGH,
  HW_MAIL_LG_ALIGN,
  HW_MAIL_OFFSET_LOW,
  HW_MAIL_OFFSET_HIGH,
  HW_MAIL_USABLE_LOW,
  HW_MAIL_USABLE_HIGH,
  HW_MAIL_START_LOW,
  HW_MAIL_START_HIGH,
} hw_mail_t;
#define HW_MAIL_WORDS 16

/* Words and sizes of the mailbox that a call is asked in, written right before it. */
typedef enum hw_request {
  HW_REQUEST_HEAP = 0,
  HW_REQUEST_INDEX,
  HW_REQUEST_GENERATION,
  HW_REQUEST_FLAGS,
} hw_request_t;
#define HW_REQUEST_WORDS 8

typedef enum hw_request_size {
  HW_REQUEST_SIZE = 0,
  HW_REQUEST_ALIGN,
  HW_REQUEST_NEW_SIZE,
  HW_REQUEST_NEW_ALIGN,
} hw_request_size_t;
#define HW_REQUEST_SIZES 4

/* Memory that the addon and JavaScript share, because a number passed this way costs a store and a
 * load, and one passed as an argument some thirty instructions. It is an argument all the same:
 * each value is read once and checked. */
typedef struct hw_mailbox {
  uint32_t answer[HW_MAIL_WORDS];
  volatile uint32_t request[HW_REQUEST_WORDS];
  volatile double sizes[HW_REQUEST_SIZES];
} hw_mailbox_t;

_Static_assert(sizeof(hw_mailbox_t) == 128, "lib/native.ts knows the layout");

struct hw_chunk_token;

typedef struct hw_environment {
  napi_env env;
  pthread_t thread;
  hw_record_table_t records;
  hw_gate_t gate;
  napi_ref transfer; /* ArrayBuffer.prototype.transfer, NULL where the engine has none */
  hw_heap_t **heaps; /* by id; NULL where free */
  uint32_t heap_capacity;
  uint32_t heap_hint; /* no id below it is free */
  struct hw_chunk_token **chunks; /* members of shares, by id; NULL where free */
  uint32_t chunk_capacity;
  uint32_t tokens; /* heaps and members whose object or memory is still there */
  uint32_t forced; /* hw_forced_t */
  bool external; /* the runtime takes memory from outside */
  bool ended;
  uint64_t last_push; /* tick of the last push towards a collection */
  hw_pressure_t last_pressure; /* of that push */
  /* Memory of its own that is never freed: a script that got hold of the addon itself could have
   * moved it to another thread. */
  hw_mailbox_t *mailbox;
} hw_environment_t;

/* What the allocator object in JavaScript keeps alive. Either side may go first: a heap ends when
 * its object was collected (or closed) and its last block has gone. */
typedef struct hw_heap_token {
  hw_environment_t *environment;
  hw_heap_t *heap; /* NULL once the heap has ended */
  bool collected;  /* the object in JavaScript has gone */
} hw_heap_token_t;

/* NULL when out of memory. `has_libuv` is false on runtimes that only imitate Node. */
hw_environment_t *hw_environment_create(napi_env env, bool has_libuv);

/* The environment's last finalizer: what still holds memory becomes an orphan. */
void hw_environment_end(napi_env env, void *data, void *hint);

/* Frees the environment once it has ended and nothing can call back any more. */
void hw_environment_drop(hw_environment_t *environment);

bool hw_environment_is_busy(const hw_environment_t *environment);

/* NULL for an id that names no open heap. */
hw_heap_t *hw_environment_heap(const hw_environment_t *environment, uint32_t id);

/* Takes over `heap`: gives it an id and a token. False when out of memory. */
bool hw_environment_adopt(hw_environment_t *environment, hw_heap_t *heap, hw_heap_token_t **out);

/* Finalizer of a token's object. */
void hw_heap_token_end(napi_env env, void *data, void *hint);

/* Freed blocks that wait for the collector take too much of the limit: pushes V8 towards a
 * collection, at most once a tick; at HW_PRESSURE_HIGH through one. Their finalizers run in the
 * next tick. False: there was one in this tick that was no gentler. */
bool hw_environment_push_collection(hw_environment_t *environment, hw_pressure_t pressure);
