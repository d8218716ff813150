/** The dispatch of the core and its named defaults: native/core/allocator/allocator.c. */
import { of } from '../../scripts/suites/mutants/tests.mjs';

const file = 'native/core/allocator/allocator.c';
const dispatch = of('allocator');
const defaults = of('allocator_defaults');

export default [
  {
    name: 'a table of any version is called',
    guards: 'the version of the table of operations',
    file,
    find: ' && self->ops->abi_version == HW_ABI_VERSION',
    replace: '',
    test: dispatch('a_table_of_another_version_is_refused'),
  },
  {
    name: 'any layout reaches the allocator',
    guards: 'the layouts of every call of the core',
    file,
    find: 'return hw_layout_check(layout) == HW_OK;',
    replace: '(void)layout;\n  return true;',
    test: dispatch('bad_layouts_never_reach_the_table'),
  },
  {
    name: 'a null pointer is freed',
    guards: 'the pointer of hw_deallocate',
    file,
    find: /(hw_deallocate\(.*\) \{\n {2}if \(!is_usable\(self\) \|\|) ptr == NULL \|\|/,
    replace: '$1',
    test: dispatch('null_pointers_never_reach_the_table'),
  },
  {
    name: 'unknown flags reach the allocator',
    guards: 'the flags of every call of the core',
    file,
    find: 'return (flags & ~(uint32_t)HW_ALL_FLAGS) == 0;',
    replace: '(void)flags;\n  return true;',
    test: dispatch('unknown_flags_never_reach_the_table'),
  },
  {
    name: 'a move copies nothing',
    guards: 'the contents over a reallocation by copy',
    file,
    find: '  if (kept > 0) memcpy(moved, ptr, kept);\n',
    replace: '',
    test: defaults('reallocate_moves_and_copies_the_smaller_size'),
  },
  {
    name: 'a move leaves the new bytes as they are',
    guards: 'zeroed growth over a reallocation by copy',
    file,
    find: /if \(\(flags & HW_ZEROED\) && next\.size > kept\) memset\(.*\n/,
    replace: '\n',
    test: defaults('reallocate_moves_and_copies_the_smaller_size'),
  },
  {
    name: 'a refused move frees the old block',
    guards: 'the old block over a failed reallocation by copy',
    file,
    find: '  if (status != HW_OK) return status;\n\n',
    replace:
      '  if (status != HW_OK) return (void)self->ops->deallocate(self, ptr, layout), status;\n\n',
    test: defaults('a_refused_allocate_leaves_the_old_block_alone'),
  },
  {
    name: 'a move that is refused at its end keeps the new block',
    guards: 'the new block when the old one is refused',
    file,
    find: 'hw_status_t undone = self->ops->deallocate(self, moved, next);',
    replace: 'hw_status_t undone = HW_OK;',
    test: defaults('a_refused_deallocate_undoes_the_new_block'),
  },
  {
    name: 'in place does not look at the alignment',
    guards: 'the alignment over a reallocation in place',
    file,
    find: ' && hw_is_aligned(ptr, next.align)',
    replace: '',
    test: defaults('in_place_means_the_same_size_and_an_address_that_is_aligned'),
  },
  {
    name: 'the default retire leaves the bytes',
    guards: 'what a retired block reads',
    file,
    find: '  if (layout.size > 0) memset(ptr, 0, layout.size);\n',
    replace: '',
    test: defaults('retiring_zeroes_and_forgets'),
  },
];
