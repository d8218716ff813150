/** Layouts and statuses of the core: native/core/base. */
import { of } from '../../scripts/suites/mutants/tests.mjs';

const file = 'native/core/base/status.c';
const test = of('status');

export default [
  {
    name: 'an alignment that is no power of two is a layout',
    guards: 'the alignment of a layout',
    file,
    find: '!hw_is_power_of_two(layout.align) || ',
    replace: '',
    test: test('no_alignment_but_a_power_of_two_is_a_layout'),
  },
  {
    name: 'zero is a power of two',
    guards: 'the alignment of a layout',
    file: 'native/core/base/align.h',
    find: 'value != 0 && (value & (value - 1)) == 0',
    replace: '(value & (value - 1)) == 0',
    test: { core: 'align', name: 'exactly_the_powers_of_two_are_powers_of_two' },
  },
  {
    name: 'the largest size does not look at the alignment',
    guards: 'size + align, which must not wrap',
    file,
    find: 'layout.size > HW_MAX_SIZE - (layout.align - 1)',
    replace: 'layout.size > HW_MAX_SIZE',
    test: test('the_rounded_size_may_reach_the_maximum_and_not_pass_it'),
  },
  {
    name: 'the largest size is one byte less',
    guards: 'size + align, which may reach the maximum',
    file,
    find: 'layout.size > HW_MAX_SIZE - (layout.align - 1)',
    replace: 'layout.size >= HW_MAX_SIZE - (layout.align - 1)',
    test: test('the_rounded_size_may_reach_the_maximum_and_not_pass_it'),
  },
  {
    name: 'two statuses have one name',
    guards: 'the name of a status',
    file,
    find: '"INTERIOR"',
    replace: '"NOT_OWNED"',
    test: test('every_status_has_the_name_of_its_constant'),
  },
];
