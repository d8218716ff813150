/** The finalizer and the end of an environment: native/binding/wrap.c and environment.c. */
import { misuse, unit } from '../../scripts/suites/mutants/tests.mjs';

const file = 'native/binding/environment.c';
const wrap = 'native/binding/wrap.c';

export default [
  {
    name: 'a push through a collection is lost to a gentle one',
    guards: 'a program that fills its limit within a tick',
    file,
    find: 'if (tick == environment->last_push && pressure <= environment->last_pressure) return false;',
    replace: 'if (tick == environment->last_push) return false;',
    test: unit(
      'collection-pushes',
      'a push towards a collection is not lost to a gentler one in its tick',
    ),
  },
  {
    name: 'the finalizer does not see the end of its environment',
    guards: 'memory that another thread may have',
    file: wrap,
    find: 'hw_block_finalize(record, holds && is_tearing_down(env));',
    replace:
      '(void)holds;\n  (void)is_tearing_down;\n  (void)env;\n  hw_block_finalize(record, false);',
    test: { lifecycle: 'terminate, idle x live' },
  },
  {
    name: 'the finalizer sees an end in every collection',
    guards: 'the memory of a dropped block',
    file: wrap,
    find: 'hw_block_finalize(record, holds && is_tearing_down(env));',
    replace: '(void)is_tearing_down;\n  (void)env;\n  hw_block_finalize(record, holds);',
    test: misuse('lifetime', 'a dropped block gives its memory back without a free'),
  },
  {
    name: 'the finalizer does nothing',
    guards: 'the memory of a dropped block',
    file: wrap,
    find: '  hw_record_t *record = hint;\n  hw_record_state_t',
    replace: '  hw_record_t *record = hint;\n  if (env != NULL) return;\n  hw_record_state_t',
    test: misuse('lifetime', 'a dropped block gives its memory back without a free'),
  },
  {
    name: 'the finalizer leaves abandoned blocks',
    guards: 'ABANDONED -> FREE',
    file: wrap,
    find: '  bool holds = hw_state_holds_memory(state);\n',
    replace:
      '  bool holds = hw_state_holds_memory(state);\n  if (state == HW_RECORD_ABANDONED) return;\n',
    test: misuse(
      'busy-loop',
      'a block that nothing is using, while a request is in flight comes back to its allocator when it is dropped',
    ),
  },
  {
    name: 'the finalizer leaves records',
    guards: 'REVOKED -> FREE',
    file: wrap,
    find: '  bool holds = hw_state_holds_memory(state);\n',
    replace:
      '  bool holds = hw_state_holds_memory(state);\n  if (state == HW_RECORD_REVOKED) return;\n',
    test: misuse(
      'lifetime',
      'records are used again: 100,000 blocks in turn take no more than were live at once',
    ),
  },
  {
    name: 'a closed heap answers to its id',
    guards: 'the id of a heap',
    file,
    find: 'return heap == NULL || heap->closed ? NULL : heap;',
    replace: 'return heap;',
    test: misuse(
      'raw-addon',
      'a heap of the addon is CLOSED or INVALID_ARG once it was closed, and may be closed again',
    ),
  },
  {
    name: 'an allocator that was dropped keeps its heap',
    guards: 'the end of a heap',
    file,
    find: '    hw_heap_close(token->heap); /* ends the token too, now or with the last block */\n',
    replace: '',
    test: misuse('lifetime', 'an allocator that is dropped leaves its place to a later one'),
  },
  {
    name: 'a heap that ended keeps its id',
    guards: 'the ids of heaps',
    file,
    find: '  if (heap->id < environment->heap_hint) environment->heap_hint = heap->id;\n',
    replace: '',
    test: misuse('lifetime', 'an allocator that is dropped leaves its place to a later one'),
  },
  {
    name: 'an environment is never freed',
    guards: 'the memory of an ended environment',
    file,
    find: '  if (!environment->ended || environment->tokens != 0) return;\n',
    replace: '  if (!environment->ended || environment->ended) return;\n',
    test: misuse('worker-memory', 'a worker that ended leaves no records behind'),
  },
  {
    name: 'a busy runtime is not forced',
    guards: 'runtimes that do not show their requests',
    file,
    find: '(environment->forced & HW_FORCE_BUSY) != 0 || ',
    replace: '',
    test: misuse(
      'capabilities',
      'a runtime that does not show its requests answers every free with false, and gives the memory back to the collector',
    ),
  },
];
