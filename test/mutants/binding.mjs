/** The functions of the addon and their arguments: native/binding, what knows Node. */
import { misuse, unit } from '../../scripts/suites/mutants/tests.mjs';

const blocks = 'native/binding/block_functions.c';
const call = 'native/binding/call.c';
const heaps = 'native/binding/heap_functions.c';
const ranges = 'native/binding/range_functions.c';
const wrap = 'native/binding/wrap.c';

const PINNED = 'a block that the engine will not detach 5.3/73';

export default [
  {
    name: 'a free does not detach',
    guards: 'the views of a freed block, which have length 0',
    file: wrap,
    find: /bool done = call->environment->transfer != NULL\n[^;]*;/,
    replace: 'bool done = true;\n  (void)buffer;\n  (void)detach_by_transfer;',
    test: misuse('double-free', 'a freed block has length 0, and so has every view of it'),
  },
  {
    name: 'a refused detach is taken as done',
    guards: 'the answer of the engine to a detach',
    file: wrap,
    find: '  if (!done) {\n',
    replace: '  if (!done && record == NULL) {\n',
    test: misuse('capabilities', `${PINNED} is NOT_DETACHABLE, and intact`),
  },
  {
    name: 'a refused detach is not taken back',
    guards: 'a block that the engine will not detach',
    file: wrap,
    find: '    hw_block_cancel_free(record);\n',
    replace: '',
    test: misuse('capabilities', `${PINNED} is NOT_DETACHABLE, and intact`),
  },
  {
    name: 'a leased block that cannot be detached is never abandoned',
    guards: 'the end of a lease on what cannot be detached',
    file: blocks,
    find: '  if (code == HW_CODE_NOT_DETACHABLE) code = hw_block_begin_free(record, true, false);\n',
    replace: '',
    test: misuse(
      'capabilities',
      `${PINNED} freed under a lease is left to the collector at the end of it`,
    ),
  },
  {
    name: 'a buffer that was refused keeps its memory',
    guards: 'the memory when a creation failed',
    file: wrap,
    find: '    hw_block_abort(record, generation, status != napi_no_external_buffers_allowed);\n',
    replace: '',
    test: misuse(
      'capabilities',
      'a runtime without external memory 5.3/100 is told by EXTERNAL_UNSUPPORTED, and nothing stays behind',
    ),
  },
  {
    name: 'external memory that was refused is the end of the environment',
    guards: 'the code of a refusal',
    file: wrap,
    find: '  if (status == napi_no_external_buffers_allowed) return HW_CODE_EXTERNAL_UNSUPPORTED;\n',
    replace: '  (void)status;\n',
    test: misuse(
      'capabilities',
      'a runtime without external memory 5.3/100 leaves a block that was to be reallocated as it is',
    ),
  },
  {
    name: 'the stamp has another generation',
    guards: 'the stamp of a new block',
    file: wrap,
    find: 'environment->mailbox->answer[HW_MAIL_GENERATION] = generation;',
    replace: 'environment->mailbox->answer[HW_MAIL_GENERATION] = generation + 1;',
    test: misuse(
      'raw-addon',
      'a block of the addon is DETACHED with a stale stamp, and NOT_OWNED with an impossible one',
    ),
  },
  {
    name: 'any thread may call',
    guards: 'the thread of a call',
    file: call,
    find: '  if (elsewhere) return HW_CODE_WRONG_THREAD;\n',
    replace: '  (void)elsewhere;\n',
    test: misuse(
      'capabilities',
      'the wrong thread is WRONG_THREAD for every operation, and changes nothing',
    ),
  },
  {
    name: 'a size beyond 2^53 is a size',
    guards: 'the sizes of a request',
    file: call,
    find: 'if (!(value >= 0 && value <= MAX_SAFE_INTEGER)) return false;',
    replace: 'if (!(value >= 0)) return false;',
    test: misuse(
      'raw-sizes',
      'a size in the mailbox is INVALID_ARG for one that no number counts to',
    ),
  },
  {
    name: 'a fraction is a size',
    guards: 'the sizes of a request',
    file: call,
    find: 'return (double)(int64_t)*out == value;',
    replace: 'return (double)(int64_t)*out <= value;',
    test: misuse('raw-sizes', 'a size in the mailbox is INVALID_ARG for a fraction'),
  },
  {
    name: 'any buffer of the right length is the block',
    guards: 'the buffer that comes with a stamp',
    file: call,
    find: 'bool same = data == record->address && size == record->size;',
    replace: 'bool same = size == record->size;',
    test: misuse(
      'raw-addon',
      'a block of the addon is not freed by the stamp of another, or with the buffer of another',
    ),
  },
  {
    name: 'any empty buffer is the block',
    guards: 'the buffer that comes with a stamp',
    file: call,
    find: 'return record->size == 0 ? HW_CODE_OK : HW_CODE_INVALID_ARG;',
    replace: 'return HW_CODE_OK;',
    test: misuse(
      'raw-addon',
      'a block of the addon is not freed by the stamp of another, or with the buffer of another',
    ),
  },
  {
    name: 'a moved buffer is not noticed',
    guards: 'blocks that were moved away',
    file: call,
    find: '  if (detached) return HW_CODE_DETACHED;\n',
    replace: '  if (detached) return HW_CODE_OK;\n',
    test: misuse(
      'moved-blocks',
      'a block moved away 5.3/71 by a byte stream is DETACHED to every operation, and its memory counts as live',
    ),
  },
  {
    name: 'a free does not look at the buffer',
    guards: 'the buffer that comes with a stamp',
    file: blocks,
    find: 'hw_code_t attached = hw_call_buffer(call, 0, *record);',
    replace: 'hw_code_t attached = HW_CODE_OK;',
    test: misuse(
      'raw-addon',
      'a block of the addon is not freed by the stamp of another, or with the buffer of another',
    ),
  },
  {
    name: 'a lease on a moved block ends by a detach',
    guards: 'memory that another buffer has by now',
    file: blocks,
    find: 'bool moved = hw_call_buffer(&call, 2, record) != HW_CODE_OK;',
    replace: 'bool moved = false;',
    test: misuse(
      'moved-blocks',
      'a block moved away 5.3/71 by a byte stream after it was freed under a lease stays out until it is dropped',
    ),
  },
  {
    name: 'raw memory is named by a stamp',
    guards: 'the kind of a record',
    file: call,
    find: 'if (record == NULL || record->kind == HW_KIND_RAW) return HW_CODE_NOT_OWNED;',
    replace: 'if (record == NULL) return HW_CODE_NOT_OWNED;',
    test: unit('raw-ranges', 'raw memory is nothing that a block could be taken for'),
  },
  {
    name: 'a stamp of any generation',
    guards: 'the generation of a stamp',
    file: call,
    find: 'if (hw_word_generation(word) != generation || !hw_state_is_attached(hw_word_state(word))) {',
    replace: 'if (!hw_state_is_attached(hw_word_state(word))) {',
    test: misuse('raw-addon', 'a block of the addon is asked by its own generation only'),
  },
  {
    name: 'whenBusy is not read',
    guards: 'whenBusy: throw',
    file: blocks,
    find: '(hw_request_word(&call, HW_REQUEST_FLAGS) & REFUSE_WHEN_BUSY) != 0;',
    replace: 'false;',
    test: misuse(
      'busy-loop',
      'a block that nothing is using, while a request is in flight is BUSY with whenBusy: throw, and free once the request has ended',
    ),
  },
  {
    name: 'a leased block is reallocated',
    guards: 'leases, at a reallocation',
    file: blocks,
    find: '  if (code == HW_CODE_OK && hw_word_leases(hw_record_word(old)) > 0) code = HW_CODE_LEASED;\n',
    replace: '',
    test: misuse('leases', 'a leased block 5.3/83 is not reallocated: LEASED, and unchanged'),
  },
  {
    name: 'a busy block is reallocated in place',
    guards: 'the gate, at a reallocation in place',
    file: blocks,
    find: 'hw_word_leases(hw_record_word(record)) > 0 || hw_environment_is_busy(call.environment)) {',
    replace: 'hw_word_leases(hw_record_word(record)) > 0) {',
    test: unit(
      'system-allocator-blocks',
      'reallocateInPlace of a SystemAllocator answers null while a request is in flight',
    ),
  },
  {
    name: 'a leased block is reallocated in place',
    guards: 'leases, at a reallocation in place',
    file: blocks,
    find: 'hw_word_leases(hw_record_word(record)) > 0 || hw_environment_is_busy(call.environment)) {',
    replace: 'hw_environment_is_busy(call.environment)) {',
    test: unit(
      'system-allocator-blocks',
      'reallocateInPlace of a SystemAllocator answers null for a leased block',
    ),
  },
  {
    name: 'a reallocation copies nothing',
    guards: 'the contents over a reallocation',
    file: blocks,
    find: '  if (kept > 0) memcpy(record->address, old->address, kept);\n',
    replace: '',
    test: misuse(
      'reallocate',
      'reallocate 5.3/84 to a larger alignment keeps the bytes and has that alignment',
    ),
  },
  {
    name: 'a reallocation leaves the new bytes as they are',
    guards: 'zeroed growth over a reallocation',
    file: blocks,
    find: '  if (zero_tail) memset((uint8_t *)record->address + kept, 0, next.size - kept);\n',
    replace: '',
    test: {
      vitest: 'test/conformance/system.test.ts',
      name: 'SystemAllocator reallocate zeroes what is new in memory that was written before',
    },
  },
  {
    name: 'a slab can be leased',
    guards: 'the kind of a record',
    file: blocks,
    find: '  if (code == HW_CODE_OK && record->kind != HW_KIND_BLOCK) code = HW_CODE_INTERIOR;\n',
    replace: '',
    test: unit(
      'raw-ranges',
      'a slab is no block: allocators refuse it, leases too, and nobody owns it',
    ),
  },
  {
    name: 'a range is of any kind',
    guards: 'the kind of a range',
    file: ranges,
    find: ' || (kind != HW_KIND_SLAB && kind != HW_KIND_SCOPE)',
    replace: '',
    test: unit('raw-ranges', 'raw memory gives ranges of the two kinds only'),
  },
  {
    name: 'released raw memory is found',
    guards: 'the state of raw memory',
    file: ranges,
    find: 'return live ? HW_CODE_OK : HW_CODE_DETACHED;',
    replace: 'return live ? HW_CODE_OK : HW_CODE_NOT_OWNED;',
    test: unit('raw-ranges', 'raw memory is released once, and gives no range afterwards'),
  },
  {
    name: 'an allocator with a lease is disposed',
    guards: 'leases, at dispose',
    file: heaps,
    find: '  if (code == HW_CODE_OK && heap->leased != 0) code = HW_CODE_LEASED;\n',
    replace: '',
    test: misuse(
      'leases',
      'a leased block keeps its allocator from being disposed: LEASED, and nothing is freed',
    ),
  },
  {
    name: 'abandoned bytes are called live',
    guards: 'the figures of abandoned blocks',
    file: heaps,
    find: '(double)(stats.live_bytes - heap->abandoned_bytes),',
    replace: '(double)stats.live_bytes,',
    test: unit(
      'system-allocator-limit',
      'the limit of a SystemAllocator says in its error how many bytes are live and how many abandoned',
    ),
  },
  {
    name: 'any number is a limit',
    guards: 'the limit of createHeap',
    file: heaps,
    find: 'return value > (double)HW_MAX_SIZE || hw_call_size(call, at, out);',
    replace: 'return value > (double)HW_MAX_SIZE || hw_call_size(call, at, out) || value < 0;',
    test: misuse('raw-addon', 'a heap of the addon is refused for a negative limit'),
  },
];
