/** The System allocator: native/core/system/system.c. */
import { of } from '../../scripts/suites/mutants/tests.mjs';

const file = 'native/core/system/system.c';
const test = of('system');
const limit = of('system_limit');
const reallocate = of('system_reallocate');

export default [
  {
    name: 'every alignment is left to malloc',
    guards: 'the alignment of a block',
    file,
    find: 'return layout.align <= HW_MALLOC_ALIGN && layout.align <= layout.size;',
    replace: 'return layout.size > 0;',
    test: test('every_size_comes_at_every_alignment'),
  },
  {
    name: 'malloc is trusted above the size',
    guards: 'the alignment of a block smaller than it',
    file,
    find: ' && layout.align <= layout.size;',
    replace: ';',
    test: test('malloc_serves_what_it_aligns_by_itself'),
  },
  {
    name: 'zeroing is dropped',
    guards: 'zeroed memory',
    file,
    find: '  if (block != NULL && zeroed) memset(block, 0, layout.size);\n',
    replace: '',
    test: test('memory_is_zeroed_whatever_the_c_library_gives'),
  },
  {
    name: 'NOWAIT is served',
    guards: 'NOWAIT, which malloc cannot keep',
    file,
    find: 'if (flags & HW_NOWAIT) {',
    replace: 'if (false) {',
    test: test('nowait_is_refused_because_malloc_may_wait'),
  },
  {
    name: 'an empty block is given to free',
    guards: 'the address of an empty block',
    file,
    find: 'if (layout.size > 0) system->os->heap_free(ptr);',
    replace: 'system->os->heap_free(ptr);',
    test: test('an_empty_block_counts_and_owns_no_memory'),
  },
  {
    name: 'a freed block is not given back',
    guards: 'the memory of a freed block',
    file,
    find: '  if (layout.size > 0) system->os->heap_free(ptr);\n',
    replace: '  (void)ptr;\n',
    test: { core: 'faults_system', name: 'allocation_survives_every_failure' },
  },
  {
    name: 'a freed block is given back twice',
    guards: 'one release for a block',
    file,
    find: 'if (layout.size > 0) system->os->heap_free(ptr);',
    replace: 'if (layout.size > 0) system->os->heap_free(ptr), system->os->heap_free(ptr);',
    test: { core: 'faults_system', name: 'allocation_survives_every_failure' },
  },
  {
    name: 'memory is not charged',
    guards: 'the limit of a System allocator',
    file,
    find: 'hw_account_charge(&system->account, layout.size)',
    replace: 'hw_account_charge(&system->account, 0)',
    test: limit('exactly_the_limit_is_given_and_no_byte_more'),
  },
  {
    name: 'memory that could not be had stays charged',
    guards: 'the account after a failed allocation',
    file,
    find: '    hw_account_refund(&system->account, layout.size);\n',
    replace: '',
    test: limit('memory_that_could_not_be_had_is_not_charged'),
  },
  {
    name: 'a failed resize stays charged',
    guards: 'the account after a failed resize',
    file,
    find: '    hw_account_refund(&system->account, growth);\n',
    replace: '',
    test: limit('a_resize_that_fails_is_refunded'),
  },
  {
    name: 'a shrunk block stays charged',
    guards: 'the account after a resize to less',
    file,
    find: '  if (growth == 0) hw_account_refund(&system->account, layout.size - next.size);\n',
    replace: '',
    test: limit('a_resize_is_charged_its_growth_only'),
  },
  {
    name: 'a resize is charged whole',
    guards: 'the account during a resize',
    file,
    find: 'hw_account_charge(&system->account, growth)',
    replace: 'hw_account_charge(&system->account, next.size)',
    test: limit('a_resize_is_charged_its_growth_only'),
  },
  {
    name: 'a resize does not raise the peak',
    guards: 'the peak after a resize',
    file,
    find: '  hw_account_raise_peak(&system->account);\n',
    replace: '',
    test: limit('a_resize_is_charged_its_growth_only'),
  },
  {
    name: 'reallocate loses the alignment',
    guards: 'the alignment over a reallocation',
    file,
    find: 'both_on_heap && malloc_aligns(next) &&',
    replace: 'both_on_heap &&',
    test: reallocate('an_over_aligned_block_keeps_its_alignment'),
  },
  {
    name: 'reallocate leaves the new bytes as they are',
    guards: 'zeroed growth over a resize',
    file,
    find: '  if (growth > 0 && (flags & HW_ZEROED)) memset(block + layout.size, 0, growth);\n',
    replace: '',
    test: reallocate('every_layout_becomes_every_other'),
  },
  {
    name: 'a failed reallocate frees the old block',
    guards: 'the old block over a failed resize',
    file,
    find: '  if (block == NULL) {\n    hw_account_refund(&system->account, growth);',
    replace:
      '  if (block == NULL) {\n    system->os->heap_free(ptr);\n    hw_account_refund(&system->account, growth);',
    test: reallocate('a_failed_reallocate_leaves_the_old_block_byte_for_byte'),
  },
  {
    name: 'reallocate ignores NOWAIT',
    guards: 'NOWAIT over a reallocation',
    file,
    find: ' && !(flags & HW_NOWAIT)',
    replace: '',
    test: reallocate('nowait_is_refused_and_changes_nothing'),
  },
  {
    name: 'an allocator with live blocks is destroyed',
    guards: 'the end of an allocator',
    file,
    find: '  if (stats.live_blocks != 0) return HW_ERR_BUSY;\n',
    replace: '',
    test: test('destroy_is_busy_while_a_block_lives'),
  },
  {
    name: 'a retired block is freed',
    guards: 'retired memory, which nobody gets again',
    file,
    find: '  hw_retire_range(system->os, ptr, layout.size);\n',
    replace: '  system->os->heap_free(ptr);\n',
    test: test('a_retired_block_reads_zero_and_is_never_freed'),
  },
  {
    name: 'a retired block counts as freed',
    guards: 'the count of retired blocks',
    file,
    find: 'hw_account_retire(&system->account, layout.size);',
    replace: 'hw_account_close(&system->account, layout.size);',
    test: test('blocks_begun_are_blocks_live_ended_and_retired'),
  },
  {
    name: 'a lock is held over fork',
    guards: 'a forked child, which may allocate at once',
    file,
    find: '  void *block = fetch(system->os, layout, (flags & HW_ZEROED) != 0);\n',
    replace: `  static _Atomic int lock;
  while (atomic_exchange(&lock, 1) != 0) {
  }
  void *block = fetch(system->os, layout, (flags & HW_ZEROED) != 0);
  atomic_store(&lock, 0);
`,
    test: { core: 'fork', name: 'a_child_of_a_busy_process_allocates_at_once' },
  },
];
